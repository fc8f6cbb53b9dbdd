"""Our copy of documents compared with the journals of the devices that made them. Nothing here makes a document.

`differences` only reads. `adopt` brings our copy up to the journals, as a worker does after doubt, but with all
registers of an organisation in hand at once: a receipt that a restored database gives to one register may be in the
journal of another. So run it after a restore, before workers start.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from openkassa.core.clock import now
from openkassa.core.db import atomic
from openkassa.core.tenancy import within
from openkassa.fiscal import driver
from openkassa.kassa.fiscalisation import adoption_sql, sql
from openkassa.kassa.fiscalisation.adoption import RECEIPT_FORMS, receipts_match
from openkassa.kassa.fiscalisation.context import RegisterTrouble, Turn
from openkassa.kassa.fiscalisation.documents import receipts_made
from openkassa.kassa.fiscalisation.models import Attempt
from openkassa.kassa.fiscalisation.recovery import recover
from openkassa.kassa.receipts.models import ReceiptState
from openkassa.kassa.registers.drivers.base import DriverError
from openkassa.kassa.registers.leases import (
    Lease,
    lease_claim,
    lease_release,
    lease_release_in_trouble,
    lease_renew,
    own_holder,
)
from openkassa.kassa.registers.models import CashRegister, FiscalDocument, RegisterState
from openkassa.kassa.registers.provision import driver_of

PAGE = 500
CLAIM_SECONDS = 10.0  # how long `adopt` waits for a register that a worker has

MISSING = "missing"  # the device made a document that we lack
UNKNOWN = "unknown"  # we hold a document that the device's journal does not have
OTHER = "other"  # the device's document of this number is another one
NO_RECEIPT = "no_receipt"  # a document of a receipt that our database does not know
NO_DOCUMENT = "no_document"  # a receipt is said to be fiscalised, and its document is not there
UNRESOLVED = "unresolved"  # sent to the register, and nobody knows yet what became of it
SILENT = "silent"  # the register could not be asked


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One thing in which we and a device differ. `text` is for people, `kind` one of the constants of this module."""

    kind: str
    text: str
    register_id: uuid.UUID | None = None
    fn: str | None = None
    fd: int | None = None
    total: int | None = None  # kopecks
    receipt_id: uuid.UUID | None = None


def differences(organisation_id: uuid.UUID) -> list[Difference]:
    """Everything in which our copy and the journals differ. Asks each register for all of its documents."""
    found: list[Difference] = []
    for register in _registers(organisation_id):
        try:
            found += _compare_journal(register)
        except (DriverError, RegisterTrouble) as error:
            found.append(_silent(register, str(error)))
        found += _without_receipt(register)
    return found + _unresolved(organisation_id) + _without_document(organisation_id)


def adopt(organisation_id: uuid.UUID) -> list[Difference]:
    """Takes over what the journals have and our copy lacks, and returns the differences that are left."""
    turns: list[Turn] = []
    silent: list[Difference] = []
    try:
        for register in _registers(organisation_id):
            lease = _claim(register)
            if lease is None:
                silent.append(_silent(register, "с кассой сейчас работает другой процесс; повторите позже"))
                continue
            turn = Turn(lease=lease, register=register, shop=register.organisation.name, driver=driver_of(register))
            try:
                recover(turn)
            except (DriverError, RegisterTrouble) as error:
                lease_release_in_trouble(lease, problem=getattr(error, "problem", "unreachable"), text=str(error))
            else:
                turns.append(turn)
            for held in turns:
                lease_renew(held.lease)
        for turn in turns:
            _match_what_is_left(turn)
    finally:
        for turn in turns:
            lease_release(turn.lease, clean=True, due_at=now())
    return silent + differences(organisation_id)


def _match_what_is_left(turn: Turn) -> None:
    """Documents that found no receipt while another register still seemed to have it."""
    organisation_id, at = turn.organisation_id, now()
    rows = _orphans(turn.register)
    documents = {row[1]: (row[0], _document(row)) for row in rows if row[1] is not None}
    with atomic():
        lease_renew(turn.lease)
        matched = receipts_match(
            organisation_id=organisation_id,
            register_id=turn.lease.register_id,
            pool_id=turn.lease.pool_id,
            fn=turn.register.fn,
            fence=turn.lease.fence,
            documents=[document for _, document in documents.values()],
            lost=[],
        )
        made = [(task, documents[task][1].fd, *documents[task]) for task, _ in matched]
        receipts_made(turn, made, {}, at)
        answers = adoption_sql.answers_to_documents(
            organisation_id=organisation_id, document_ids=[one[2] for one in made]
        )
        sql.receipts_confirmed(organisation_id=organisation_id, answers=answers, at=at)


