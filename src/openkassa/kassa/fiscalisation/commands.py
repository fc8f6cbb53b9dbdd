"""Commands: what a person or the platform wants of a register besides receipts. A command's id is its task id."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import structlog

from openkassa.core.clock import now
from openkassa.core.db import atomic
from openkassa.core.tenancy import within
from openkassa.fiscal.driver import CloseShift, CloseStorage, OpenShift, Refused, ReportSettlements, Task
from openkassa.kassa.fiscalisation.context import Turn
from openkassa.kassa.fiscalisation.documents import documents_store
from openkassa.kassa.registers.models import (
    CashRegister,
    CommandKind,
    FiscalDocument,
    RegisterCommand,
    RegisterState,
)
from openkassa.kassa.registers.registration import registration_task

log = structlog.get_logger(__name__)


def commands_execute(turn: Turn) -> None:
    """Carries out the commands that wait, in order. A refused one is marked so, and the next is tried."""
    with within(turn.organisation_id):
        waiting = list(
            RegisterCommand.objects.filter(register_id=turn.lease.register_id, state="waiting").order_by("id")
        )
    for command in waiting:
        _execute(turn, command)


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
    task = _task(turn, command)
    result = turn.driver.execute([task], expected_fd=turn.lease.last_fd + 1, fence=turn.lease.fence)[0]
    if isinstance(result, Refused):
        log.warning("command_refused", command=str(command.id), kind=command.kind, code=result.code)
        _update(turn.organisation_id, command, state="failed", error=result.text[:500], done_at=now())
        return
    documents_store(turn, [result], {})
    _done(turn, command, result.fd)


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


def _update(organisation_id: uuid.UUID, command: RegisterCommand, **values) -> None:
    with within(organisation_id):
        RegisterCommand.objects.filter(id=command.id).update(**values)
