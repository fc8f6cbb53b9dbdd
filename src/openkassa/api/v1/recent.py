"""Receipts that look like one made minutes ago under another external_id: shops repeat by mistake.

Kept in the memory of each process, so that the accept path pays a dictionary look-up and no statement. With
several web processes a repeat that another one took isn't noticed: the warning is a help, the keys
are the guard.
"""

from __future__ import annotations

import threading
import uuid
from collections import OrderedDict

WINDOW_SECONDS = 300
LIMIT = 20_000


class Recent:
    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[uuid.UUID, bytes], tuple[float, uuid.UUID, str]] = OrderedDict()
        self._lock = threading.Lock()

    def alike(self, channel_id: uuid.UUID, meaning: bytes, at: float) -> tuple[uuid.UUID, str] | None:
        """(receipt, its external_id) with the same meaning within the window before `at` (UTC seconds)."""
        with self._lock:
            entry = self._seen.get((channel_id, meaning))
        if entry is None or not 0 <= at - entry[0] <= WINDOW_SECONDS:
            return None
        return entry[1], entry[2]

    def remember(
        self, channel_id: uuid.UUID, meaning: bytes, receipt_id: uuid.UUID, external_id: str, at: float
    ) -> None:
        with self._lock:
            self._seen[channel_id, meaning] = (at, receipt_id, external_id)
            self._seen.move_to_end((channel_id, meaning))
            if len(self._seen) > LIMIT:
                self._seen.popitem(last=False)


recent = Recent()
