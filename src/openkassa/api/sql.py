"""Statements of the wire faces. Each function takes `organisation_id` and touches its rows alone."""

from __future__ import annotations

import datetime as dt
import uuid

from openkassa.core.db import run
from openkassa.core.ids import uuid7

INSERT_KEY = """
INSERT INTO api_requestkey (id, organisation_id, channel_id, key, body_digest, receipt_id, created_at)
VALUES (%(id)s, %(organisation_id)s, %(channel_id)s, %(key)s, %(body_digest)s, %(receipt_id)s, %(at)s)
ON CONFLICT (organisation_id, channel_id, key) DO NOTHING
RETURNING id
"""

FIND_KEY = """
SELECT body_digest, receipt_id FROM api_requestkey
WHERE organisation_id = %(organisation_id)s AND channel_id = %(channel_id)s AND key = %(key)s
"""


def request_key_insert(
    *,
    organisation_id: uuid.UUID,
    channel_id: uuid.UUID,
    key: str,
    body_digest: bytes,
    receipt_id: uuid.UUID,
    at: dt.datetime,
) -> bool:
    """False when the key is taken; waits for a transaction that is taking it."""
    return bool(
        run(
            INSERT_KEY,
            {
                "id": uuid7(),
                "organisation_id": organisation_id,
                "channel_id": channel_id,
                "key": key,
                "body_digest": body_digest,
                "receipt_id": receipt_id,
                "at": at,
            },
        )
    )


def request_key_find(*, organisation_id: uuid.UUID, channel_id: uuid.UUID, key: str) -> tuple[bytes, uuid.UUID] | None:
    """(digest of the request, the receipt that it made)."""
    rows = run(FIND_KEY, {"organisation_id": organisation_id, "channel_id": channel_id, "key": key}, again=True)
    return rows[0] if rows else None
