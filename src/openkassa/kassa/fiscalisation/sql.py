"""Statements by which receipts go to registers and come back as documents. Each takes `organisation_id`.

Where a row is found by its id, the organisation is compared with IS NOT DISTINCT FROM, which no index answers: a plan
that was prepared while tables were small, and is kept, would else look through all rows of the organisation.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

from openkassa.core.db import run
from openkassa.core.ids import uuid7
from openkassa.fiscal.driver import Acknowledgement

MOST_COUNTED = 500  # waiting receipts of a pool that are counted to find how many registers it needs

OPEN_ATTEMPTS = """
WITH held AS (
    SELECT 1 FROM kassa_registers_registerstatus
    WHERE organisation_id = %(organisation_id)s AND register_id = %(register_id)s AND fence = %(fence)s
    FOR UPDATE
), picked AS (
    SELECT receipt_id FROM kassa_receipts_receiptstate
    WHERE organisation_id = %(organisation_id)s AND pool_id = %(pool_id)s AND state = 'accepted'
        AND EXISTS (SELECT 1 FROM held)
    ORDER BY receipt_id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
), moved AS (
    UPDATE kassa_receipts_receiptstate s
    SET state = 'assigned', register_id = %(register_id)s, changed_at = %(at)s
    FROM picked WHERE s.receipt_id = picked.receipt_id AND s.organisation_id IS NOT DISTINCT FROM %(organisation_id)s
    RETURNING s.receipt_id
), numbered AS (
    SELECT receipt_id, row_number() OVER (ORDER BY receipt_id) AS place FROM moved
), given AS (
    SELECT receipt_id, place, (%(attempt_ids)s::uuid[])[place] AS attempt_id, (%(event_ids)s::uuid[])[place] AS event_id
    FROM numbered
), attempts AS (
    INSERT INTO kassa_fiscalisation_attempt (id, organisation_id, receipt_id, register_id, fn, fence, expected_fd,
        content_digest, state, opened_at, reason)
    SELECT g.attempt_id, %(organisation_id)s, g.receipt_id, %(register_id)s, %(fn)s::text, %(fence)s,
        %(next_fd)s + g.place - 1, sha256(c.content), 'open', %(at)s, ''
    FROM given g JOIN kassa_receipts_receiptcontent c
        ON c.receipt_id = g.receipt_id AND c.organisation_id IS NOT DISTINCT FROM %(organisation_id)s
), events AS (
    INSERT INTO kassa_receipts_receiptevent (id, organisation_id, receipt_id, state, at, data)
    SELECT event_id, %(organisation_id)s, receipt_id, 'assigned', %(at)s,
        jsonb_build_object('register', %(register_id)s::text, 'attempt', attempt_id::text)
    FROM given
)
SELECT g.attempt_id, g.receipt_id, r.form, r.operation, r.total, c.content, r.callback_url, k.email, k.phone,
    k.language, CASE WHEN r.marks > 0 THEN c.draft END
FROM given g
JOIN kassa_receipts_receipt r ON r.id = g.receipt_id AND r.organisation_id IS NOT DISTINCT FROM %(organisation_id)s
JOIN kassa_receipts_receiptcontent c ON c.receipt_id = g.receipt_id
    AND c.organisation_id IS NOT DISTINCT FROM %(organisation_id)s
LEFT JOIN kassa_receipts_receiptcontact k ON k.receipt_id = g.receipt_id
    AND k.organisation_id IS NOT DISTINCT FROM %(organisation_id)s
