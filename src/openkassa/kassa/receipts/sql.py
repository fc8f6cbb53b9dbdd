"""Statements of the accept path. Each function takes `organisation_id` and touches its rows alone."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from openkassa.core.db import run
from openkassa.core.ids import uuid7

ACCEPT = """
WITH made AS (
    INSERT INTO kassa_receipts_receipt (
        id, organisation_id, channel_id, pool_id, external_key, external_id, body_digest, form, operation, total,
        taxation, lines, marks, refers_to_id, callback_url, warnings, accepted_at)
    VALUES (%(id)s, %(organisation_id)s, %(channel_id)s, %(pool_id)s, %(external_key)s::text, %(external_id)s::text,
        %(body_digest)s, %(form)s, %(operation)s, %(total)s, %(taxation)s, %(lines)s, %(marks)s,
        %(refers_to_id)s, %(callback_url)s::text, %(warnings)s::jsonb, %(at)s)
    ON CONFLICT (organisation_id, channel_id, external_key) DO NOTHING
    RETURNING id
), content AS (
    INSERT INTO kassa_receipts_receiptcontent (receipt_id, organisation_id, content, draft)
    SELECT id, %(organisation_id)s, %(content)s, %(draft)s FROM made
), request AS (
    INSERT INTO kassa_receipts_receiptrequest (receipt_id, organisation_id, accepted_at, body)
    SELECT id, %(organisation_id)s, %(at)s, %(body)s FROM made
), contact AS (
    INSERT INTO kassa_receipts_receiptcontact (receipt_id, organisation_id, email, phone, buyer, language)
    SELECT id, %(organisation_id)s, %(email)s::text, %(phone)s::text, %(buyer)s, %(language)s::text
    FROM made WHERE %(has_contact)s
), event AS (
    INSERT INTO kassa_receipts_receiptevent (id, organisation_id, receipt_id, state, at, data)
    SELECT %(event_id)s, %(organisation_id)s, id, 'accepted', %(at)s, NULL FROM made
), state AS (
    INSERT INTO kassa_receipts_receiptstate (receipt_id, organisation_id, pool_id, state, changed_at)
    SELECT id, %(organisation_id)s, %(pool_id)s, 'accepted', %(at)s FROM made
), prepayment AS (
    INSERT INTO kassa_receipts_prepayment (receipt_id, organisation_id, amount, taken)
    SELECT id, %(organisation_id)s, %(prepaid)s, 0 FROM made WHERE %(prepaid)s::bigint > 0
)
SELECT id FROM made
"""

# In the transaction that stores the receipt which takes: the check constraint refuses more than is there.
PREPAYMENT_TAKE = """
WITH taken AS (
    UPDATE kassa_receipts_prepayment SET taken = taken + %(amount)s::bigint
    WHERE organisation_id = %(organisation_id)s AND receipt_id = %(prepayment_id)s
    RETURNING receipt_id
)
INSERT INTO kassa_receipts_prepaymentuse (id, organisation_id, receipt_id, prepayment_id, amount, released)
SELECT %(id)s, %(organisation_id)s, %(receipt_id)s, receipt_id, %(amount)s::bigint, false FROM taken
"""

PREPAYMENTS_RELEASE = """
WITH freed AS (
    UPDATE kassa_receipts_prepaymentuse SET released = true
    WHERE organisation_id = %(organisation_id)s AND receipt_id = ANY(%(receipt_ids)s) AND NOT released
    RETURNING prepayment_id, amount
), sums AS (
    SELECT prepayment_id, sum(amount) AS amount FROM freed GROUP BY prepayment_id
), locked AS (
    SELECT receipt_id FROM kassa_receipts_prepayment
    WHERE organisation_id = %(organisation_id)s AND receipt_id IN (SELECT prepayment_id FROM sums)
    ORDER BY receipt_id FOR UPDATE
)
UPDATE kassa_receipts_prepayment p SET taken = least(p.taken - sums.amount, p.amount)
FROM locked JOIN sums ON sums.prepayment_id = locked.receipt_id
WHERE p.organisation_id = %(organisation_id)s AND p.receipt_id = locked.receipt_id
"""

EXISTING = """
SELECT id, body_digest, accepted_at, warnings FROM kassa_receipts_receipt
WHERE organisation_id = %(organisation_id)s AND channel_id = %(channel_id)s AND external_key = %(external_key)s::text
"""

WITHDRAW_EXPIRED = """
WITH late AS (
    SELECT s.receipt_id FROM kassa_receipts_receiptstate s JOIN kassa_receipts_receipt r ON r.id = s.receipt_id
    WHERE s.organisation_id = %(organisation_id)s AND s.state = 'accepted' AND r.channel_id = %(channel_id)s
        AND r.accepted_at < %(before)s
    ORDER BY s.receipt_id LIMIT %(limit)s FOR UPDATE OF s SKIP LOCKED
)
UPDATE kassa_receipts_receiptstate s
SET state = 'withdrawn', error_code = 'expired', error_text = %(text)s::text, changed_at = %(at)s
FROM late WHERE s.receipt_id = late.receipt_id
RETURNING s.receipt_id
"""


def receipt_insert(*, organisation_id: uuid.UUID, row: dict[str, Any]) -> bool:
    """True when the receipt was stored, False when its key is taken."""
    return bool(run(ACCEPT, {"organisation_id": organisation_id, **row}, again=True))


def receipt_existing(
    *, organisation_id: uuid.UUID, channel_id: uuid.UUID, external_key: str
) -> tuple[uuid.UUID, bytes, dt.datetime, str | None] | None:
    rows = run(
        EXISTING,
        {"organisation_id": organisation_id, "channel_id": channel_id, "external_key": external_key},
        again=True,
    )
    return rows[0] if rows else None


def prepayment_take(
    *, organisation_id: uuid.UUID, prepayment_id: uuid.UUID, receipt_id: uuid.UUID, amount: int
) -> None:
    """Takes `amount` kopecks, gives back below zero. Nothing happens to a receipt that is no prepayment.

    Raises IntegrityError for more than is left.
    """
    run(PREPAYMENT_TAKE, {**locals(), "id": uuid7()})


def prepayments_release(*, organisation_id: uuid.UUID, receipt_ids: list[uuid.UUID]) -> None:
    """Undoes what receipts that never become documents have taken or given back; once for each.

    What was given back and has been taken by another receipt since can't be taken again: the prepayment is used up.
    """
    if receipt_ids:
        run(PREPAYMENTS_RELEASE, {**locals()})


def receipts_withdraw_expired(
    *, organisation_id: uuid.UUID, channel_id: uuid.UUID, before: dt.datetime, at: dt.datetime, text: str, limit: int
) -> list[uuid.UUID]:
    rows = run(
        WITHDRAW_EXPIRED,
        {
            "organisation_id": organisation_id,
            "channel_id": channel_id,
            "before": before,
            "at": at,
            "text": text,
            "limit": limit,
        },
    )
    return [row[0] for row in rows]
