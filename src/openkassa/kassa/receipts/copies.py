"""The buyer's copy: a link to our own page, by e-mail or SMS, once."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from openkassa.core.db import run
from openkassa.core.ids import uuid7
from openkassa.kassa.receipts.links import receipt_url

TEMPLATE = "receipt_copy"

ENQUEUE = """
INSERT INTO core_notification (id, organisation_id, key, channel, recipient, template, context, language, state,
    attempts, next_at, error, created_at)
SELECT t.id, %(organisation_id)s, t.key, t.channel, t.recipient, %(template)s::text, t.context::jsonb, t.language,
    'waiting', 0, %(at)s, '', %(at)s
FROM unnest(%(ids)s::uuid[], %(keys)s::text[], %(channels)s::text[], %(recipients)s::text[], %(contexts)s::text[],
    %(languages)s::text[]) AS t (id, key, channel, recipient, context, language)
ON CONFLICT (organisation_id, key) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class CopyWanted:
    receipt_id: uuid.UUID
    email: str
    phone: str
    language: str
    total: int  # kopecks
    local_time: int  # till-local seconds


def copies_enqueue(*, organisation_id: uuid.UUID, shop: str, wanted: Iterable[CopyWanted], at: dt.datetime) -> None:
    """A copy for each receipt whose buyer left an address; the e-mail is used when there are both."""
    rows = []
    for copy in wanted:
        channel = "email" if copy.email else "sms"
        recipient = copy.email or copy.phone
        if recipient:
            # Till-local time without an offset: it is shown as it stands on the receipt.
            local = dt.datetime.fromtimestamp(copy.local_time, dt.UTC).isoformat()
            context = {"link": receipt_url(copy.receipt_id), "shop": shop, "total": copy.total, "date": local}
            rows.append((uuid7(), f"copy:{copy.receipt_id}:{channel}", channel, recipient, context, copy.language))
    if rows:
        run(
            ENQUEUE,
            {
                "organisation_id": organisation_id,
                "template": TEMPLATE,
                "at": at,
                "ids": [row[0] for row in rows],
                "keys": [row[1] for row in rows],
                "channels": [row[2] for row in rows],
                "recipients": [row[3] for row in rows],
                "contexts": [msgspec.json.encode(row[4]).decode() for row in rows],
                "languages": [row[5] for row in rows],
            },
        )