ORDER BY g.place
"""

MADE = """
WITH made AS (
    SELECT * FROM unnest(%(attempt_ids)s::uuid[], %(fds)s::bigint[], %(document_ids)s::uuid[], %(event_ids)s::uuid[])
        AS t (attempt_id, fd, document_id, event_id)
), attempts AS (
    UPDATE kassa_fiscalisation_attempt a SET state = 'made', fd = m.fd, closed_at = %(at)s
    FROM made m WHERE a.id = m.attempt_id AND a.organisation_id IS NOT DISTINCT FROM %(organisation_id)s
    RETURNING a.receipt_id, a.fn, m.fd, m.document_id, m.event_id
), states AS (
    UPDATE kassa_receipts_receiptstate s
    SET state = 'fiscalised', document_id = a.document_id, fn = a.fn, fd = a.fd, changed_at = %(at)s,
        error_code = NULL, error_text = NULL
    FROM attempts a
    WHERE s.receipt_id = a.receipt_id AND s.organisation_id IS NOT DISTINCT FROM %(organisation_id)s
), events AS (
    INSERT INTO kassa_receipts_receiptevent (id, organisation_id, receipt_id, state, at, data)
    SELECT event_id, %(organisation_id)s, receipt_id, 'fiscalised', %(at)s, jsonb_build_object('fn', fn, 'fd', fd)
    FROM attempts
)
SELECT receipt_id FROM attempts
"""

BACK = """
WITH returned AS (
    SELECT * FROM unnest(%(attempt_ids)s::uuid[], %(event_ids)s::uuid[]) AS t (attempt_id, event_id)
), attempts AS (
    UPDATE kassa_fiscalisation_attempt a SET state = 'void', closed_at = %(at)s, reason = %(reason)s::text
    FROM returned r WHERE a.id = r.attempt_id AND a.organisation_id IS NOT DISTINCT FROM %(organisation_id)s
        AND a.state IN ('open', 'doubt')
    RETURNING a.receipt_id, r.event_id
), states AS (
    UPDATE kassa_receipts_receiptstate s
    SET state = 'accepted', register_id = NULL, changed_at = %(at)s, error_code = NULL, error_text = NULL
    FROM attempts a WHERE s.receipt_id = a.receipt_id AND s.organisation_id IS NOT DISTINCT FROM %(organisation_id)s
)
INSERT INTO kassa_receipts_receiptevent (id, organisation_id, receipt_id, state, at, data)
SELECT event_id, %(organisation_id)s, receipt_id, 'accepted', %(at)s, jsonb_build_object('reason', %(reason)s::text)
FROM attempts
"""

DOUBT = """
WITH doubted AS (
    SELECT * FROM unnest(%(attempt_ids)s::uuid[], %(event_ids)s::uuid[]) AS t (attempt_id, event_id)
), attempts AS (
    UPDATE kassa_fiscalisation_attempt a SET state = 'doubt', reason = %(reason)s::text
    FROM doubted d WHERE a.id = d.attempt_id
        AND a.organisation_id IS NOT DISTINCT FROM %(organisation_id)s AND a.state = 'open'
    RETURNING a.receipt_id, d.event_id
), states AS (
    UPDATE kassa_receipts_receiptstate s
    SET state = 'in_doubt', changed_at = %(at)s, error_code = 'in_doubt', error_text = %(reason)s::text
    FROM attempts a
    WHERE s.receipt_id = a.receipt_id
        AND s.organisation_id IS NOT DISTINCT FROM %(organisation_id)s AND s.state = 'assigned'
)
INSERT INTO kassa_receipts_receiptevent (id, organisation_id, receipt_id, state, at, data)
SELECT event_id, %(organisation_id)s, receipt_id, 'in_doubt', %(at)s, jsonb_build_object('reason', %(reason)s::text)
FROM attempts
"""

REFUSED = """
WITH attempt AS (
    UPDATE kassa_fiscalisation_attempt SET state = 'void', closed_at = %(at)s, reason = %(text)s::text
    WHERE id = %(attempt_id)s AND organisation_id = %(organisation_id)s AND state IN ('open', 'doubt')
    RETURNING receipt_id
), state AS (
    UPDATE kassa_receipts_receiptstate s
    SET state = 'refused', error_code = %(code)s::text, error_text = %(text)s::text, changed_at = %(at)s
    FROM attempt WHERE s.receipt_id = attempt.receipt_id AND s.organisation_id IS NOT DISTINCT FROM %(organisation_id)s
)
INSERT INTO kassa_receipts_receiptevent (id, organisation_id, receipt_id, state, at, data)
SELECT %(event_id)s, %(organisation_id)s, receipt_id, 'refused', %(at)s,
    jsonb_build_object('code', %(code)s::text, 'text', %(text)s::text)
