"""Our own API v1 as one of the wire faces."""

from __future__ import annotations

import datetime as dt
from typing import Final

from openkassa.api.body import decode
from openkassa.api.face import Face, Incoming
from openkassa.api.faults import Invalid
from openkassa.api.mapped import Mapped
from openkassa.api.v1 import drafts, problems, wire
from openkassa.api.v1.answers import callback_body
from openkassa.kassa.receipts.callbacks import Message
from openkassa.kassa.receipts.channels import ChannelContext
from openkassa.kassa.receipts.models import ChannelKind
from openkassa.kassa.receipts.selectors import ReceiptStatus


def callback(status: ReceiptStatus) -> Message:
    """What `GET /api/v1/receipts/{id}` says."""
    return Message(url=status.callback_url, body=callback_body(status))


def refused(status: int, detail: str) -> tuple[str, bytes]:
    problem = problems.problem(problems.Refused(problems.UNSEEN[status], detail))
    return "application/problem+json", problems.encode(problem)


def preview(incoming: Incoming, channel: ChannelContext, _day: dt.date) -> Mapped:
    request = decode(incoming.body, wire.receipt)
    try:
        draft, warnings = drafts.map_receipt(request, channel.profile, channel.utc_offset)
    except problems.Refused as refused:
        faults = [(field, text) for _code, field, text in refused.faults or ()]
        raise Invalid(faults or [(refused.field or "", refused.detail)]) from None
    email, phone = drafts.contact(request.buyer)
    return Mapped(
        draft=draft,
        external_id=request.external_id,
        callback_url=request.callback_url or "",
        email=email,
        phone=phone,
        warnings=tuple(warnings),
    )


FACE: Final = Face(
    name="v1",
    title="OpenKassa v1",
    kind=ChannelKind.V1,
    prefixes=("/api/v1/",),
    refused=refused,
    preview=preview,
    callback=callback,
)
