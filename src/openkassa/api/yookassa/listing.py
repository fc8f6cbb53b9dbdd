"""`GET /v3/receipts`: receipts newest first, by payment, refund, status and time of creation, in pages."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import NamedTuple

from openkassa.api.faults import Faults
from openkassa.api.yookassa import details, words
from openkassa.api.yookassa.receipts import BY_PAYMENT, ID_LIMIT
from openkassa.kassa.receipts.channels import ChannelContext
from openkassa.kassa.receipts.selectors import ReceiptStatus, receipt_list

USUAL, MOST = 10, 100
TICK = dt.timedelta(milliseconds=1)  # times in ids are whole milliseconds


class Asked(NamedTuple):
    names: tuple[str, ...] | None
    operation: int | None
    status: str | None
    first: dt.datetime | None  # not before
    end: dt.datetime | None  # before
    cursor: uuid.UUID | None
    limit: int


def asked(query: Mapping[str, str]) -> Asked:
    """What the query asks for; a parameter that is no filter of ours is passed over. Raises `Invalid`."""
    faults = Faults()
    payment_id = faults.text(query.get("payment_id"), "", "payment_id", ID_LIMIT)
    refund_id = faults.text(query.get("refund_id"), "", "refund_id", ID_LIMIT)
    if payment_id and refund_id:
        faults.error("refund_id", "укажите payment_id или refund_id")
    names: tuple[str, ...] | None = None
    operation = None
    if payment_id:
        names = (payment_id, BY_PAYMENT + payment_id)
    elif refund_id:
        names, operation = (refund_id,), words.TYPES["refund"]
    status = query.get("status") or None
    if status is not None and status not in words.STATES:
        faults.error("status", f"{status[:32]!r} не из {', '.join(words.STATES)}")
    limit = faults.whole(query.get("limit"), "", "limit", 1, MOST)
    first, end = _period(query, faults)
    cursor = _cursor(query.get("cursor"), faults)
    faults.check()
    return Asked(names, operation, status, first, end, cursor, limit or USUAL)


def found(request: Asked, channel: ChannelContext) -> tuple[list[ReceiptStatus], str | None]:
    """(a page, cursor of the next one)."""
    statuses = receipt_list(
        channel.organisation_id,
        channel_id=channel.channel_id,
        after=request.cursor,
        limit=request.limit + 1,
        names=request.names,
        operation=request.operation,
        states=words.STATES[request.status] if request.status else None,
        accepted_from=request.first,
        accepted_to=request.end,
    )
    page = statuses[: request.limit]
    return page, str(page[-1].receipt_id) if len(statuses) > len(page) else None


def _period(query: Mapping[str, str], faults: Faults) -> tuple[dt.datetime | None, dt.datetime | None]:
    bounds = {name: _moment(query.get(f"created_at.{name}"), f"created_at.{name}", faults)
              for name in ("gte", "gt", "lt", "lte")}  # fmt: skip
    firsts = [at for at in (bounds["gte"], bounds["gt"] and bounds["gt"] + TICK) if at]
    ends = [at for at in (bounds["lt"], bounds["lte"] and bounds["lte"] + TICK) if at]
    return max(firsts, default=None), min(ends, default=None)


def _moment(text: str | None, name: str, faults: Faults) -> dt.datetime | None:
    if not text:
        return None
    at = details.moment(text.replace(" ", "+"))  # a "+" of the query that was not encoded
    if at is None:
        faults.error(name, "ожидается время вида 2026-11-21T09:00:00.000Z")
    return at


def _cursor(text: str | None, faults: Faults) -> uuid.UUID | None:
    if not text:
        return None
    try:
        return uuid.UUID(text)
    except ValueError:
        faults.error("cursor", "ожидается next_cursor прошлого ответа")
        return None
