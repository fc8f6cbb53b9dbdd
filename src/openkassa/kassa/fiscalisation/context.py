"""What the parts of a turn share: the register, its lease and driver, and how trouble is named."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from openkassa.core.clock import now
from openkassa.kassa.registers.drivers.base import CashRegisterDriver
from openkassa.kassa.registers.leases import Lease
from openkassa.kassa.registers.models import CashRegister

MAX_BATCH = 100
SHIFT_LIMIT = dt.timedelta(hours=23, minutes=30)  # the law says 24 hours; the rest is for a slow device


class RegisterTrouble(Exception):
    """The register can't go on; receipts wait. `problem` is a stable code, the text says what to do."""

    def __init__(self, problem: str, text: str) -> None:
        super().__init__(text)
        self.problem = problem


@dataclass
class Turn:
    lease: Lease
    register: CashRegister
    shop: str
    driver: CashRegisterDriver
    pace: float | None = None  # documents a second, None when the device is not paced

    @property
    def organisation_id(self) -> uuid.UUID:
        return self.lease.organisation_id

    def shift_is_long(self) -> bool:
        """True when the open shift must be closed before the next receipt."""
        opened = self.lease.shift_opened_at
        return self.lease.shift_open and (opened is None or now() - opened >= SHIFT_LIMIT)
