"""The exchange as a process of its own, on a free port and the databases of the test's worker."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from openkassa.ofd.exchange.faults import FILE_NAME, LOOK_AGAIN_SECONDS
from openkassa.ofd.exchange.main import HEALTH_PORT_NAME

START_SECONDS = 20


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class ExchangeProcess:
    def __init__(self) -> None:
        self.port = free_port()
        self.home = Path(os.environ["KASSA_HOME"]) / f"exchange-{self.port}"
        self.home.mkdir(parents=True)
        self.log = self.home / "log"
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        environment = os.environ | {"KASSA_HOME": str(self.home), "KASSA_OFD_PORT": str(self.port)}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "openkassa.ofd.exchange"], env=environment, stdout=log, stderr=log
            )
        deadline = time.monotonic() + START_SECONDS
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the exchange did not start:\n{self.log.read_text()}")
            time.sleep(0.05)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        return self._end(signal.SIGTERM)

    def _end(self, number: int) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(timeout=20)

    def get(self, path: str) -> str:
        port = (self.home / "ports" / HEALTH_PORT_NAME).read_text()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as response:
            return response.read().decode()

    def counted(self, name: str) -> float:
        """Value of one line of /metrics, such as `ofd_refused_total{reason="checksum"}`."""
        for line in self.get("/metrics").splitlines():
            if line.startswith(name + " "):
                return float(line.split()[-1])
        return 0.0

    def log_lines(self) -> list[dict]:
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]

    @contextlib.contextmanager
    def faults(self, **faults: object) -> Iterator[None]:
        self.set_faults(faults)
        try:
            yield
        finally:
            self.set_faults({})

    def set_faults(self, faults: dict[str, object]) -> None:
        path = self.home / FILE_NAME
        draft = path.with_suffix(".new")
        draft.write_text(json.dumps(faults))
        draft.replace(path)
        time.sleep(2 * LOOK_AGAIN_SECONDS)
