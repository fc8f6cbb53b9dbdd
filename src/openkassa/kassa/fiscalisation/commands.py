"""Commands: what a person or the platform wants of a register besides receipts. A command's id is its task id."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import structlog

from openkassa.core.clock import now
from openkassa.core.db import atomic
from openkassa.core.ids import uuid7
from openkassa.core.tenancy import within
from openkassa.fiscal.driver import CloseShift, CloseStorage, OpenShift, Refused, ReportSettlements, Task
from openkassa.kassa.fiscalisation.context import Turn, event_add
from openkassa.kassa.fiscalisation.documents import documents_store, report_make
from openkassa.kassa.fiscalisation.storages import storage_put
from openkassa.kassa.registers.drivers.base import DeviceRefused
from openkassa.kassa.registers.models import (
    CashRegister,
    CommandKind,
    CommandState,
    FiscalDocument,
    RegisterCommand,
    RegisterState,
)
from openkassa.kassa.registers.registration import registration_task

log = structlog.get_logger(__name__)


def commands_execute(turn: Turn) -> None:
    """Carries out the commands that wait, in order. A refused one is marked so, and the next is tried."""
    while (command := _next(turn)) is not None:
        _execute(turn, command)


def _next(turn: Turn) -> RegisterCommand | None:
    """Asked anew each time: a command may bring another with it."""
    with within(turn.organisation_id):
        waiting = RegisterCommand.objects.filter(register_id=turn.lease.register_id, state=CommandState.WAITING)
        return waiting.order_by("id").first()


def commands_settle(turn: Turn) -> None:
    """After doubt: a command that was sent is done when its document is in our copy, and waits again when not."""
    with within(turn.organisation_id):
        for command in RegisterCommand.objects.filter(register_id=turn.lease.register_id, state="sent"):
            document = FiscalDocument.objects.filter(task_id=command.id).first()
            if document is None:
                _update(turn.organisation_id, command, state="waiting")
            else:
                _done(turn, command, document.fd)


def _execute(turn: Turn, command: RegisterCommand) -> None:
    _update(turn.organisation_id, command, state="sent")
    if command.kind == CommandKind.REPLACE_STORAGE:
        _replace_storage(turn, command)
        return
    if command.kind == CommandKind.CLOSE_STORAGE and turn.lease.shift_open:
        report_make(turn, CloseShift(id=uuid7().hex))
    task = _task(turn, command)
    result = turn.driver.execute([task], expected_fd=turn.lease.last_fd + 1, fence=turn.lease.fence)[0]
    if isinstance(result, Refused):
        _failed(turn, command, result.code, result.text)
        return
    documents_store(turn, [result], {})
    _done(turn, command, result.fd)


def _replace_storage(turn: Turn, command: RegisterCommand) -> None:
    try:
        storage_put(turn, command)
    except DeviceRefused as error:
        _failed(turn, command, error.code, error.text)


def _failed(turn: Turn, command: RegisterCommand, code: int | str, text: str) -> None:
    name = f"fn_{code:02x}" if isinstance(code, int) else code
    log.warning("command_refused", command=str(command.id), kind=command.kind, code=name)
    _update(turn.organisation_id, command, state="failed", error=text[:500], error_code=name[:32], done_at=now())


def _task(turn: Turn, command: RegisterCommand) -> Task:
    task_id = command.id.hex
    if command.kind == CommandKind.REGISTER:
        return registration_task(task_id, turn.register, reasons=command.payload.get("reasons"))
    plain: dict[CommandKind, Callable[..., Task]] = {
        CommandKind.OPEN_SHIFT: OpenShift,
        CommandKind.CLOSE_SHIFT: CloseShift,
        CommandKind.SETTLEMENTS: ReportSettlements,
        CommandKind.CLOSE_STORAGE: CloseStorage,
    }
    return plain[CommandKind(command.kind)](id=task_id)


def _done(turn: Turn, command: RegisterCommand, fd: int) -> None:
    with atomic():
        _update(turn.organisation_id, command, state="done", fd=fd, done_at=now())
        state = {CommandKind.REGISTER: RegisterState.WORKING, CommandKind.CLOSE_STORAGE: RegisterState.CLOSED}
        new = state.get(CommandKind(command.kind))
        if new is not None and turn.register.state != new:
            with within(turn.organisation_id):
                CashRegister.objects.filter(id=turn.register.id).update(state=new)
            turn.register.state = new
            if new == RegisterState.CLOSED:
                event_add(turn, "storage_closed", {"fn": turn.register.fn, "fd": fd})


def _update(organisation_id: uuid.UUID, command: RegisterCommand, **values) -> None:
    with within(organisation_id):
        RegisterCommand.objects.filter(id=command.id).update(**values)
