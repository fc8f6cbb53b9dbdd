"""Statements on registers: leases, our copy of documents. Each takes `organisation_id`."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from openkassa.core.db import run
from openkassa.core.ids import uuid7
from openkassa.fiscal.driver import Document

# From the claim on the register is due at once: a holder that dies is followed when its lease is over, though nothing
# else asks for the register. A command that comes during the turn sets another moment, which the release leaves.
CLAIM = """
UPDATE kassa_registers_registerstatus AS s
SET holder = %(holder)s::text, fence = s.fence + 1, lease_until = %(until)s, clean = false, due_at = %(at)s
FROM (
    SELECT register_id, clean FROM kassa_registers_registerstatus
    WHERE organisation_id = %(organisation_id)s AND register_id = %(register_id)s
        AND (lease_until IS NULL OR lease_until <= %(at)s OR holder = ANY(%(dead)s))
        AND (retry_at IS NULL OR retry_at <= %(at)s OR %(in_pause)s)
    FOR UPDATE SKIP LOCKED
) AS before
WHERE s.register_id = before.register_id AND s.organisation_id = %(organisation_id)s
RETURNING s.fence, before.clean, s.pool_id, s.last_fd, s.shift, s.shift_open, s.shift_opened_at, s.acknowledged_fd,
    s.failures, EXISTS (SELECT 1 FROM kassa_registers_registercommand c
        WHERE c.organisation_id = %(organisation_id)s AND c.register_id = %(register_id)s
            AND c.state IN ('waiting', 'sent')),
    (SELECT k.fn || ' ' || k.state FROM kassa_registers_cashregister k
        WHERE k.organisation_id = %(organisation_id)s AND k.id = %(register_id)s)
"""

RENEW = """
UPDATE kassa_registers_registerstatus SET lease_until = %(until)s
WHERE organisation_id = %(organisation_id)s AND register_id = %(register_id)s AND fence = %(fence)s
RETURNING 1
"""

RAISE_FENCE = """
UPDATE kassa_registers_registerstatus SET fence = %(above)s + 1
WHERE organisation_id = %(organisation_id)s AND register_id = %(register_id)s AND fence = %(fence)s
RETURNING fence
"""

RELEASE = """
UPDATE kassa_registers_registerstatus
SET holder = '', lease_until = NULL, clean = %(clean)s, retry_at = NULL, failures = 0,
    due_at = CASE WHEN due_at = %(claimed_at)s THEN %(due_at)s ELSE due_at END,
    problem = '', problem_text = '', problem_since = NULL, seen_at = %(at)s
WHERE organisation_id = %(organisation_id)s AND register_id = %(register_id)s AND fence = %(fence)s
RETURNING 1
"""

RELEASE_IN_TROUBLE = """
UPDATE kassa_registers_registerstatus
SET holder = '', lease_until = NULL, clean = false, failures = failures + 1, retry_at = %(retry_at)s,
    due_at = %(retry_at)s, problem = %(problem)s::text, problem_text = %(text)s::text,
    problem_since = CASE WHEN problem = %(problem)s::text THEN problem_since ELSE %(at)s END
WHERE organisation_id = %(organisation_id)s AND register_id = %(register_id)s AND fence = %(fence)s
RETURNING 1
"""

SAVE_STATUS = """
UPDATE kassa_registers_registerstatus
SET shift = %(shift)s, shift_open = %(shift_open)s, shift_opened_at = %(shift_opened_at)s,
    first_undelivered_at = %(first_undelivered_at)s, fn_documents_left = %(documents_left)s,
    fn_valid_until = %(valid_until)s, fn_phase = %(phase)s, fn_warnings = %(warnings)s,
    clock_difference = %(clock_difference)s, seen_at = %(at)s
