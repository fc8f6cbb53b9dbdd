"""What the parts of a turn share: the register, its lease and driver, and how trouble is named."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from openkassa.core.clock import now
from openkassa.core.tenancy import within
from openkassa.fiscal.driver import Status
from openkassa.kassa.registers.drivers.base import CashRegisterDriver
from openkassa.kassa.registers.leases import Lease
from openkassa.kassa.registers.models import CashRegister, RegisterEvent

MAX_BATCH = 100
SHIFT_LIMIT = dt.timedelta(hours=23, minutes=30)  # the law says 24 hours; the rest is for a slow device

_paces: dict[uuid.UUID, float | None] = {}  # register → documents a second, as its status said last


def usual_batch(register_id: uuid.UUID) -> int:
    """How many receipts a register takes at once when it is well."""
    pace = _paces.get(register_id)
    return MAX_BATCH if pace is None else max(1, min(MAX_BATCH, int(pace)))


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

    @property
    def organisation_id(self) -> uuid.UUID:
        return self.lease.organisation_id

    def status(self) -> Status:
        """Asks the device how it is."""
        status = self.driver.status()
        _paces[self.register.id] = status.documents_per_second
        return status

    def batch_size(self) -> int:
        """How many receipts the device gets at once: what it makes in a second, so that its answer comes in time.

        One after a failure: a register that is still in trouble must not take receipts from the others in vain.
        """
        if self.lease.failures:
            return 1
        if self.register.id not in _paces:
            self.status()
        return usual_batch(self.register.id)

    def unacknowledged(self) -> int:
        """How many documents the operator has not answered to, as far as we know."""
        return max(self.lease.last_fd - self.lease.acknowledged_fd, 0)

    def shift_is_long(self) -> bool:
        """True when the open shift must be closed before the next receipt."""
        opened = self.lease.shift_opened_at
        return self.lease.shift_open and (opened is None or now() - opened >= SHIFT_LIMIT)


def event_add(turn: Turn, kind: str, data: dict) -> None:
    """Writes down what happened to the register of a turn."""
    with within(turn.organisation_id):
        RegisterEvent.objects.create(
            organisation_id=turn.organisation_id, register_id=turn.lease.register_id, kind=kind, data=data
        )
