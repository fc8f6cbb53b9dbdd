"""The device's clock: UTC seconds.

Real time, or real time plus an offset that a test keeps in the file named by KASSA_CLOCK_FILE: a number of
seconds, read at each use so that all processes travel together.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

Clock = Callable[[], int]


def system_clock(environ: os._Environ[str] | dict[str, str] = os.environ) -> Clock:
    file = environ.get("KASSA_CLOCK_FILE")
    return travelling_clock(Path(file)) if file else lambda: int(time.time())


def travelling_clock(file: Path) -> Clock:
    """Clock with the offset in `file`, 0 without it; a half-written number leaves the one that was read last."""
    offset = 0

    def now() -> int:
        nonlocal offset
        try:
            offset = int(float(file.read_text() or 0))
        except FileNotFoundError:
            offset = 0
        except ValueError:
            return int(time.time()) + offset
        return int(time.time()) + offset

    return now
