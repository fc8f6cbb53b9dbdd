"""Ends the children of a supervisor that is gone, however it went: `python -m openkassa.cli.guardian`.

The supervisor holds the other end of our standard input and tells the children's process numbers over it, a
JSON line each. The end of the input means that it is no more. The kernel has then already asked the children
to end (on Linux); we ask again, wait, and kill what is left with all of its descendants. PostgreSQL goes last.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys

import psutil

PATIENCE_SECONDS = 10
DATABASE_PATIENCE_SECONDS = 60


def guard() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # we end when the supervisor has ended, not before
    children: dict[int, tuple[psutil.Process, bool]] = {}
    for line in sys.stdin:
        message = json.loads(line)
        if "gone" in message:
            children.pop(message["gone"], None)
        else:
            with contextlib.suppress(psutil.NoSuchProcess):
                children[message["pid"]] = (psutil.Process(message["pid"]), message["database"])
    _end([process for process, database in children.values() if not database], signal.SIGTERM, PATIENCE_SECONDS)
    _end([process for process, database in children.values() if database], signal.SIGINT, DATABASE_PATIENCE_SECONDS)


def _end(processes: list[psutil.Process], polite: int, patience: float) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(polite)
    _, left = psutil.wait_procs(processes, timeout=patience)
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGQUIT if polite == signal.SIGINT else signal.SIGKILL)
    for process in processes:  # each leads a group of its own; descendants that outlived it are in it
        if polite != signal.SIGINT:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)


if __name__ == "__main__":
    guard()
