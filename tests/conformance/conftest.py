"""Real clients of other people, each in a virtual environment apart, against the running platform."""

from __future__ import annotations

import fcntl
import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "requirements" / "clients.lock"
HOME = ROOT / ".venv-clients"
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