FROM attempt
RETURNING receipt_id
"""

VOIDED = """
SELECT count(*) FROM kassa_fiscalisation_attempt a
JOIN kassa_fiscalisation_attempt b ON b.organisation_id = a.organisation_id AND b.receipt_id = a.receipt_id
WHERE a.organisation_id = %(organisation_id)s AND a.id = %(attempt_id)s
    AND b.state = 'void' AND b.reason = %(reason)s::text
"""

UNRESOLVED = """
SELECT id, receipt_id, state FROM kassa_fiscalisation_attempt
WHERE organisation_id = %(organisation_id)s AND register_id = %(register_id)s AND state IN ('open', 'doubt')
ORDER BY id
"""

CONTACTS = """
SELECT a.id, r.id, r.callback_url, k.email, k.phone, k.language
FROM kassa_fiscalisation_attempt a
JOIN kassa_receipts_receipt r ON r.id = a.receipt_id AND r.organisation_id = a.organisation_id
LEFT JOIN kassa_receipts_receiptcontact k ON k.receipt_id = r.id AND k.organisation_id = r.organisation_id
WHERE a.organisation_id = %(organisation_id)s AND a.id = ANY(%(tasks)s::uuid[])
"""

HAS_WAITING = """
SELECT EXISTS (SELECT 1 FROM kassa_receipts_receiptstate
    WHERE organisation_id = %(organisation_id)s AND pool_id = %(pool_id)s AND state = 'accepted')
"""

CONFIRMED = """
WITH answered AS (
    SELECT * FROM unnest(%(tasks)s::uuid[], %(codes)s::smallint[], %(event_ids)s::uuid[]) AS t (task_id, code, event_id)
), receipts AS (
    SELECT a.receipt_id, w.code, w.event_id FROM answered w
    JOIN kassa_fiscalisation_attempt a ON a.id = w.task_id
        AND a.organisation_id IS NOT DISTINCT FROM %(organisation_id)s
), states AS (
    UPDATE kassa_receipts_receiptstate s
    SET state = 'confirmed', acknowledgement = r.code, changed_at = %(at)s
    FROM receipts r
    WHERE s.receipt_id = r.receipt_id
        AND s.organisation_id IS NOT DISTINCT FROM %(organisation_id)s AND s.state = 'fiscalised'
    RETURNING s.receipt_id, r.code, r.event_id
)
INSERT INTO kassa_receipts_receiptevent (id, organisation_id, receipt_id, state, at, data)
SELECT event_id, %(organisation_id)s, receipt_id, 'confirmed', %(at)s, jsonb_build_object('code', code) FROM states
RETURNING receipt_id
"""

ACKNOWLEDGED = """
WITH answered AS (
    SELECT d.id, d.task_id, a.code, a.at, a.container, a.event_id
    FROM unnest(%(fds)s::bigint[], %(codes)s::smallint[], %(ats)s::timestamptz[], %(containers)s::bytea[],
        %(event_ids)s::uuid[]) AS a (fd, code, at, container, event_id)
    CROSS JOIN LATERAL (SELECT id, task_id FROM kassa_registers_fiscaldocument
        WHERE organisation_id = %(organisation_id)s AND fn = %(fn)s::text AND fd = a.fd OFFSET 0) d
), stored AS (
    INSERT INTO kassa_registers_acknowledgement (document_id, organisation_id, code, acknowledged_at, container)
    SELECT id, %(organisation_id)s, code, at, container FROM answered
    ON CONFLICT (document_id) DO NOTHING
), advanced AS (
    UPDATE kassa_registers_registerstatus SET acknowledged_fd = greatest(acknowledged_fd, %(last_fd)s)
    WHERE organisation_id = %(organisation_id)s AND register_id = %(register_id)s AND fence = %(fence)s
), receipts AS (
    SELECT a.receipt_id, w.code, w.event_id FROM answered w
    JOIN kassa_fiscalisation_attempt a ON a.id = w.task_id
        AND a.organisation_id IS NOT DISTINCT FROM %(organisation_id)s
), states AS (
    UPDATE kassa_receipts_receiptstate s
    SET state = 'confirmed', acknowledgement = r.code, changed_at = %(now)s
    FROM receipts r
    WHERE s.receipt_id = r.receipt_id AND s.organisation_id IS NOT DISTINCT FROM %(organisation_id)s
        AND s.state = 'fiscalised'
    RETURNING s.receipt_id, r.code, r.event_id
), events AS (
    INSERT INTO kassa_receipts_receiptevent (id, organisation_id, receipt_id, state, at, data)
    SELECT event_id, %(organisation_id)s, receipt_id, 'confirmed', %(now)s, jsonb_build_object('code', code)
    FROM states
)
SELECT code FROM answered
"""

WORK = """
WITH RECURSIVE waiting AS (
    (SELECT organisation_id, pool_id FROM kassa_receipts_receiptstate WHERE state = 'accepted'
     ORDER BY organisation_id, pool_id LIMIT 1)
    UNION ALL
    SELECT n.organisation_id, n.pool_id FROM waiting w CROSS JOIN LATERAL (
        SELECT organisation_id, pool_id FROM kassa_receipts_receiptstate
        WHERE state = 'accepted' AND (organisation_id, pool_id) > (w.organisation_id, w.pool_id)
        ORDER BY organisation_id, pool_id LIMIT 1) n
), counted AS MATERIALIZED (
    SELECT w.organisation_id, w.pool_id, (SELECT count(*) FROM (
        SELECT 1 FROM kassa_receipts_receiptstate r
        WHERE r.organisation_id = w.organisation_id AND r.pool_id = w.pool_id AND r.state = 'accepted'
        LIMIT %(most)s) seen) AS count
    FROM waiting w
)
SELECT s.organisation_id, s.register_id, s.pool_id, c.count FROM counted c
JOIN kassa_registers_registerstatus s ON s.organisation_id = c.organisation_id AND s.pool_id = c.pool_id
JOIN kassa_registers_cashregister k ON k.id = s.register_id AND k.organisation_id IS NOT DISTINCT FROM s.organisation_id
WHERE k.state = 'working' AND (s.retry_at IS NULL OR s.retry_at <= %(at)s)
    AND (s.lease_until IS NULL OR s.lease_until <= %(at)s OR s.holder = ANY(%(dead)s))
