"""The whole platform in a home of its own, with registers for the bench, and what each of its processes uses."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TICKS = os.sysconf("SC_CLK_TCK")
START_SECONDS = 180


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Usage:
    """CPU seconds and resident bytes (PSS) by kind of process."""

    cpu: dict[str, float]
    memory: dict[str, int]

    def cpu_since(self, before: Usage) -> dict[str, float]:
        return {kind: seconds - before.cpu.get(kind, 0.0) for kind, seconds in self.cpu.items()}


class Platform:
    """`kassa up` in a temporary home; stopped and removed at the end."""

    def __init__(self, registers: int) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="kassa-bench-", dir=os.environ.get("KASSA_BENCH_ROOT", "/tmp")))
        self.home.chmod(0o711)
        self.registers = registers
        self.ports = {
            name: str(free_port())
            for name in ("KASSA_HTTP_PORT", "KASSA_OFD_PORT", "KASSA_OFD_HTTP_PORT", "KASSA_EVENTS_PORT")
        }
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("KASSA_")},
            **self.ports,
            "KASSA_SANDBOX_PORT": str(free_port()),
            "KASSA_HOME": str(self.home / "home"),
        }
        self.access: dict = {}
        self._running: subprocess.Popen | None = None
        self._counts: subprocess.Popen[str] | None = None

    def __enter__(self) -> Platform:
        self._running = subprocess.Popen(
            [sys.executable, "-m", "openkassa.cli.main", "up"],
            env=self.environment,
            stdout=(self.home / "up.log").open("wb"),
            stderr=subprocess.STDOUT,
        )
        self._wait(f"http://127.0.0.1:{self.ports['KASSA_HTTP_PORT']}/health/ready")
        self.access = json.loads(self.python("bench.seed", str(self.registers)))
        self._wait_registered()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._running is not None
        if self._counts is not None:
            self._counts.kill()
        self._running.send_signal(signal.SIGINT)
        try:
            self._running.wait(60)
        except subprocess.TimeoutExpired:
            self._running.kill()
        shutil.rmtree(self.home, ignore_errors=True)

    def python(self, module: str, *words: str, project: str = "kassa") -> str:
        """Runs a module of the bench as a process that may use the databases; returns what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", module, *words],
            env=self._own_environment(project),
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        )
        return done.stdout

    def start(self, module: str, *words: str) -> subprocess.Popen[str]:
        """The same, without waiting for its end."""
        return subprocess.Popen(
            [sys.executable, "-m", module, *words],
            env=self._own_environment("kassa"),
            stdout=subprocess.PIPE,
            text=True,
        )

    def _own_environment(self, project: str) -> dict[str, str]:
        settings = {
            "DJANGO_SETTINGS_MODULE": f"openkassa.projects.{project}.settings",
            "KASSA_DATABASE_ROLE": "app",
        }
        return {**self.environment, **settings}

    def ask(self, question: str) -> Any:
        """An answer of `bench.counts`, which stays open: starting a process for each would be much of the load."""
        if self._counts is None:
            self._counts = subprocess.Popen(
                [sys.executable, "-m", "bench.counts"],
                env=self._own_environment("kassa"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        assert self._counts.stdin is not None
        assert self._counts.stdout is not None
        self._counts.stdin.write(f"{question}\n")
        self._counts.stdin.flush()
        return json.loads(self._counts.stdout.readline())

    def usage(self) -> Usage:
        assert self._running is not None
        cpu: dict[str, float] = {}
        memory: dict[str, int] = {}
        for pid in _descendants(self._running.pid):
            kind = _kind(pid)
            if kind is None:
                continue
            cpu[kind] = cpu.get(kind, 0.0) + cpu_of(pid)
            memory[kind] = memory.get(kind, 0) + _memory(pid)
        return Usage(cpu, memory)

    def _wait(self, url: str) -> None:
        assert self._running is not None
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._running.poll() is not None:
                raise RuntimeError((self.home / "up.log").read_text()[-3000:])
            try:
                with urllib.request.urlopen(url, timeout=2):
                    return
            except OSError:
                time.sleep(0.2)
        raise RuntimeError(f"{url} is not ready")

    def _wait_registered(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while self.ask("registers") < self.registers:
            if time.monotonic() > deadline:
                raise RuntimeError("the registers were not registered")
            time.sleep(0.5)


def _descendants(root: int) -> list[int]:
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                parents.setdefault(int(_stat(int(entry.name))[1]), []).append(int(entry.name))
            except (OSError, IndexError):
                continue
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += parents.get(pid, [])
    return found


def _stat(pid: int) -> list[str]:
    """Fields of /proc/pid/stat from the state on: state, parent, …"""
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()


def cpu_of(pid: int) -> float:
    try:
        fields = _stat(pid)
    except OSError:
        return 0.0
    return sum(int(field) for field in fields[11:15]) / TICKS  # own and reaped children, user and system


def _memory(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def _kind(pid: int) -> str | None:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
    except OSError:
        return None
    for kind in ("web", "worker", "events", "sandbox", "device", "up"):
        if f"openkassa.cli.main {kind}" in words:
            return kind
    if "ofd exchange" in words:
        return "ofd exchange"
    if "ofd web" in words or "projects.ofd" in words:
        return "ofd web"
    if "projects.kassa" in words:
        return "web"
    if "postgres" in words:
        return "postgres"
    return "other"
