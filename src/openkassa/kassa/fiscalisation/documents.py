"""Our copy of the documents that a register makes, and what follows from each."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Sequence

from openkassa.core import crash
from openkassa.core.clock import now
from openkassa.core.db import atomic
from openkassa.fiscal.driver import Document, Refused, Task
from openkassa.kassa.fiscalisation import sql
from openkassa.kassa.fiscalisation.context import RegisterTrouble, Turn
from openkassa.kassa.receipts.callbacks import callbacks_enqueue
from openkassa.kassa.receipts.copies import CopyWanted, copies_enqueue
from openkassa.kassa.registers import sql as registers_sql
from openkassa.kassa.registers.leases import TERM, LeaseLost

RECEIPT_FORMS = (3, 4, 31, 41)
SHIFT_OPENED, SHIFT_CLOSED, STORAGE_CLOSED = 2, 5, 6


def report_make(turn: Turn, task: Task) -> Document:
    """Has the device make a report that no receipt asked for: shift open, shift close."""
    results = turn.driver.execute([task], expected_fd=turn.lease.last_fd + 1, fence=turn.lease.fence)
    if isinstance(results[0], Refused):
        raise RegisterTrouble(f"fn_{results[0].code:02x}", results[0].text)
    documents_store(turn, [results[0]], {})
    return results[0]


def documents_store(
    turn: Turn,
    documents: Sequence[Document],
    known: dict[uuid.UUID, tuple],
    prepare: Callable[[Sequence[Document]], None] | None = None,
) -> None:
    """Our copy of documents, attempts, receipts and counters in one transaction.

    `known`: attempt → row of `attempts_open`, for the receipts of this batch; others are looked up.
    `prepare` is called in the transaction before the receipts of the documents are looked for.
    """
    if not documents:
        return
    lease = turn.lease
    at = now()
    with atomic():
        ids = registers_sql.documents_record(
            organisation_id=lease.organisation_id,
            register_id=lease.register_id,
            fn=turn.register.fn,
            fence=lease.fence,
            utc_offset=turn.register.utc_offset,
            documents=documents,
            until=at + TERM,
        )
        if ids is None:
            raise LeaseLost
        if prepare is not None:
            prepare(documents)
        made = [
            (uuid.UUID(document.task_id), document.fd, document_id, document)
            for document, document_id in zip(documents, ids, strict=True)
            if document.form in RECEIPT_FORMS and document.task_id
        ]
        receipts_made(turn, made, known, at)
        crash.point("before_commit")
    crash.point("after_commit")
    _counters_follow(turn, documents)


def receipts_made(
    turn: Turn,
    made: Sequence[tuple[uuid.UUID, int, uuid.UUID, Document]],
    known: dict[uuid.UUID, tuple],
    at: dt.datetime,
) -> None:
    """Receipts that have become documents, with callbacks and buyers' copies.

    `made`: (attempt, number, id in our copy, document).
    """
    receipts_became(organisation_id=turn.lease.organisation_id, shop=turn.shop, made=made, known=known, at=at)


def receipts_became(
    *,
    organisation_id: uuid.UUID,
    shop: str,
    made: Sequence[tuple[uuid.UUID, int, uuid.UUID, Document]],
    known: dict[uuid.UUID, tuple],
    at: dt.datetime,
) -> None:
    """The same for who holds no register. `shop`: the seller's name, for the buyer's copy."""
    if not made:
        return
    sql.attempts_made(organisation_id=organisation_id, made=[one[:3] for one in made], at=at)
    rows = {task: known[task] for task, *_ in made if task in known}
    missing = [task for task, *_ in made if task not in known]
    contacts = {row[0]: row[1:] for row in sql.contacts_of_tasks(organisation_id=organisation_id, tasks=missing)}
    calls, copies = [], []
    for task, _fd, _id, document in made:
        row = rows.get(task)
        if row is not None:
            receipt_id, callback_url, email, phone, language = row[1], row[6], row[7], row[8], row[9]
        elif task in contacts:
            receipt_id, callback_url, email, phone, language = contacts[task]
        else:
            continue  # made by somebody else's task: doctor shows it
        if callback_url:
            calls.append(receipt_id)
        if email or phone:
            copies.append(
                CopyWanted(receipt_id, email or "", phone or "", language or "ru", document.total, document.local_time)
            )
    callbacks_enqueue(organisation_id=organisation_id, receipt_ids=calls, event="fiscalised", at=at)
    copies_enqueue(organisation_id=organisation_id, shop=shop, wanted=copies, at=at)


def _counters_follow(turn: Turn, documents: Sequence[Document]) -> None:
    lease = turn.lease
    lease.last_fd = documents[-1].fd
    lease.shift = documents[-1].shift
    for document in documents:
        if document.form == SHIFT_OPENED:
            lease.shift_open = True
            lease.shift_opened_at = dt.datetime.fromtimestamp(document.utc_time, dt.UTC)
        elif document.form in (SHIFT_CLOSED, STORAGE_CLOSED):
            lease.shift_open, lease.shift_opened_at = False, None
    if any(document.form not in RECEIPT_FORMS for document in documents):
        status_save(turn)


def status_save(turn: Turn) -> dt.datetime | None:
    """Asks the device how it is, and keeps the answer. Returns since when the operator lacks a document."""
    status = turn.status()
    at = now()
    lease = turn.lease
    offset = turn.register.utc_offset * 60
    lease.shift, lease.shift_open = status.shift, status.shift_open
    lease.shift_opened_at = _utc(status.shift_opened_at, offset) if status.shift_open else None
    undelivered_since = _utc(status.first_undelivered_at, offset)
    registers_sql.status_save(
        **lease.key,
        values={
            "shift": status.shift,
            "shift_open": status.shift_open,
            "shift_opened_at": lease.shift_opened_at,
            "first_undelivered_at": undelivered_since,
            "documents_left": status.documents_left,
            "valid_until": _utc(status.valid_until),
            "phase": status.phase,
            "warnings": status.warnings,
            "clock_difference": round(status.clock - at.timestamp()),
            "at": at,
        },
    )
    return undelivered_since


def _utc(seconds: int | None, offset: int = 0) -> dt.datetime | None:
    """A moment from seconds of a place that is `offset` seconds ahead of UTC."""
    return None if seconds is None else dt.datetime.fromtimestamp(seconds - offset, dt.UTC)