def _compare_journal(register: CashRegister) -> Iterator[Difference]:
    device = driver_of(register)
    status = device.status()
    if status.fn != register.fn:
        raise RegisterTrouble("other_storage", f"в кассе стоит другой ФН ({status.fn})")
    for first in range(1, status.last_fd + 1, PAGE):
        theirs = {document.fd: document for document in device.documents(from_fd=first, limit=PAGE)}
        ours = _our_documents(register, fd__gte=first, fd__lt=first + PAGE)
        for fd in range(first, min(first + PAGE, status.last_fd + 1)):
            if fd not in theirs:
                raise RegisterTrouble("journal_gap", f"касса не отдаёт документ {fd}")
            if fd not in ours:
                yield _difference(MISSING, register, theirs[fd], "есть в кассе, в базе его нет")
            elif ours[fd] != (theirs[fd].fiscal_sign, theirs[fd].total):
                yield _difference(OTHER, register, theirs[fd], "в базе и в кассе разный")
    for fd, (_, total) in _our_documents(register, fd__gt=status.last_fd).items():
        text = f"ФД {fd}: есть в базе, в журнале кассы его нет"
        yield Difference(kind=UNKNOWN, text=text, register_id=register.id, fn=register.fn, fd=fd, total=total)


def _our_documents(register: CashRegister, **numbers: int) -> dict[int, tuple[int, int]]:
    """Number → (fiscal sign, total)."""
    with within(register.organisation_id):
        rows = FiscalDocument.objects.filter(fn=register.fn, **numbers).order_by("fd")
        return {fd: (sign, total) for fd, sign, total in rows.values_list("fd", "fiscal_sign", "total")}


def _without_receipt(register: CashRegister) -> Iterator[Difference]:
    for row in _orphans(register):
        yield _difference(NO_RECEIPT, register, _document(row), "чека с таким заданием в базе нет")


def _orphans(register: CashRegister) -> list[tuple]:
    return adoption_sql.documents_without_attempt(
        organisation_id=register.organisation_id, register_id=register.id, forms=RECEIPT_FORMS
    )


def _unresolved(organisation_id: uuid.UUID) -> list[Difference]:
    with within(organisation_id):
        attempts = list(Attempt.objects.filter(state__in=["open", "doubt"]).order_by("id"))
    return [
        Difference(
            kind=UNRESOLVED,
            text=f"Чек {attempt.receipt_id} передан кассе с ФН {attempt.fn}, чем кончилось, ещё не известно",
            register_id=attempt.register_id,
            fn=attempt.fn,
            receipt_id=attempt.receipt_id,
        )
        for attempt in attempts
    ]


def _without_document(organisation_id: uuid.UUID) -> list[Difference]:
    with within(organisation_id):
        documents = FiscalDocument.objects.values("id")
        states = list(ReceiptState.objects.exclude(document_id=None).exclude(document_id__in=documents))
    return [
        Difference(
            kind=NO_DOCUMENT,
            text=f"Чек {state.receipt_id} отмечен как ФД {state.fd} ФН {state.fn}, а документа в базе нет",
            register_id=state.register_id,
            fn=state.fn,
            fd=state.fd,
            receipt_id=state.receipt_id,
        )
        for state in states
    ]


def _registers(organisation_id: uuid.UUID) -> list[CashRegister]:
    with within(organisation_id):
        registers = CashRegister.objects.exclude(state=RegisterState.CLOSED).select_related("organisation")
        return list(registers.order_by("id"))


def _claim(register: CashRegister) -> Lease | None:
    """The lease of a register, waited for a little; a pause after a failure is cut short."""
    deadline = time.monotonic() + CLAIM_SECONDS
    while True:
        lease = lease_claim(
            organisation_id=register.organisation_id,
            register_id=register.id,
            holder=own_holder(),
            dead=[],
            in_pause=True,
        )
        if lease is not None or time.monotonic() > deadline:
            return lease
        time.sleep(0.2)


def _silent(register: CashRegister, reason: str) -> Difference:
    return Difference(
        kind=SILENT,
        text=f"Касса «{register.name}» не сверена: {reason}",
        register_id=register.id,
        fn=register.fn,
    )


def _difference(kind: str, register: CashRegister, document: driver.Document, text: str) -> Difference:
    return Difference(
        kind=kind,
        text=f"ФД {document.fd} кассы «{register.name}»: {text}",
        register_id=register.id,
        fn=register.fn,
        fd=document.fd,
        total=document.total,
    )


def _document(row: tuple) -> driver.Document:
    _, task_id, _, fd, form, shift, number, local_time, made_at, sign, operation, total, container = row
    return driver.Document(
        task_id=task_id.hex if task_id else None,
        fd=fd,
        form=form,
        shift=shift,
        number=number,
        local_time=local_time,
        utc_time=int(made_at.timestamp()),
        fiscal_sign=sign,
        operation=operation,
        total=total,
        container=bytes(container),
    )
