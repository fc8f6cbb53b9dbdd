"""Doorbells: a process that has written something tells the processes of this machine that there is work.

A listener binds a Unix datagram socket in `<run>/doorbells/<kind>.<process>.<number>.sock`; `ring(kind)` sends one
byte to each. It is best effort, after the commit and outside of it: who misses a ring finds the work
by its own poll (50 ms in the worker). A listener that died leaves its socket file behind; the next ring finds
nobody there and removes it.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import select
import socket
import threading
import time
from pathlib import Path

from openkassa.core.settings import settings

REFRESH_SECONDS = 1.0
_numbers = itertools.count(1)


class Ringer:
    """Rings the bells of one directory. Safe for threads; costs a few microseconds."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        self._process = os.getpid()
        self._listed_at = float("-inf")
        self._bells: dict[str, list[str]] = {}

    def ring(self, kind: str) -> None:
        """Wakes the listeners of `kind`. Never blocks and never raises: a full or lost bell is no harm."""
        if time.monotonic() - self._listed_at > REFRESH_SECONDS:
            self._list()
        for path in self._bells.get(kind, ()):
            try:
                self._socket.sendto(b"!", path)
            except BlockingIOError:
                continue  # the listener has rings waiting already
            except ConnectionRefusedError:
                with contextlib.suppress(OSError):
                    Path(path).unlink()
                self._listed_at = float("-inf")
            except OSError:
                self._listed_at = float("-inf")

    def _list(self) -> None:
        self._listed_at = time.monotonic()
        bells: dict[str, list[str]] = {}
        with contextlib.suppress(OSError):
            for path in self._folder.glob("*.sock"):
                bells.setdefault(path.name.split(".", 1)[0], []).append(str(path))
        self._bells = bells


class Doorbell:
    """A listener for rings of one kind. Use it as a context; several may listen to the same kind."""

    def __init__(self, kind: str, folder: Path | None = None) -> None:
        if "." in kind or "/" in kind:
            raise ValueError(f"a bell's kind is a plain word, not {kind!r}")
        self._folder = folder or bells_folder()
        self.path = self._folder / f"{kind}.{os.getpid()}.{next(_numbers)}.sock"
        self._socket: socket.socket | None = None

    def __enter__(self) -> Doorbell:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()  # left by a process that had our number
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        self._socket.bind(str(self.path))
        return self

    def __exit__(self, *_error: object) -> None:
        self._opened.close()
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()

    def fileno(self) -> int:
        """For an event loop of the listener's own; call `drain` when it becomes readable."""
        return self._opened.fileno()

    def wait(self, timeout: float) -> bool:
        """Waits up to `timeout` seconds; True when it rang, however many times."""
        ready, _, _ = select.select([self._opened], [], [], timeout)
        if ready:
            self.drain()
        return bool(ready)

    def drain(self) -> None:
        """Takes the rings that have come."""
        with contextlib.suppress(BlockingIOError):
            while True:
                self._opened.recv(1)

    @property
    def _opened(self) -> socket.socket:
        if self._socket is None:
            raise RuntimeError("a doorbell listens only inside its `with` block")
        return self._socket


def bells_folder() -> Path:
    return settings().run / "doorbells"


_ringer: Ringer | None = None
_ringer_lock = threading.Lock()


def ring(kind: str) -> None:
    """Wakes this machine's listeners of `kind`; after a commit, never before it."""
    global _ringer
    if _ringer is None or _ringer._process != os.getpid():  # a fork shares no ringer with its parent
        with _ringer_lock:
            _ringer = Ringer(bells_folder())
    _ringer.ring(kind)
