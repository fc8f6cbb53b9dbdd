"""Whether the registers of a pool can make receipts now, asked at most every few seconds by a process."""

from __future__ import annotations

import time
import uuid
from enum import Enum
from typing import Final

from openkassa.kassa.registers.models import RegisterState
from openkassa.kassa.registers.selectors import pool_registers

SECONDS: Final = 5.0
SIZE: Final = 10_000


class Readiness(Enum):
    READY = "ready"  # a register works and nothing is wrong with it
    NEVER_SEEN = "never_seen"  # no register has answered yet
    TROUBLE = "trouble"  # what is accepted waits


_known: dict[uuid.UUID, tuple[float, Readiness]] = {}


def readiness(organisation_id: uuid.UUID, pool_id: uuid.UUID) -> Readiness:
    entry = _known.get(pool_id)
    moment = time.monotonic()
    if entry is not None and entry[0] > moment:
        return entry[1]
    found = _readiness(organisation_id, pool_id)
    if len(_known) >= SIZE:
        _known.clear()
    _known[pool_id] = (moment + SECONDS, found)
    return found


def forget_readiness() -> None:
    """For tests."""
    _known.clear()


def _readiness(organisation_id: uuid.UUID, pool_id: uuid.UUID) -> Readiness:
    registers = pool_registers(organisation_id, pool_id)
    if any(one.state == RegisterState.WORKING and not status.problem for one, status in registers):
        return Readiness.READY
    if any(status.seen_at is not None for _, status in registers):
        return Readiness.TROUBLE
    return Readiness.NEVER_SEEN
