"""Statements that take documents over whose attempts our database has lost. Each takes `organisation_id`."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

from openkassa.core.db import run
from openkassa.core.ids import uuid7

ADOPTABLE = """
SELECT s.receipt_id, a.id, r.form, r.operation, r.total, c.content
FROM kassa_receipts_receiptstate s
JOIN kassa_receipts_receipt r ON r.id = s.receipt_id AND r.organisation_id = s.organisation_id
JOIN kassa_receipts_receiptcontent c ON c.receipt_id = s.receipt_id AND c.organisation_id = s.organisation_id
LEFT JOIN kassa_fiscalisation_attempt a ON a.receipt_id = s.receipt_id AND a.organisation_id = s.organisation_id
    AND a.state IN ('open', 'doubt')
WHERE s.organisation_id = %(organisation_id)s AND s.pool_id = %(pool_id)s AND r.total = ANY(%(totals)s::bigint[])
    AND (s.state = 'accepted' OR a.id = ANY(%(lost)s::uuid[]))
ORDER BY s.receipt_id FOR UPDATE OF s SKIP LOCKED
"""

ADOPT = """
WITH adopted AS (
    SELECT * FROM unnest(%(attempt_ids)s::uuid[], %(receipt_ids)s::uuid[], %(fds)s::bigint[], %(event_ids)s::uuid[])
        AS t (attempt_id, receipt_id, fd, event_id)
), states AS (
    UPDATE kassa_receipts_receiptstate s
    SET state = 'assigned', register_id = %(register_id)s, changed_at = %(at)s
    FROM adopted a WHERE s.receipt_id = a.receipt_id AND s.organisation_id = %(organisation_id)s
), events AS (
    INSERT INTO kassa_receipts_receiptevent (id, organisation_id, receipt_id, state, at, data)
    SELECT event_id, %(organisation_id)s, receipt_id, 'assigned', %(at)s,
        jsonb_build_object('register', %(register_id)s::text, 'attempt', attempt_id::text, 'adopted', true)
    FROM adopted
)
INSERT INTO kassa_fiscalisation_attempt (id, organisation_id, receipt_id, register_id, fn, fence, expected_fd,
    content_digest, state, opened_at, reason)
SELECT a.attempt_id, %(organisation_id)s, a.receipt_id, %(register_id)s, %(fn)s::text, %(fence)s, a.fd,
    sha256(c.content), 'open', %(at)s, 'документ принят из журнала устройства'
FROM adopted a JOIN kassa_receipts_receiptcontent c
    ON c.receipt_id = a.receipt_id AND c.organisation_id = %(organisation_id)s
"""

KNOWN = """
SELECT id FROM kassa_fiscalisation_attempt
WHERE organisation_id = %(organisation_id)s AND id = ANY(%(attempt_ids)s::uuid[])
"""

ORPHANS = """
SELECT d.id, d.task_id, d.fn, d.fd, d.form, d.shift, d.number, d.local_time, d.made_at, d.fiscal_sign, d.operation,
    d.total, c.container
FROM kassa_registers_fiscaldocument d
JOIN kassa_registers_documentcontainer c ON c.document_id = d.id AND c.organisation_id = d.organisation_id
WHERE d.organisation_id = %(organisation_id)s AND d.register_id = %(register_id)s
    AND d.form = ANY(%(forms)s::smallint[])
    AND NOT EXISTS (SELECT 1 FROM kassa_fiscalisation_attempt a
        WHERE a.id = d.task_id AND a.organisation_id = d.organisation_id)
ORDER BY d.fn, d.fd
"""

ANSWERS = """
SELECT d.task_id, a.code FROM kassa_registers_acknowledgement a
JOIN kassa_registers_fiscaldocument d ON d.id = a.document_id AND d.organisation_id = a.organisation_id
WHERE a.organisation_id = %(organisation_id)s AND a.document_id = ANY(%(document_ids)s::uuid[])
    AND d.task_id IS NOT NULL
"""


def attempts_known(*, organisation_id: uuid.UUID, attempt_ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Those of the ids that are attempts."""
    if not attempt_ids:
        return set()
    return {row[0] for row in run(KNOWN, {"organisation_id": organisation_id, "attempt_ids": list(attempt_ids)})}


def receipts_adoptable(
    *, organisation_id: uuid.UUID, pool_id: uuid.UUID, totals: Sequence[int], lost: Sequence[uuid.UUID]
) -> list[tuple]:
    """Receipts of a pool that wait, or whose attempt is one of `lost`, locked and in order.

    Rows: (receipt, its lost attempt or None, form, operation, total, content).
    """
    return run(
        ADOPTABLE,
        {"organisation_id": organisation_id, "pool_id": pool_id, "totals": list(totals), "lost": list(lost)},
    )


def attempts_adopt(
    *,
    organisation_id: uuid.UUID,
    register_id: uuid.UUID,
    fn: str,
    fence: int,
    matched: Sequence[tuple[uuid.UUID, uuid.UUID, int]],
    at: dt.datetime,
) -> None:
    """Open attempts after the fact. `matched`: (task in the device's journal, waiting receipt, document number)."""
    if matched:
        run(
            ADOPT,
            {
                "organisation_id": organisation_id,
                "register_id": register_id,
                "fn": fn,
                "fence": fence,
                "at": at,
                "attempt_ids": [one[0] for one in matched],
                "receipt_ids": [one[1] for one in matched],
                "fds": [one[2] for one in matched],
                "event_ids": [uuid7() for _ in matched],
            },
        )


def documents_without_attempt(
    *, organisation_id: uuid.UUID, register_id: uuid.UUID, forms: Sequence[int]
) -> list[tuple]:
    """Documents of these forms that no attempt of ours explains, in order; reads all documents of the register.

    Rows: (id, task, fn, fd, form, shift, number, local time, made at, fiscal sign, operation, total, container).
    """
    return run(ORPHANS, {"organisation_id": organisation_id, "register_id": register_id, "forms": list(forms)})


def answers_to_documents(
    *, organisation_id: uuid.UUID, document_ids: Sequence[uuid.UUID]
) -> list[tuple[uuid.UUID, int]]:
    """(task, operator's code) of those of the documents that the operator has answered."""
    return run(ANSWERS, {"organisation_id": organisation_id, "document_ids": list(document_ids)})
