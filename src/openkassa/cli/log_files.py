"""Old lines of the logs that the supervisor keeps: JSON lines with `timestamp`, appended to by running processes."""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path


def logs_forget(folder: Path, before: dt.datetime, *, dry_run: bool) -> int:
    """Cuts lines older than `before` from the beginning of each log; returns the bytes. Other lines go with the
    dated one before them, and a file without any by the time of its last change."""
    return sum(_shorten(file, before, dry_run) for file in sorted(folder.glob("*.log*")) if file.is_file())


def _shorten(file: Path, before: dt.datetime, dry_run: bool) -> int:
    old = _old_bytes(file, before)
    if old == 0 or dry_run:
        return old
    if old == file.stat().st_size and file.suffix != ".log":
        file.unlink()  # nobody writes to an older half
        return old
    with file.open("rb+") as log:
        log.seek(old)
        rest = log.read()
        rest += log.read()  # what was appended meanwhile
        log.truncate(0)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_APPEND), "ab") as log:
        log.write(rest)
    return old


def _old_bytes(file: Path, before: dt.datetime) -> int:
    """How many bytes at the beginning are older than `before`."""
    seen, dated = 0, False
    with file.open("rb") as log:
        for line in log:
            moment = _moment(line)
            if moment is not None:
                if moment >= before:
                    return seen if dated else 0
                dated = True
            seen += len(line)
    if dated or dt.datetime.fromtimestamp(file.stat().st_mtime, dt.UTC) < before:
        return seen
    return 0


def _moment(line: bytes) -> dt.datetime | None:
    if not line.startswith(b"{"):
        return None
    try:
        moment = dt.datetime.fromisoformat(json.loads(line)["timestamp"])
    except (ValueError, KeyError, TypeError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=dt.UTC)
