"""Receipts that look like one made minutes ago under another key: shops repeat by mistake, with a new number.

Alike are receipts of one channel whose documents would say the same, the buyer's contact included. The keys are the
guard; this only warns, so it looks at the newest receipts of the same total and no further.
"""

from __future__ import annotations

import datetime as dt

from openkassa.core.db import run
from openkassa.core.ids import least_uuid7_since
from openkassa.fiscal.draft import ReceiptDraft
from openkassa.kassa.receipts.channels import ChannelContext

WINDOW = dt.timedelta(minutes=5)
NEWEST = 50  # receipts of one total that are compared

ALIKE = """
SELECT r.id, r.external_id FROM (
    SELECT id, external_id, external_key, channel_id, form, operation, accepted_at FROM kassa_receipts_receipt
    WHERE organisation_id = %(organisation_id)s AND total = %(total)s AND id >= %(first)s
    ORDER BY id DESC LIMIT %(newest)s) r
JOIN kassa_receipts_receiptcontent c ON c.receipt_id = r.id AND c.organisation_id = %(organisation_id)s
WHERE r.channel_id = %(channel_id)s AND r.external_key <> %(external_key)s::text AND r.form = %(form)s
    AND r.operation = %(operation)s AND r.accepted_at >= %(since)s AND c.content = %(content)s
ORDER BY r.id DESC LIMIT 1
"""


def alike_warnings(
    *, channel: ChannelContext, draft: ReceiptDraft, content: bytes, external_key: str, at: dt.datetime
) -> tuple[str, ...]:
    """A warning that names the newest receipt that looks like this one, if there is such."""
    rows = run(
        ALIKE,
        {
            "organisation_id": channel.organisation_id,
            "channel_id": channel.channel_id,
            "external_key": external_key,
            "total": draft.total,
            "form": draft.form,
            "operation": draft.operation,
            "content": content,
            "first": least_uuid7_since(WINDOW),
            "since": at - WINDOW,
            "newest": NEWEST,
        },
        again=True,
    )
    return tuple(
        f"external_id: такой же чек принят только что под external_id {named}, его id {id_}" for id_, named in rows
    )
