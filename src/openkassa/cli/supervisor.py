"""One supervisor for all processes of the platform on a machine.

It starts them, starts again what falls, stops all in order, and takes them along however it ends
itself: the kernel (Linux) and the guardian end the children of a supervisor that was killed.

It has one thread: signals and dead children wake its loop over a pipe.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from openkassa.cli.children import start_child
from openkassa.cli.errors import Trouble
from openkassa.cli.processes import Process, not_ready

TICK_SECONDS = 0.5
FIRST_BACKOFF_SECONDS = 0.5
LONGEST_BACKOFF_SECONDS = 30.0
STEADY_SECONDS = 60.0  # a process that ran so long starts again at once
READY_SECONDS = 90.0
LOG_LIMIT_BYTES = 32 * 1024 * 1024
FALLS_AT_START = 3
DATABASE_STAGE = 9
EXIT_REFUSED = (2, 3)  # wrong setting, unknown schema: starting again would not help


class Stopped(Exception):
    """Someone asked the supervisor to stop."""


@dataclass
class Child:
    process: Process
    begin: Callable[[], subprocess.Popen] | None = None  # how the database starts; others by their command
    running: subprocess.Popen | None = None
    started_at: float = 0.0
    start_again_at: float = 0.0
    falls: int = 0


@dataclass
class Supervisor:
    """`say` prints one line for a person. Time is monotonic seconds: it measures waiting, nothing else."""

    logs: Path
    say: Callable[[str], None]
    children: list[Child] = field(default_factory=list)
    stop_requests: int = 0
    _wake: int = -1
    _guardian: subprocess.Popen | None = None

    def __enter__(self) -> Supervisor:
        self._wake, write_end = os.pipe()
        os.set_blocking(self._wake, False)
        os.set_blocking(write_end, False)
        signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._asked_to_stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._start_guardian()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        if self._guardian and self._guardian.stdin:
            with contextlib.suppress(BrokenPipeError):
                self._guardian.stdin.close()
            self._guardian.wait()

    # -- starting ------------------------------------------------------------------------------------

    def adopt(self, name: str, begin: Callable[[], subprocess.Popen]) -> None:
        """Start PostgreSQL, before all others, and answer when it answers. It is stopped last. Raises what `begin`
        raises; when it falls later it is begun again, which recovers what was committed."""
        process = Process(name=name, command=(), stop_signal=signal.SIGINT, stop_seconds=60, stop_stage=DATABASE_STAGE)
        child = Child(process, begin)
        self._start(child)
        self.children.append(child)

    def start(self, processes: Iterable[Process]) -> None:
        for process in processes:
            child = Child(process)
            self.children.append(child)
            self._start(child)

    def wait_ready(self, seconds: float = READY_SECONDS) -> None:
        """Return when every child is ready. Raises `Trouble` naming those that are not, `Stopped` when asked to."""
        deadline = time.monotonic() + seconds
        waiting = {child.process.name: child for child in self.children}
        reasons: dict[str, str] = {}
        while waiting:
            for name, child in list(waiting.items()):
                self.raise_when_asked()
                if child.falls >= FALLS_AT_START:
                    raise Trouble(f"{name} keeps falling; {self.log_of(child.process)} says why")
                reason = not_ready(child.process) if child.running else "has stopped"
                if reason is None:
                    del waiting[name]
                else:
                    reasons[name] = reason
            if waiting and time.monotonic() > deadline:
                text = "; ".join(f"{name} ({reasons[name]})" for name in waiting)
                raise Trouble(f"not ready after {seconds:.0f} s: {text}. Logs are in {self.logs}")
            if waiting:
                self.tick(0.1)

    def raise_when_asked(self) -> None:
        if self.stop_requests:
            raise Stopped

    def _start(self, child: Child) -> None:
        log = self.log_of(child.process)
        _shorten(log)
        if child.begin is not None:
            child.running = child.begin()
        else:
            child.running = start_child(
                child.process.command,
                log=log,
                environment=_environment(child.process),
                niceness=child.process.niceness,
            )
        child.started_at = time.monotonic()
        self._tell_guardian({"pid": child.running.pid, "database": child.begin is not None})

    def log_of(self, process: Process) -> Path:
        return self.logs / f"{process.name}.log"

    # -- watching ------------------------------------------------------------------------------------

    def run(self, each_tick: Callable[[], None] = lambda: None) -> None:
        """Watch until someone asks to stop. Raises `Trouble` for a database that keeps falling or a refused process."""
        while not self.stop_requests:
            self.tick(TICK_SECONDS)
            each_tick()

    def tick(self, seconds: float) -> None:
        """Sleep until something happens, at most so many seconds; then look after every child."""
        self._sleep(seconds)
        now = time.monotonic()
        for child in self.children:
            if child.running is None:
                if now >= child.start_again_at:
                    self._start_again(child)
            elif child.running.poll() is not None:
                self._has_fallen(child, now)
            else:
                _shorten(self.log_of(child.process))
        if self._guardian and self._guardian.poll() is not None:
            self._start_guardian()

    def _start_again(self, child: Child) -> None:
        try:
            self._start(child)
        except Trouble as trouble:  # the database's: what its fallen server left behind may be in the way for a moment
            self._falls_again(child, time.monotonic(), str(trouble))

    def _has_fallen(self, child: Child, now: float) -> None:
        assert child.running is not None
        code, process = child.running.returncode, child.process
        self._tell_guardian({"gone": child.running.pid})
        child.running = None
        if child.begin is None and code in EXIT_REFUSED:
            raise Trouble(f"{process.name} {_ended(code)}:\n{_tail(self.log_of(process))}")
        if now - child.started_at > STEADY_SECONDS:
            child.falls = -1
        self._falls_again(child, now, f"{process.name} {_ended(code)}")

    def _falls_again(self, child: Child, now: float, how: str) -> None:
        """Waits longer from fall to fall. Raises `Trouble` for a database that does not stay up."""
        child.falls += 1
        log = self.log_of(child.process)
        if child.begin is not None and child.falls > FALLS_AT_START:
            raise Trouble(f"{how}, and keeps falling:\n{_tail(log)}")
        pause = min(FIRST_BACKOFF_SECONDS * 2 ** max(child.falls - 1, 0), LONGEST_BACKOFF_SECONDS)
        child.start_again_at = now + pause
        self.say(f"{how}, starts again in {pause:.0f} s; {log} ends with:")
        self.say(_tail(log))

    # -- stopping ------------------------------------------------------------------------------------

    def stop(self) -> None:
        """Stop everything, stage by stage; a second request to stop kills what still runs."""
        for stage in sorted({child.process.stop_stage for child in self.children}):
            self._stop_together([child for child in self.children if child.process.stop_stage == stage])
        self.children.clear()

    def _stop_together(self, children: list[Child]) -> None:
        running = [(child.process, child.running) for child in children if child.running]
        for process, child in running:
            if child.poll() is None:
                child.send_signal(process.stop_signal)
        begun = time.monotonic()
        for process, child in running:
            while child.poll() is None:
                if self.stop_requests > 1 or time.monotonic() - begun > process.stop_seconds:
                    self.say(f"{process.name} did not stop, killing it")
                    child.send_signal(signal.SIGQUIT if not process.command else signal.SIGKILL)
                    child.wait()
                else:
                    self._sleep(0.1)
            if process.command:  # what it started itself and left behind
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(child.pid, signal.SIGKILL)
            self._tell_guardian({"gone": child.pid})

    # -- signals and the guardian --------------------------------------------------------------------

    def _asked_to_stop(self, *_: object) -> None:
        self.stop_requests += 1

    def _sleep(self, seconds: float) -> None:
        if select.select([self._wake], [], [], seconds)[0]:
            with contextlib.suppress(BlockingIOError):
                os.read(self._wake, 4096)

    def _start_guardian(self) -> None:
        self._guardian = subprocess.Popen(
            [sys.executable, "-m", "openkassa.cli.guardian"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        for child in self.children:
            if child.running:
                self._tell_guardian({"pid": child.running.pid, "database": child.begin is not None})

    def _tell_guardian(self, message: dict) -> None:
        if self._guardian and self._guardian.stdin:
            with contextlib.suppress(BrokenPipeError):
                self._guardian.stdin.write(json.dumps(message).encode() + b"\n")
                self._guardian.stdin.flush()


def _environment(process: Process) -> dict[str, str]:
    return {**os.environ, "KASSA_PROCESS": process.name, "PYTHONUNBUFFERED": "1"}


def _ended(code: int) -> str:
    if code >= 0:
        return f"ended with code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"


def _tail(log: Path, lines: int = 12) -> str:
    try:
        with log.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(file.tell() - 8192, 0))
            text = file.read().decode(errors="replace")
    except FileNotFoundError:
        return "  (no log)"
    return "\n".join(f"  {line}" for line in text.splitlines()[-lines:])


def _shorten(log: Path) -> None:
    """Keep a log within twice its limit: the older half moves aside. Children append, so nothing is overwritten."""
    try:
        if log.stat().st_size <= LOG_LIMIT_BYTES:
            return
    except FileNotFoundError:
        return
    with log.open("rb+") as file, log.with_suffix(".log.1").open("wb") as older:
        while block := file.read(1 << 20):
            older.write(block)
        file.truncate(0)
