"""Reads of registers, their health and documents."""

from __future__ import annotations

import uuid

from openkassa.core.tenancy import within
from openkassa.kassa.registers.models import (
    CashRegister,
    FiscalDocument,
    Pool,
    RegisterCommand,
    RegisterState,
    RegisterStatus,
)


def register_list(organisation_id: uuid.UUID) -> list[tuple[CashRegister, RegisterStatus]]:
    """Registers with what they were last known to be, by name."""
    with within(organisation_id):
        registers = list(CashRegister.objects.order_by("name"))
        statuses = {status.register_id: status for status in RegisterStatus.objects.all()}
    return [(register, statuses[register.id]) for register in registers]


def pool_registers(organisation_id: uuid.UUID, pool_id: uuid.UUID) -> list[tuple[CashRegister, RegisterStatus]]:
    """Registers of a pool that are not closed, with what they were last known to be, the oldest first."""
    with within(organisation_id):
        open_ones = CashRegister.objects.filter(pool_id=pool_id).exclude(state=RegisterState.CLOSED)
        registers = list(open_ones.order_by("created_at", "id"))
        statuses = {status.register_id: status for status in RegisterStatus.objects.filter(pool_id=pool_id)}
    return [(register, statuses[register.id]) for register in registers if register.id in statuses]


def pool_is_automatic(organisation_id: uuid.UUID, pool_id: uuid.UUID) -> bool:
    """Whether a closed shift of the pool's registers opens when a receipt comes. Long ones are closed either way."""
    with within(organisation_id):
        return Pool.objects.values_list("automatic_shifts", flat=True).get(id=pool_id)


def register_health(
    organisation_id: uuid.UUID, register_id: uuid.UUID
) -> tuple[CashRegister, RegisterStatus, Pool] | None:
    with within(organisation_id):
        register = CashRegister.objects.filter(id=register_id).first()
        if register is None:
            return None
        return (
            register,
            RegisterStatus.objects.get(register_id=register_id),
            Pool.objects.get(id=register.pool_id),
        )


def register_documents(
    organisation_id: uuid.UUID, register_id: uuid.UUID, fn: str, *, before_fd: int | None = None, limit: int = 50
) -> list[FiscalDocument]:
    """Documents that a register made with the storage `fn`, newest first."""
    with within(organisation_id):
        documents = FiscalDocument.objects.filter(register_id=register_id, fn=fn)
        if before_fd is not None:
            documents = documents.filter(fd__lt=before_fd)
        return list(documents.order_by("-fd")[:limit])


def register_last_document(
    organisation_id: uuid.UUID, register_id: uuid.UUID, forms: tuple[int, ...]
) -> FiscalDocument | None:
    """The newest document of one of `forms` that the register made."""
    with within(organisation_id):
        documents = FiscalDocument.objects.filter(register_id=register_id, form__in=forms)
        return documents.order_by("-fd").first()


def register_commands(organisation_id: uuid.UUID, register_id: uuid.UUID, limit: int = 20) -> list[RegisterCommand]:
    with within(organisation_id):
        return list(RegisterCommand.objects.filter(register_id=register_id).order_by("-id")[:limit])
