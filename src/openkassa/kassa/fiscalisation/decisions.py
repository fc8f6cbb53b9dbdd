"""A register that is lost for good, and what a person decides about the receipts in doubt that it leaves behind.

Only a person can say what a journal can't any more. Should the register come back all the same, its journal is compared
like any other (`recovery`), and a document that contradicts a decision is reported (`doubles`).
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from openkassa.core import doorbell
from openkassa.core.clock import now
from openkassa.core.db import atomic
from openkassa.core.ids import uuid7
from openkassa.core.tenancy import within
from openkassa.fiscal.driver import Document
from openkassa.kassa.fiscalisation import reasons, sql
from openkassa.kassa.fiscalisation.documents import receipts_became
from openkassa.kassa.fiscalisation.models import Attempt, AttemptState, Decision
from openkassa.kassa.receipts.models import Receipt, ReceiptState, State
from openkassa.kassa.registers import sql as registers_sql
from openkassa.kassa.registers.models import (
    CashRegister,
    FiscalDocument,
    RegisterEvent,
    RegisterState,
    RegisterStatus,
)

MAX_NUMBER = 0xFFFFFFFF
MAX_REASON = 500
CLOCK_SLACK = dt.timedelta(days=1)  # by which a register's clock may differ from ours


class DecisionRefused(Exception):
    """Nothing was stored. `code`: answers, wrong_state, not_lost, not_in_doubt, reason, fd, fiscal_sign, time or
    taken."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, kw_only=True, slots=True)
class Doubt:
    """What is known about a receipt in doubt: where it was sent, and how the register is."""

    receipt: Receipt
    attempt: Attempt
    register: CashRegister
    status: RegisterStatus


def register_give_up(*, organisation_id: uuid.UUID, register_id: uuid.UUID, reason: str, by: uuid.UUID) -> None:
    """Says that a register is lost for good: it makes nothing more, and whoever works with it writes nothing any more.

    Refused for a register that answers. Receipts on their way there are in doubt from now on, until somebody decides.
    """
    with atomic(), within(organisation_id):
        register = CashRegister.objects.select_for_update().get(id=register_id)
        status = RegisterStatus.objects.select_for_update().get(register_id=register_id)
        reason = _reason(reason)
        if register.state not in (RegisterState.WORKING, RegisterState.STOPPED):
            raise DecisionRefused("wrong_state")
        if not status.problem:
            raise DecisionRefused("answers")
        at = now()
        register.state = RegisterState.LOST
        register.save(update_fields=["state"])
        registers_sql.fence_break(organisation_id=organisation_id, register_id=register_id, at=at)
        unresolved = sql.attempts_unresolved(organisation_id=organisation_id, register_id=register_id)
        sql.attempts_doubt(
            organisation_id=organisation_id,
            attempt_ids=[attempt for attempt, _, state in unresolved if state == AttemptState.OPEN],
            reason=reasons.REGISTER_LOST,
            at=at,
        )
        RegisterEvent.objects.create(
            organisation_id=organisation_id,
            register_id=register_id,
            kind="lost",
            data={"reason": reason, "by": str(by), "fn": register.fn, "last_fd": status.last_fd, "fence": status.fence},
            at=at,
        )


def doubt_of(organisation_id: uuid.UUID, receipt_id: uuid.UUID) -> Doubt | None:
    """None for a receipt that is not in doubt or not there."""
    with within(organisation_id):
        attempt = Attempt.objects.filter(receipt_id=receipt_id, state=AttemptState.DOUBT).first()
        if attempt is None:
            return None
        return Doubt(
            receipt=Receipt.objects.get(id=receipt_id),
            attempt=attempt,
            register=CashRegister.objects.get(id=attempt.register_id),
            status=RegisterStatus.objects.get(register_id=attempt.register_id),
        )


def doubts_of_register(organisation_id: uuid.UUID, register_id: uuid.UUID) -> list[Receipt]:
    """Receipts in doubt at a register, oldest first."""
    with within(organisation_id):
        attempts = Attempt.objects.filter(register_id=register_id, state=AttemptState.DOUBT).values("receipt_id")
        return list(Receipt.objects.filter(id__in=attempts).order_by("id"))


def decide_not_made(*, organisation_id: uuid.UUID, receipt_id: uuid.UUID, reason: str, by: uuid.UUID) -> None:
    """The lost register made no document of it: the receipt waits for another register of its pool."""
    with atomic(), within(organisation_id):
        doubt = _locked(organisation_id, receipt_id)
        at = now()
        _decision(doubt, made=False, reason=_reason(reason), by=by, at=at)
        sql.attempts_return(
            organisation_id=organisation_id,
            attempt_ids=[doubt.attempt.id],
            reason=f"решено человеком: документа нет. {reason}"[:200],
            at=at,
        )
    doorbell.ring("receipts")