WHERE organisation_id = %(organisation_id)s AND register_id = %(register_id)s AND fence = %(fence)s
"""

BREAK_FENCE = """
UPDATE kassa_registers_registerstatus
SET fence = fence + 1, holder = '', lease_until = NULL, clean = false, retry_at = NULL, due_at = %(at)s
WHERE organisation_id = %(organisation_id)s AND register_id = %(register_id)s
RETURNING 1
"""

FOLLOW_DOCUMENTS = """
WITH journal AS (
    SELECT * FROM unnest(%(fds)s::bigint[], %(signs)s::bigint[], %(tasks)s::uuid[], %(containers)s::bytea[])
        AS t (fd, sign, task, container)
), ours AS (
    SELECT d.id, j.container FROM journal j JOIN kassa_registers_fiscaldocument d
        ON d.organisation_id = %(organisation_id)s AND d.fn = %(fn)s::text AND d.fd = j.fd AND d.fiscal_sign = j.sign
        AND d.task_id = j.task
), followed AS (
    UPDATE kassa_registers_registerstatus SET last_fd = %(last_fd)s
    WHERE organisation_id = %(organisation_id)s AND register_id = %(register_id)s AND fence = %(fence)s
        AND last_fd = %(first_fd)s - 1 AND (SELECT count(*) FROM ours) = %(count)s
    RETURNING 1
), containers AS (
    INSERT INTO kassa_registers_documentcontainer (document_id, organisation_id, container)
    SELECT id, %(organisation_id)s, container FROM ours WHERE EXISTS (SELECT 1 FROM followed)
    ON CONFLICT (document_id) DO NOTHING
)
SELECT 1 FROM followed
"""

RESET_STORAGE = """
UPDATE kassa_registers_registerstatus
SET last_fd = 0, acknowledged_fd = 0, shift = 0, shift_open = false, shift_opened_at = NULL,
    first_undelivered_at = NULL, fn_documents_left = NULL, fn_valid_until = NULL, fn_phase = 1, fn_warnings = 0
WHERE organisation_id = %(organisation_id)s AND register_id = %(register_id)s AND fence = %(fence)s
    AND acknowledged_fd = last_fd
