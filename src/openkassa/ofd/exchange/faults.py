"""Faults that tests and the demo switch on: the operator as it can be in life.

They are named in `KASSA_HOME/ofd-faults.json`, an object, read again when the file changes:

    {"lose_ack": 3}     the next 3 documents are stored, then the connection is closed without an answer (true: all)
    {"code14": true}    each document is answered as having a format-logical error (a number: so many)
    {"slow": 1.5}       seconds before each answer
    {"refuse": true}    connections are reset at once
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

FILE_NAME = "ofd-faults.json"
LOOK_AGAIN_SECONDS = 0.05


class NoFaults:
    """What a production exchange runs with."""

    def take(self, name: str) -> bool:
        return False

    def seconds(self, name: str) -> float:
        return 0.0


class FileFaults:
    def __init__(self, path: Path, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._monotonic = monotonic
        self._looked_at = float("-inf")
        self._version: tuple[int, int] | None = None
        self._faults: dict[str, object] = {}

    def take(self, name: str) -> bool:
        """Whether the fault strikes now; a number counts down with each call that it strikes."""
        self._look()
        value = self._faults.get(name)
        if isinstance(value, bool):
            return value
        if isinstance(value, int) and value > 0:
            self._faults[name] = value - 1
            return True
        return False

    def seconds(self, name: str) -> float:
        self._look()
        value = self._faults.get(name)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and value > 0 else 0.0

    def _look(self) -> None:
        now = self._monotonic()
        if now - self._looked_at < LOOK_AGAIN_SECONDS:
            return
        self._looked_at = now
        try:
            status = self._path.stat()
            version = (status.st_mtime_ns, status.st_ino)
            if version == self._version:
                return
            faults = json.loads(self._path.read_text())
        except FileNotFoundError:
            version, faults = None, {}
        except (OSError, ValueError) as error:
            log.warning("faults_unreadable", path=str(self._path), error=str(error))
            return
        self._version = version
        self._faults = faults if isinstance(faults, dict) else {}
        if self._faults:
            log.warning("faults_on", faults=self._faults)
