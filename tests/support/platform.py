"""A whole platform for end-to-end tests: `kassa up --demo` in a home of its own, on free ports."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from openkassa.cli.up import STOP_HINT
from openkassa.core.settings import choose_free_port

START_SECONDS = 240  # two cores, shared with everything else
STOP_SECONDS = 60
PORTS = ("KASSA_HTTP_PORT", "KASSA_OFD_PORT", "KASSA_OFD_HTTP_PORT", "KASSA_SANDBOX_PORT", "KASSA_EVENTS_PORT")


@dataclass
class Platform:
    """A running platform. `info` is what `kassa demo-info --json` says."""

    home: Path
    environment: dict[str, str]
    process: subprocess.Popen
    info: dict

    @property
    def output(self) -> str:
        """All that `kassa up` has printed."""
        return (self.home.parent / "up.out").read_text()

    def log(self, process: str) -> str:
        return (self.home / "logs" / f"{process}.log").read_text()

    def kassa(self, *words: str, timeout: float = 60) -> subprocess.CompletedProcess:
        """Run a subcommand on this platform's home."""
        return _kassa(self.environment, *words, timeout=timeout)

    def travel(self, seconds: float) -> None:
        """Move the clock of all processes by so many seconds from now."""
        file = Path(self.environment["KASSA_CLOCK_FILE"])
        draft = file.with_suffix(".new")
        draft.write_text(repr((float(file.read_text()) if file.exists() else 0.0) + seconds))
        draft.replace(file)


@contextlib.contextmanager
def running_platform(**settings: str) -> Iterator[Platform]:
    """A platform with a demo business, stopped and removed at the end. `settings` are further variables."""
    root = Path(tempfile.mkdtemp(prefix="kt-", dir="/tmp"))
    root.chmod(0o711)  # PostgreSQL's account must get through
    try:
        environment = _environment(root) | settings
        with start(environment) as process:
            info = json.loads(_kassa(environment, "demo-info", "--json").stdout)
            yield Platform(root / "home", environment, process, info)
    finally:
        shutil.rmtree(root, ignore_errors=True)


@contextlib.contextmanager
def start(environment: dict[str, str]) -> Iterator[subprocess.Popen]:
    """`kassa up --demo` with its tour shown to the end; Ctrl-C at the end of the block, and it must obey."""
    output = Path(environment["KASSA_HOME"]).parent / "up.out"
    with output.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "openkassa.cli.main", "up", "--demo"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while STOP_HINT not in output.read_text():
            assert process.poll() is None, f"kassa up ended:\n{output.read_text()}"
            assert time.monotonic() < deadline, f"kassa up is not up:\n{output.read_text()}"
            time.sleep(0.1)
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.wait(STOP_SECONDS)


def _environment(root: Path) -> dict[str, str]:
    ports = {name: str(choose_free_port("127.0.0.1")) for name in PORTS}
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("KASSA_")},
        **ports,
        "KASSA_HOME": str(root / "home"),
        "KASSA_RUN_ROOT": str(root),
        "KASSA_TESTING": "1",
        "KASSA_CLOCK_FILE": str(root / "clock"),
        "KASSA_PRIVATE_CALLBACKS": "1",
    }


def _kassa(environment: dict[str, str], *words: str, timeout: float = 60) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "openkassa.cli.main", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=timeout)
