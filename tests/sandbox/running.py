"""Real processes of ours for tests: started with an environment, ready when they say so, ended with the test."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

START_SECONDS = 30


@dataclass(frozen=True)
class Running:
    url: str
    smtp_port: int
    marking_port: int
    exchange_port: int
    process: subprocess.Popen
    log: Path

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def running(
    code: str, port: int, environment: dict[str, str], smtp_port: int = 0, marking_port: int = 0, exchange_port: int = 0
) -> Iterator[Running]:
    """A process that runs `code` and serves /health/live on `port`."""
    with tempfile.NamedTemporaryFile(prefix="process-", suffix=".log") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        url = f"http://127.0.0.1:{port}"
        try:
            _wait_for(url, process, Path(log.name))
            yield Running(url, smtp_port, marking_port, exchange_port, process, Path(log.name))
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextlib.contextmanager
def running_sandbox(home: Path) -> Iterator[Running]:
    port, smtp_port, marking_port, exchange_port = (free_port() for _ in range(4))
    environment = {
        "KASSA_HOME": str(home),
        "KASSA_SANDBOX_PORT": str(port),
        "KASSA_SANDBOX_SMTP_PORT": str(smtp_port),
        "KASSA_SANDBOX_MARKING_PORT": str(marking_port),
        "KASSA_SANDBOX_MARKING_EXCHANGE_PORT": str(exchange_port),
    }
    code = "from openkassa.sandbox.main import run; run()"
    with running(code, port, environment, smtp_port, marking_port, exchange_port) as sandbox:
        yield sandbox


def _wait_for(url: str, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{url}/health/live", timeout=2, trust_env=False).status_code == 200:
                return
        time.sleep(0.05)
    raise RuntimeError(f"the process did not come up:\n{log.read_text()}")
