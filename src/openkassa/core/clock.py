"""The platform's clock. Business code asks `now()`; nothing else reads the time.

In tests all processes read one travelling clock: the file named by `KASSA_CLOCK_FILE` holds a number of
seconds that is added to the real time.
"""

from __future__ import annotations

import datetime as dt
import os
import time
from pathlib import Path


class Clock:
    def __init__(self, offset_file: Path | None = None) -> None:
        self._file = offset_file
        self._read_at = 0.0
        self._offset = 0.0

    def timestamp(self) -> float:
        """Seconds since 1970 UTC."""
        return time.time() + self._travelled()

    def now(self) -> dt.datetime:
        """An aware datetime in UTC."""
        return dt.datetime.fromtimestamp(self.timestamp(), dt.UTC)

    def _travelled(self) -> float:
        if self._file is None:
            return 0.0
        monotonic = time.monotonic()
        if monotonic - self._read_at > 0.02:
            self._read_at = monotonic
            try:
                self._offset = float(self._file.read_text() or 0)
            except FileNotFoundError:
                self._offset = 0.0
        return self._offset


def clock_of_environment() -> Clock:
    path = os.environ.get("KASSA_CLOCK_FILE")
    return Clock(Path(path) if path else None)


clock = clock_of_environment()


def now() -> dt.datetime:
    """The platform's time, an aware datetime in UTC."""
    return clock.now()
