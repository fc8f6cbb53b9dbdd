"""Named crash points, for tests of what survives a killed process.

A process started with KASSA_TESTING=1 and KASSA_CRASH_AT=<name> kills itself with SIGKILL when it comes to the point
of that name; with KASSA_CRASH_FILE it does so once, when it can remove that file. Elsewhere a point
costs one comparison.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

_AT = os.environ.get("KASSA_CRASH_AT") if os.environ.get("KASSA_TESTING") == "1" else None


def point(name: str) -> None:
    if _AT is not None and name == _AT and _armed():
        os.kill(os.getpid(), signal.SIGKILL)


def _armed() -> bool:
    path = os.environ.get("KASSA_CRASH_FILE")
    if path is None:
        return True
    try:
        Path(path).unlink()
    except FileNotFoundError:
        return False
    return True