UNION ALL
SELECT s.organisation_id, s.register_id, s.pool_id, NULL FROM kassa_registers_registerstatus s
WHERE s.due_at <= %(at)s AND (s.retry_at IS NULL OR s.retry_at <= %(at)s)
    AND (s.lease_until IS NULL OR s.lease_until <= %(at)s OR s.holder = ANY(%(dead)s))
"""


def registers_with_work(
    *, at: dt.datetime, dead: Sequence[str]
) -> list[tuple[uuid.UUID, uuid.UUID, uuid.UUID, int | None]]:
    """(organisation, register, pool, waiting) that a worker may look at: discovery, across organisations, read-only.

    `waiting` is how many receipts wait in the pool, at most `MOST_COUNTED`; None for a register that is due
    whatever waits.
    """
    return run(WORK, {"at": at, "dead": list(dead), "most": MOST_COUNTED})


def attempts_open(
    *,
    organisation_id: uuid.UUID,
    register_id: uuid.UUID,
    pool_id: uuid.UUID,
    fn: str,
    fence: int,
    next_fd: int,
    limit: int,
    at: dt.datetime,
) -> list[tuple]:
    """Gives up to `limit` waiting receipts to a register, in order, and commits an attempt for each.

    Rows: (attempt, receipt, form, operation, total, content, callback address, e-mail, phone, language,
    draft of one with marking codes).
    """
    ids = {"attempt_ids": [uuid7() for _ in range(limit)], "event_ids": [uuid7() for _ in range(limit)]}
    return run(OPEN_ATTEMPTS, {**locals(), **ids})


def attempts_made(
    *,
    organisation_id: uuid.UUID,
    made: Sequence[tuple[uuid.UUID, int, uuid.UUID]],
    at: dt.datetime,
) -> list[uuid.UUID]:
    """`made`: (attempt, document number, document id). Returns the receipts that became fiscalised."""
    rows = run(
        MADE,
        {
            "organisation_id": organisation_id,
            "at": at,
            "attempt_ids": [one[0] for one in made],
            "fds": [one[1] for one in made],
            "document_ids": [one[2] for one in made],
            "event_ids": [uuid7() for _ in made],
        },
    )
    return [row[0] for row in rows]


def attempts_return(
    *, organisation_id: uuid.UUID, attempt_ids: Sequence[uuid.UUID], reason: str, at: dt.datetime
) -> None:
    """Attempts that certainly made no document: void, and their receipts wait again."""
    if attempt_ids:
        run(BACK, {**locals(), "attempt_ids": list(attempt_ids), "event_ids": [uuid7() for _ in attempt_ids]})


def attempts_doubt(
    *, organisation_id: uuid.UUID, attempt_ids: Sequence[uuid.UUID], reason: str, at: dt.datetime
) -> None:
    """Attempts of which nobody knows yet whether they made a document."""
    if attempt_ids:
        run(DOUBT, {**locals(), "attempt_ids": list(attempt_ids), "event_ids": [uuid7() for _ in attempt_ids]})


def attempt_refused(
    *, organisation_id: uuid.UUID, attempt_id: uuid.UUID, code: str, text: str, at: dt.datetime
) -> list[uuid.UUID]:
    """Ends an attempt and its receipt; nothing when the attempt is resolved already, as after a lost lease."""
    return [row[0] for row in run(REFUSED, {**locals(), "event_id": uuid7()})]


def attempts_voided(*, organisation_id: uuid.UUID, attempt_id: uuid.UUID, reason: str) -> int:
    """How many attempts of the same receipt have ended for this reason."""
    return run(VOIDED, locals())[0][0]


def attempts_unresolved(
    *, organisation_id: uuid.UUID, register_id: uuid.UUID
) -> list[tuple[uuid.UUID, uuid.UUID, str]]:
    return run(UNRESOLVED, locals())


def contacts_of_tasks(*, organisation_id: uuid.UUID, tasks: Sequence[uuid.UUID]) -> list[tuple]:
    """(attempt, receipt, callback address, e-mail, phone, language) of attempts."""
    return run(CONTACTS, {"organisation_id": organisation_id, "tasks": list(tasks)}) if tasks else []


def pool_has_waiting(*, organisation_id: uuid.UUID, pool_id: uuid.UUID) -> bool:
    return run(HAS_WAITING, {"organisation_id": organisation_id, "pool_id": pool_id})[0][0]


def receipts_confirmed(
    *, organisation_id: uuid.UUID, answers: Sequence[tuple[uuid.UUID, int]], at: dt.datetime
) -> list[uuid.UUID]:
    """`answers`: (task, operator's code). Returns the receipts that became confirmed."""
    if not answers:
        return []
    rows = run(
        CONFIRMED,
        {
            "organisation_id": organisation_id,
            "at": at,
            "tasks": [task for task, _ in answers],
            "codes": [code for _, code in answers],
            "event_ids": [uuid7() for _ in answers],
        },
    )
    return [row[0] for row in rows]


def acknowledgements_store(
    *,
    organisation_id: uuid.UUID,
    register_id: uuid.UUID,
    fn: str,
    fence: int,
    acknowledgements: Sequence[Acknowledgement],
    at: dt.datetime,
) -> list[int]:
    """Stores what the operator answered, and confirms the receipts; the codes for the documents that we know.

    Give no answer to a document that is not in our copy yet: the next look begins behind the last one. What is stored
    is a fact, whoever brings it; only the holder moves the number up to which all are stored, since the storage may be
    another one meanwhile.
    """
    rows = run(
        ACKNOWLEDGED,
        {
            "organisation_id": organisation_id,
            "register_id": register_id,
            "fn": fn,
            "fence": fence,
            "now": at,
            "last_fd": acknowledgements[-1].fd,
            "fds": [one.fd for one in acknowledgements],
            "codes": [one.code for one in acknowledgements],
            "ats": [dt.datetime.fromtimestamp(one.at, dt.UTC) for one in acknowledgements],
            "containers": [one.container for one in acknowledgements],
            "event_ids": [uuid7() for _ in acknowledgements],
        },
    )
    return [row[0] for row in rows]
