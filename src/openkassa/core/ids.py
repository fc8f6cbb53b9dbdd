"""UUIDv7 identifiers (RFC 9562), made in Python."""

from __future__ import annotations

import datetime as dt
import os
import threading
import time
import uuid

_lock = threading.Lock()
_last = 0


def uuid7() -> uuid.UUID:
    """A new UUIDv7; within one process each is greater than the one before.

    48 bits of Unix milliseconds, then 12 bits of the millisecond's fraction, then 62 random bits. Order inside a
    process is kept by raising the 60-bit time by one where two calls share it. The wall clock is read
    directly: an id is not a business time and must stay unique while tests travel.
    """
    global _last
    nanoseconds = time.time_ns()  # an id's time, not a document's
    stamp = (nanoseconds // 1_000_000 << 12) | (nanoseconds % 1_000_000 << 12) // 1_000_000
    with _lock:
        if stamp <= _last:
            stamp = _last + 1
        _last = stamp
    tail = int.from_bytes(os.urandom(8), "big") & 0x3FFF_FFFF_FFFF_FFFF
    return uuid.UUID(int=(stamp >> 12) << 80 | 0x7000 << 64 | (stamp & 0xFFF) << 64 | 0x8000 << 48 | tail)


def least_uuid7_since(age: dt.timedelta) -> uuid.UUID:
    """The least id that can have been made in the last `age`, by the wall clock, as ids tell it."""
    return uuid.UUID(int=max(0, int((time.time() - age.total_seconds()) * 1000)) << 80)  # as in uuid7: no business time
