"""Replacing the fiscal storage of a register (замена ФН): the old one is closed and delivered, a new one registered.

1. `storage_close_request`: the worker closes the shift and the storage (form 6); the register makes nothing more.
2. The old storage delivers what it holds.
3. `storage_replace_request`: the worker has the new storage put in, begins its counters at zero and registers it
   (form 11 with the reason "storage replaced", bit 0 of tag 1205). Documents of the old storage stay as they are.
"""

from __future__ import annotations

import uuid

import structlog

from openkassa.core.clock import now
from openkassa.core.db import atomic
from openkassa.core.ids import uuid7
from openkassa.core.tenancy import within
from openkassa.fiscal.driver import Status
from openkassa.kassa.fiscalisation.context import Turn, event_add
from openkassa.kassa.fiscalisation.models import Attempt
from openkassa.kassa.registers import sql as registers_sql
from openkassa.kassa.registers.leases import LeaseLost
from openkassa.kassa.registers.models import (
    CashRegister,
    CommandKind,
    CommandState,
    FiscalDocument,
    RegisterCommand,
    RegisterEvent,
    RegisterState,
    RegisterStatus,
)
from openkassa.kassa.registers.services import WrongState, command_request

REPLACED = 1  # bit 0 of tag 1205
FN_LENGTH = 16

log = structlog.get_logger(__name__)


class StorageRefused(Exception):
    """A storage can't be closed or replaced now. `code`: in_doubt, undelivered, not_closed, wrong_state, fn_wrong or
    fn_used; nothing was stored."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def storage_close_request(
    *, organisation_id: uuid.UUID, register_id: uuid.UUID, requested_by: uuid.UUID | None = None
) -> RegisterCommand:
    """Asks for the storage to be closed for good. Raises `StorageRefused`, `CashRegister.DoesNotExist`."""
    with atomic(), within(organisation_id):
        CashRegister.objects.select_for_update().get(id=register_id)
        _check_doubt(register_id)
        return _request(organisation_id, register_id, CommandKind.CLOSE_STORAGE, requested_by, {})


def storage_replace_request(
    *, organisation_id: uuid.UUID, register_id: uuid.UUID, fn: str, requested_by: uuid.UUID | None = None
) -> RegisterCommand:
    """Asks for the storage `fn` to be put in instead of the closed one, and registered. Raises as above."""
    with atomic(), within(organisation_id):
        register = CashRegister.objects.select_for_update().get(id=register_id)
        if not (fn.isascii() and fn.isdecimal() and len(fn) == FN_LENGTH):
            raise StorageRefused("fn_wrong")
        if register.state != RegisterState.CLOSED:
            raise StorageRefused("not_closed")
        if CashRegister.objects.filter(fn=fn).exists() or FiscalDocument.objects.filter(fn=fn).exists():
            raise StorageRefused("fn_used")
        _check_doubt(register_id)
        status = RegisterStatus.objects.get(register_id=register_id)
        if status.acknowledged_fd != status.last_fd:
            raise StorageRefused("undelivered")
        return _request(organisation_id, register_id, CommandKind.REPLACE_STORAGE, requested_by, {"fn": fn})


def storages_of(organisation_id: uuid.UUID, register_id: uuid.UUID) -> list[str]:
    """Numbers of the storages that were in a register before, the latest first."""
    with within(organisation_id):
        replaced = RegisterEvent.objects.filter(register_id=register_id, kind="storage_replaced").order_by("-id")
        return [event.data["fn"] for event in replaced]


def storage_put(turn: Turn, command: RegisterCommand) -> None:
    """Carries a replacement out. Raises the driver's errors."""
    fn = command.payload["fn"]
    if turn.status().fn != fn:
        turn.driver.replace_storage(fn)
    _take_over(turn, command)


def storage_settle(turn: Turn, status: Status) -> None:
    """After doubt: a storage that was asked for and is in the register now was put in, whether we were told or not."""
    if status.fn == turn.register.fn:
        return
    with within(turn.organisation_id):
        command = RegisterCommand.objects.filter(
            register_id=turn.lease.register_id,
            kind=CommandKind.REPLACE_STORAGE,
            payload={"fn": status.fn},
            state__in=[CommandState.WAITING, CommandState.SENT],
        ).first()
    if command is not None:
        _take_over(turn, command)


def _take_over(turn: Turn, command: RegisterCommand) -> None:
    """From here on the register is the one with the new storage, and the next thing it does is to register it."""
    lease, register, fn = turn.lease, turn.register, command.payload["fn"]
    old, made = register.fn, lease.last_fd
    with atomic(), within(turn.organisation_id):
        mine = CashRegister.objects.select_for_update().filter(id=register.id)
        mine.get()
        if not registers_sql.storage_reset(**lease.key):
            raise LeaseLost
        mine.update(fn=fn, state=RegisterState.NEW)
        event_add(
            turn, "storage_replaced", {"fn": old, "documents": made, "new_fn": fn, "by": str(command.requested_by)}
        )
        commands = RegisterCommand.objects.filter(id=command.id)
        commands.filter(state=CommandState.WAITING).update(state=CommandState.SENT)
        commands.update(state=CommandState.DONE, done_at=now())
        RegisterCommand.objects.create(
            id=uuid7(),
            organisation_id=turn.organisation_id,
            register_id=register.id,
            kind=CommandKind.REGISTER,
            requested_by=command.requested_by,
            payload={"reasons": REPLACED},
        )
    register.fn, register.state = fn, RegisterState.NEW
    lease.last_fd = lease.acknowledged_fd = lease.shift = 0
    lease.shift_open, lease.shift_opened_at = False, None
    lease.has_commands = True
    log.info("storage_replaced", register_id=str(register.id), old=old, new=fn)


def _check_doubt(register_id: uuid.UUID) -> None:
    if Attempt.objects.filter(register_id=register_id, state__in=["open", "doubt"]).exists():
        raise StorageRefused("in_doubt")


def _request(
    organisation_id: uuid.UUID, register_id: uuid.UUID, kind: str, requested_by: uuid.UUID | None, payload: dict
) -> RegisterCommand:
    try:
        return command_request(
            organisation_id=organisation_id,
            register_id=register_id,
            kind=kind,
            requested_by=requested_by,
            payload=payload,
        )
    except WrongState:
        raise StorageRefused("wrong_state") from None
