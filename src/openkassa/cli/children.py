"""Starting a child process that can't outlive its parent.

Each child leads a session of its own, so Ctrl-C in the terminal reaches only the supervisor, which stops its
children in order. On Linux the kernel signals a child whose parent is gone; that needs the parent's main
thread to start it. The guardian (see `guardian`) covers the other systems, and grandchildren.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from openkassa.cli.account import Account

PR_SET_PDEATHSIG = 1

# Loaded here: between fork and exec it is too late to search for libraries.
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def start_child(
    command: Sequence[str],
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
    account: Account | None = None,
    death_signal: int = signal.SIGTERM,
    niceness: int = 0,
) -> subprocess.Popen:
    """Start `command` with its output appended to `log` and no input; it gets `death_signal` when we die.

    One with a `niceness` leaves the processors to others while there is work for all of them.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=None if environment is None else dict(environment),
            cwd="/" if account and account.other else None,
            start_new_session=True,
            preexec_fn=_both(dies_with_parent(death_signal), _gives_way(niceness)),
            **(account.popen() if account else {}),
        )


def _both(*steps: Callable[[], None] | None) -> Callable[[], None]:
    wanted = [step for step in steps if step is not None]

    def call() -> None:
        for step in wanted:
            step()

    return call


def _gives_way(niceness: int) -> Callable[[], None] | None:
    """Linux may share time by sessions: then the session's own niceness counts, and this child leads one."""
    if not niceness:
        return None

    def give_way() -> None:
        os.nice(niceness)
        with contextlib.suppress(OSError):
            Path("/proc/self/autogroup").write_text(str(niceness))

    return give_way


def dies_with_parent(death_signal: int) -> Callable[[], None] | None:
    """What a child calls before exec, after it has changed its account: changing it later would undo this."""
    if _libc is None:
        return None
    libc, parent = _libc, os.getpid()

    def ask_kernel() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:  # it died before it was asked for
            os._exit(1)

    return ask_kernel
