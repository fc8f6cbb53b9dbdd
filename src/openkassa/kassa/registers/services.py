"""Every write to registers and pools but what a worker writes in its turn."""

from __future__ import annotations

import uuid

from openkassa.core import doorbell
from openkassa.core.clock import now
from openkassa.core.db import atomic
from openkassa.core.ids import uuid7
from openkassa.core.models import Organisation
from openkassa.core.tenancy import within
from openkassa.kassa.registers.models import (
    CashRegister,
    CommandKind,
    CommandState,
    Pool,
    RegisterCommand,
    RegisterState,
    RegisterStatus,
)
from openkassa.kassa.registers.registration import test_rnm

WORKS = (RegisterState.WORKING,)
COMMAND_STATES: dict[str, tuple[RegisterState, ...]] = {  # of a register in which each kind can be asked for
    CommandKind.REGISTER: (RegisterState.NEW,),
    CommandKind.CLOSE_STORAGE: (RegisterState.WORKING, RegisterState.STOPPED),
    CommandKind.REPLACE_STORAGE: (RegisterState.CLOSED,),
}


class WrongState(Exception):
    """The register is in a state in which this can't be asked of it."""


def pool_create(
    *,
    organisation_id: uuid.UUID,
    outlet_id: uuid.UUID,
    name: str,
    ffd: int,
    taxation: int,
    sender_email: str = "",
    internet_only: bool = True,
) -> Pool:
    with within(organisation_id):
        return Pool.objects.create(
            organisation_id=organisation_id,
            outlet_id=outlet_id,
            name=name,
            ffd=ffd,
            taxation=taxation,
            sender_email=sender_email,
            internet_only=internet_only,
        )


def pool_set_shifts(*, organisation_id: uuid.UUID, pool_id: uuid.UUID, automatic: bool) -> None:
    """Whether closed shifts open when a receipt comes, or by hand alone."""
    with atomic(), within(organisation_id):
        pool = Pool.objects.select_for_update().get(id=pool_id)
        pool.automatic_shifts = automatic
        pool.save(update_fields=["automatic_shifts"])
        RegisterStatus.objects.filter(pool_id=pool_id).update(due_at=now(), retry_at=None)
    doorbell.ring("receipts")


def register_create(
    *,
    organisation_id: uuid.UUID,
    pool_id: uuid.UUID,
    name: str,
    serial: str,
    fn: str,
    endpoint: str,
    sequence: int,
    utc_offset: int = 180,
) -> CashRegister:
    """A register that a device already holds, with the command that registers it. It works when that is done."""
    organisation = Organisation.objects.get(id=organisation_id)
    with atomic(), within(organisation_id):
        register = CashRegister.objects.create(
            organisation_id=organisation_id,
            pool_id=pool_id,
            name=name,
            serial=serial,
            rnm=test_rnm(sequence, organisation.inn, serial),
            fn=fn,
            endpoint=endpoint,
            utc_offset=utc_offset,
        )
        RegisterStatus.objects.create(organisation_id=organisation_id, register_id=register.id, pool_id=pool_id)
        command_request(organisation_id=organisation_id, register_id=register.id, kind=CommandKind.REGISTER)
    return register


def command_request(
    *,
    organisation_id: uuid.UUID,
    register_id: uuid.UUID,
    kind: str,
    requested_by: uuid.UUID | None = None,
    payload: dict | None = None,
) -> RegisterCommand:
    """Something for a worker to do at a register at its next turn. Raises `WrongState`.

    The same that still waits or is at the register is not asked for again: the first command is given back.
    """
    with atomic(), within(organisation_id):
        register = CashRegister.objects.select_for_update().get(id=register_id)
        if register.state not in COMMAND_STATES.get(kind, WORKS):
            raise WrongState(f"Касса «{register.name}» не работает: {register.get_state_display()}.")
        same = RegisterCommand.objects.filter(register_id=register_id, kind=kind, payload=payload or {})
        command = same.filter(state__in=[CommandState.WAITING, CommandState.SENT]).first()
        if command is not None:
            return command
        command = RegisterCommand.objects.create(
            id=uuid7(),
            organisation_id=organisation_id,
            register_id=register_id,
            kind=kind,
            requested_by=requested_by,
            payload=payload or {},
        )
        RegisterStatus.objects.filter(register_id=register_id).update(due_at=now(), retry_at=None)
    doorbell.ring("receipts")
    return command


def register_stop(*, organisation_id: uuid.UUID, register_id: uuid.UUID) -> None:
    """The register gets no more receipts; what it has made is still followed to the operator."""
    _set_state(organisation_id, register_id, RegisterState.STOPPED)


def register_start(*, organisation_id: uuid.UUID, register_id: uuid.UUID) -> None:
    _set_state(organisation_id, register_id, RegisterState.WORKING)


def _set_state(organisation_id: uuid.UUID, register_id: uuid.UUID, state: str) -> None:
    with atomic(), within(organisation_id):
        register = CashRegister.objects.select_for_update().get(id=register_id)
        register.state = state
        register.save(update_fields=["state"])
        RegisterStatus.objects.filter(register_id=register_id).update(due_at=now())
