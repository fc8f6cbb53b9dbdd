"""What `kassa up` does once a day by itself: `kassa retention`, which also makes the partitions of the months to come.

It works as the owner of the tables, so none of the platform's processes may do it, and no job queue of theirs.
"""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Callable

import structlog

from openkassa.cli.retention import retention
from openkassa.core.clock import now
from openkassa.core.settings import Settings

EVERY = dt.timedelta(days=1)
AGAIN = dt.timedelta(hours=1)  # after one that failed
LOG = "periodic.log"
DONE = "retention-done"  # file in the home: the moment of the last one that went well, as ISO 8601

log = structlog.get_logger(__name__)


def run_due(settings: Settings, at: dt.datetime, say: Callable[[str], None]) -> bool:
    """Forgets what is past its time when the last time is a day ago. True when it was due. Raises what it raises."""
    done = last_done(settings)
    if done is not None and dt.timedelta() <= at - done < EVERY:
        return False
    retention(settings, at, say, dry_run=False)
    (settings.home / DONE).write_text(at.isoformat())
    return True


def last_done(settings: Settings) -> dt.datetime | None:
    """When it went well last; None when it never has, or when the file says nothing that can be read."""
    try:
        return dt.datetime.fromisoformat((settings.home / DONE).read_text())
    except (OSError, ValueError):
        return None


class Periodic:
    """Looks each tick of the supervisor whether something is due, and does it in a thread of its own."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._next: dt.datetime | None = None
        self._thread: threading.Thread | None = None

    def tick(self) -> None:
        at = now()
        if self._thread is not None and self._thread.is_alive():
            return
        if self._next is not None and at < self._next:
            return
        self._next = at + AGAIN
        self._thread = threading.Thread(target=self._work, args=(at,), name="periodic", daemon=True)
        self._thread.start()

    def _work(self, at: dt.datetime) -> None:
        try:
            run_due(self._settings, at, lambda line: self._note(at, line))
        except Exception as error:  # tried again in an hour; doctor says when months are short
            log.error("retention_failed", error=f"{type(error).__name__}: {error}")

    def _note(self, at: dt.datetime, text: str) -> None:
        """Into the log beside those of the processes: the terminal is for people."""
        line = json.dumps({"timestamp": at.isoformat(), "event": "retention", "text": text}, ensure_ascii=False)
        file = self._settings.home / "logs" / LOG
        file.parent.mkdir(exist_ok=True)
        with file.open("a") as log_file:
            log_file.write(line + "\n")
