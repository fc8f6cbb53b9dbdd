"""Waiting receipts go to the device in batches; each has an attempt before the first byte is sent."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from openkassa.core import crash
from openkassa.core.clock import now
from openkassa.core.db import atomic
from openkassa.core.ids import uuid7
from openkassa.fiscal.driver import CloseShift, Document, MakeReceipt, OpenShift, Refused
from openkassa.fiscal.fn.errors import ErrorCode
from openkassa.kassa.fiscalisation import reasons, sql
from openkassa.kassa.fiscalisation.context import RegisterTrouble, Turn
from openkassa.kassa.fiscalisation.documents import documents_store, report_make
from openkassa.kassa.fiscalisation.marks import marks_to_check
from openkassa.kassa.receipts.callbacks import callbacks_enqueue
from openkassa.kassa.receipts.sql import prepayments_release
from openkassa.kassa.registers.drivers.base import AnswerLost, DeviceRefused, DeviceUnreachable
from openkassa.kassa.registers.selectors import pool_is_automatic

# Refusals that speak of the receipt; all others speak of the register, and the receipt waits.
RECEIPT_FAULTS = {
    ErrorCode.WRONG_PARAMETERS,
    ErrorCode.NOT_ALLOWED_IN_FFD,
    ErrorCode.TAG_NOT_ALLOWED,
    ErrorCode.TOO_MANY_ITEMS,
    ErrorCode.TLV_TOO_LONG,
}
# Refusals that may speak of either. A receipt that meets one SUSPICIONS times in a row is taken for the cause: left
# waiting it would stop every register of its pool in turn.
SUSPICIOUS = {
    ErrorCode.REPEATED_DATA,
    ErrorCode.NO_ACCOUNTING_DATA,
    ErrorCode.WRONG_KKT_DATA,
    ErrorCode.WRONG_REGISTRATION_DATA,
    ErrorCode.MARKING_FORBIDDEN,
    ErrorCode.MARKING_SEQUENCE,
    ErrorCode.MARKING_DATA_MISSING,
    ErrorCode.MARKING_CODE_NOT_CHECKED,
}
SUSPICIONS = 3
SHIFT_CLOSED = "shift_closed"
JOURNAL_DAMAGED = "journal_damaged"  # found while a batch is made, it leaves open what was made before


def receipts_send(turn: Turn) -> int:
    """Opens the shift if need be and gives one batch to the device; returns how many documents were made.

    Where shifts are opened by hand, what comes to a closed one waits: trouble, since somebody has to do something.
    """
    lease = turn.lease
    if not lease.shift_open:
        if not sql.pool_has_waiting(organisation_id=lease.organisation_id, pool_id=lease.pool_id):
            return 0
        if not pool_is_automatic(lease.organisation_id, lease.pool_id):
            raise RegisterTrouble(SHIFT_CLOSED, "Смена закрыта, а открывают её вручную: откройте смену. Чеки ждут.")
        report_make(turn, OpenShift(id=uuid7().hex))
    limit = turn.batch_size()
    rows = sql.attempts_open(
        organisation_id=lease.organisation_id,
        register_id=lease.register_id,
        pool_id=lease.pool_id,
        fn=turn.register.fn,
        fence=lease.fence,
        next_fd=lease.last_fd + 1,
        limit=limit,
        at=now(),
    )
    if not rows:
        return 0
    crash.point("attempt_committed")
    attempts = [row[0] for row in rows]
    tasks = [
        MakeReceipt(
            id=row[0].hex,
            form=row[2],
            operation=row[3],
            total=row[4],
            content=bytes(row[5]),
            marks=marks_to_check(row[10]) if row[10] else [],
        )
        for row in rows
    ]
    results = _execute(turn, tasks, attempts)
    crash.point("device_answered")
    documents = [result for result in results if isinstance(result, Document)]
    documents_store(turn, documents, {row[0]: row for row in rows})
    if documents:
        lease.failures = 0
    refusals = [result for result in results if isinstance(result, Refused)]
    untouched = attempts[len(documents) + len(refusals) :]
    for refusal in refusals:
        _refusal(turn, refusal, attempts[len(documents)], untouched)
    if untouched:
        sql.attempts_return(
            organisation_id=lease.organisation_id,
            attempt_ids=untouched,
            reason=reasons.BATCH_ENDED,
            at=now(),
        )
    return len(documents)


def _execute(turn: Turn, tasks: list[MakeReceipt], attempts: Sequence[uuid.UUID]) -> list[Document | Refused]:
    """Sends tasks to the device. A lost answer puts the attempts in doubt; one that was never sent gives them back."""
    lease = turn.lease
    try:
        results = turn.driver.execute(tasks, expected_fd=lease.last_fd + 1, fence=lease.fence)
        _check_answer(tasks, results, lease.last_fd + 1)
    except AnswerLost:
        _doubt(turn, attempts, reasons.ANSWER_LOST)
        raise
    except (DeviceUnreachable, DeviceRefused) as error:
        if isinstance(error, DeviceRefused) and error.code == JOURNAL_DAMAGED:
            _doubt(turn, attempts, error.text[:200])
            raise
        sql.attempts_return(
            organisation_id=lease.organisation_id, attempt_ids=attempts, reason=str(error)[:200], at=now()
        )
        raise
    return results


def _check_answer(tasks: list[MakeReceipt], results: list[Document | Refused], first_fd: int) -> None:
    """Raises `AnswerLost` unless the results are those of the first tasks, under the numbers that come next."""
    documents = [result for result in results if isinstance(result, Document)]
    if [result.task_id for result in results] != [task.id for task in tasks[: len(results)]]:
        raise AnswerLost("устройство ответило не о тех заданиях, которые получило")
    if [document.fd for document in documents] != list(range(first_fd, first_fd + len(documents))):
        raise AnswerLost(f"номера документов в ответе устройства не идут подряд от {first_fd}")


def _doubt(turn: Turn, attempts: Sequence[uuid.UUID], reason: str) -> None:
    sql.attempts_doubt(organisation_id=turn.organisation_id, attempt_ids=attempts, reason=reason, at=now())


def _is_the_cause(turn: Turn, refusal: Refused, attempt_id: uuid.UUID) -> bool:
    """Whether the receipt, not the register, is at fault for a refusal that may speak of either."""
    if refusal.code not in SUSPICIOUS:
        return False
    earlier = sql.attempts_voided(
        organisation_id=turn.organisation_id, attempt_id=attempt_id, reason=refusal.text[:200]
    )
    return earlier + 1 >= SUSPICIONS


def _refusal(turn: Turn, refusal: Refused, attempt_id: uuid.UUID, untouched: Sequence[uuid.UUID]) -> None:
    """A refusal that speaks of the receipt ends it; one that speaks of the register stops the register."""
    organisation_id = turn.lease.organisation_id
    if refusal.code in RECEIPT_FAULTS or _is_the_cause(turn, refusal, attempt_id):
        with atomic():
            receipts = sql.attempt_refused(
                organisation_id=organisation_id,
                attempt_id=attempt_id,
                code=f"fn_{refusal.code:02x}",
                text=refusal.text[:200],
                at=now(),
            )
            prepayments_release(organisation_id=organisation_id, receipt_ids=receipts)
            callbacks_enqueue(organisation_id=organisation_id, receipt_ids=receipts, event="refused", at=now())
        return
    sql.attempts_return(
        organisation_id=organisation_id, attempt_ids=[attempt_id, *untouched], reason=refusal.text[:200], at=now()
    )
    if refusal.code == ErrorCode.SHIFT_TOO_LONG:
        report_make(turn, CloseShift(id=uuid7().hex))
        return
    raise RegisterTrouble(f"fn_{refusal.code:02x}", refusal.text)