RETURNING 1
"""

RECORD_DOCUMENTS = """
WITH held AS (
    SELECT 1 FROM kassa_registers_registerstatus
    WHERE organisation_id = %(organisation_id)s AND register_id = %(register_id)s AND fence = %(fence)s
        AND last_fd = %(first_fd)s - 1
    FOR UPDATE
), made AS (
    SELECT * FROM unnest(%(ids)s::uuid[], %(tasks)s::uuid[], %(fds)s::bigint[], %(forms)s::smallint[],
        %(shifts)s::int[], %(numbers)s::int[], %(operations)s::smallint[], %(totals)s::bigint[], %(signs)s::bigint[],
        %(locals)s::bigint[], %(made)s::timestamptz[], %(containers)s::bytea[])
        AS t (id, task_id, fd, form, shift, number, operation, total, fiscal_sign, local_time, made_at, container)
    WHERE EXISTS (SELECT 1 FROM held)
), documents AS (
    INSERT INTO kassa_registers_fiscaldocument (id, organisation_id, register_id, fn, fd, form, shift, number,
        operation, total, fiscal_sign, local_time, utc_offset, made_at, task_id)
    SELECT id, %(organisation_id)s, %(register_id)s, %(fn)s::text, fd, form, shift, number, operation, total,
        fiscal_sign, local_time, %(utc_offset)s, made_at, task_id
    FROM made
), containers AS (
    INSERT INTO kassa_registers_documentcontainer (document_id, organisation_id, container)
    SELECT id, %(organisation_id)s, container FROM made
)
UPDATE kassa_registers_registerstatus SET last_fd = %(last_fd)s, lease_until = %(until)s
WHERE organisation_id = %(organisation_id)s AND register_id = %(register_id)s AND EXISTS (SELECT 1 FROM held)
RETURNING 1
"""


def lease_claim(
    *,
    organisation_id: uuid.UUID,
    register_id: uuid.UUID,
    holder: str,
    dead: Sequence[str],
    in_pause: bool,
    at: dt.datetime,
    until: dt.datetime,
) -> tuple | None:
    rows = run(CLAIM, locals())
    return rows[0] if rows else None


def lease_renew(*, organisation_id: uuid.UUID, register_id: uuid.UUID, fence: int, until: dt.datetime) -> bool:
    return bool(run(RENEW, locals()))


def fence_raise(*, organisation_id: uuid.UUID, register_id: uuid.UUID, fence: int, above: int) -> int | None:
    rows = run(RAISE_FENCE, locals())
    return rows[0][0] if rows else None


def lease_release(
    *,
    organisation_id: uuid.UUID,
    register_id: uuid.UUID,
    fence: int,
    clean: bool,
    claimed_at: dt.datetime,
    due_at: dt.datetime | None,
    at: dt.datetime,
) -> bool:
    return bool(run(RELEASE, locals()))


def lease_release_in_trouble(
    *,
    organisation_id: uuid.UUID,
    register_id: uuid.UUID,
    fence: int,
    retry_at: dt.datetime,
    problem: str,
    text: str,
    at: dt.datetime,
) -> bool:
    return bool(run(RELEASE_IN_TROUBLE, locals()))


def fence_break(*, organisation_id: uuid.UUID, register_id: uuid.UUID, at: dt.datetime) -> bool:
    """Takes a register from whoever holds it: what they write after this changes nothing. It is due at once."""
    return bool(run(BREAK_FENCE, locals()))


def documents_follow(
    *,
    organisation_id: uuid.UUID,
    register_id: uuid.UUID,
    fn: str,
    fence: int,
    documents: Sequence[Document],
) -> bool:
    """Takes from the journal what our copy lacks of documents that a person has entered: their bytes.

    False, with nothing stored, when the lease is lost, the first number is not the next one, or a document is not the
    one that was entered.
    """
    return bool(
        run(
            FOLLOW_DOCUMENTS,
            {
                "organisation_id": organisation_id,
                "register_id": register_id,
                "fn": fn,
                "fence": fence,
                "first_fd": documents[0].fd,
                "last_fd": documents[-1].fd,
                "count": len(documents),
                "fds": [document.fd for document in documents],
                "signs": [document.fiscal_sign for document in documents],
                "tasks": [uuid.UUID(document.task_id) if document.task_id else None for document in documents],
                "containers": [document.container for document in documents],
            },
        )
    )


def storage_reset(*, organisation_id: uuid.UUID, register_id: uuid.UUID, fence: int) -> bool:
    """Counters of an empty storage. False, and nothing changed, when documents of the old one are not delivered yet,
    or the lease is lost."""
    return bool(run(RESET_STORAGE, locals()))


def status_save(*, organisation_id: uuid.UUID, register_id: uuid.UUID, fence: int, values: dict[str, Any]) -> None:
    run(
        SAVE_STATUS,
        {"organisation_id": organisation_id, "register_id": register_id, "fence": fence, **values},
    )


def documents_record(
    *,
    organisation_id: uuid.UUID,
    register_id: uuid.UUID,
    fn: str,
    fence: int,
    utc_offset: int,
    documents: Sequence[Document],
    until: dt.datetime,
) -> list[uuid.UUID] | None:
    """Stores our copy of documents that a register made, in order and without gaps.

    Returns their ids; None, with nothing stored, when the lease is lost or the first number is not the next one.
    """
    ids = [uuid7() for _ in documents]
    rows = run(
        RECORD_DOCUMENTS,
        {
            "organisation_id": organisation_id,
            "register_id": register_id,
            "fn": fn,
            "fence": fence,
            "utc_offset": utc_offset,
            "until": until,
            "first_fd": documents[0].fd,
            "last_fd": documents[-1].fd,
            "ids": ids,
            "tasks": [uuid.UUID(document.task_id) if document.task_id else None for document in documents],
            "fds": [document.fd for document in documents],
            "forms": [document.form for document in documents],
            "shifts": [document.shift for document in documents],
            "numbers": [document.number for document in documents],
            "operations": [document.operation for document in documents],
            "totals": [document.total for document in documents],
            "signs": [document.fiscal_sign for document in documents],
            "locals": [document.local_time for document in documents],
            "made": [dt.datetime.fromtimestamp(document.utc_time, dt.UTC) for document in documents],
            "containers": [document.container for document in documents],
        },
    )
    return ids if rows else None