def decide_made(
    *,
    organisation_id: uuid.UUID,
    receipt_id: uuid.UUID,
    fd: int,
    fiscal_sign: int,
    local_time: int,
    reason: str,
    by: uuid.UUID,
    shift: int = 0,
    number: int = 0,
) -> None:
    """The lost register made this document: the receipt is fiscalised by it.

    The numbers come from paper or from the operator. `local_time`: seconds of till-local time (tag 1012); `shift` and
    `number` are 0 where nobody knows them. The document's bytes are not there, unless the register comes back.
    """
    with atomic(), within(organisation_id):
        doubt = _locked(organisation_id, receipt_id)
        at = now()
        made_at = _check_numbers(doubt, fd, fiscal_sign, local_time, at)
        _decision(doubt, made=True, fd=fd, fiscal_sign=fiscal_sign, reason=_reason(reason), by=by, at=at)
        document_id = uuid7()
        common = {
            "fd": fd,
            "form": doubt.receipt.form,
            "shift": shift,
            "number": number,
            "operation": doubt.receipt.operation,
            "total": doubt.receipt.total,
            "fiscal_sign": fiscal_sign,
            "local_time": local_time,
        }
        FiscalDocument.objects.create(
            id=document_id,
            organisation_id=organisation_id,
            register_id=doubt.register.id,
            fn=doubt.attempt.fn,
            utc_offset=doubt.register.utc_offset,
            made_at=made_at,
            task_id=doubt.attempt.id,
            **common,
        )
        document = Document(task_id=doubt.attempt.id.hex, utc_time=int(made_at.timestamp()), container=b"", **common)
        receipts_became(
            organisation_id=organisation_id,
            shop=doubt.register.organisation.name,
            made=[(doubt.attempt.id, fd, document_id, document)],
            known={},
            at=at,
        )
    doorbell.ring("events")


def _locked(organisation_id: uuid.UUID, receipt_id: uuid.UUID) -> Doubt:
    """The doubt, with its register, state and attempt locked in the order of the house."""
    doubt = doubt_of(organisation_id, receipt_id)
    if doubt is None:
        raise DecisionRefused("not_in_doubt")
    registers = CashRegister.objects.select_for_update(of=("self",)).select_related("organisation")
    register = registers.get(id=doubt.register.id)
    if register.state != RegisterState.LOST:
        raise DecisionRefused("not_lost")
    status = RegisterStatus.objects.select_for_update().get(register_id=register.id)
    state = ReceiptState.objects.select_for_update().get(receipt_id=receipt_id)
    attempt = Attempt.objects.select_for_update().get(id=doubt.attempt.id)
    if state.state != State.IN_DOUBT or attempt.state != AttemptState.DOUBT:
        raise DecisionRefused("not_in_doubt")
    return Doubt(receipt=doubt.receipt, attempt=attempt, register=register, status=status)


def _reason(reason: str) -> str:
    reason = reason.strip()
    if not reason or len(reason) > MAX_REASON:
        raise DecisionRefused("reason")
    return reason


def _check_numbers(doubt: Doubt, fd: int, fiscal_sign: int, local_time: int, at: dt.datetime) -> dt.datetime:
    """When the document was made, UTC. Numbers up to the last one in our copy belong to documents that we know."""
    if not doubt.status.last_fd < fd <= MAX_NUMBER:
        raise DecisionRefused("fd")
    if not 0 < fiscal_sign <= MAX_NUMBER:
        raise DecisionRefused("fiscal_sign")
    seconds = local_time - doubt.register.utc_offset * 60
    earliest, latest = doubt.attempt.opened_at - CLOCK_SLACK, at + CLOCK_SLACK
    if not earliest.timestamp() <= seconds <= latest.timestamp():
        raise DecisionRefused("time")
    if FiscalDocument.objects.filter(fn=doubt.attempt.fn, fd=fd).exists():
        raise DecisionRefused("taken")
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def _decision(
    doubt: Doubt,
    *,
    made: bool,
    reason: str,
    by: uuid.UUID,
    at: dt.datetime,
    fd: int | None = None,
    fiscal_sign: int | None = None,
) -> None:
    Decision.objects.create(
        organisation_id=doubt.receipt.organisation_id,
        attempt_id=doubt.attempt.id,
        receipt_id=doubt.receipt.id,
        register_id=doubt.register.id,
        made=made,
        fn=doubt.attempt.fn,
        fd=fd,
        fiscal_sign=fiscal_sign,
        reason=reason,
        decided_by=by,
        decided_at=at,
    )
