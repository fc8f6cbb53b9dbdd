"""YooKassa's receipts as one of the wire faces."""

from __future__ import annotations

import datetime as dt
from typing import Final

from openkassa.api.face import Face, Incoming
from openkassa.api.fields import field_of
from openkassa.api.mapped import Mapped
from openkassa.api.yookassa import errors, report
from openkassa.api.yookassa.views import NAMES, mapped_of
from openkassa.kassa.receipts.callbacks import Message
from openkassa.kassa.receipts.channels import ChannelContext, channel_by_id
from openkassa.kassa.receipts.models import ChannelKind
from openkassa.kassa.receipts.selectors import ReceiptStatus, receipt_drafts


def callback(status: ReceiptStatus) -> Message:
    """A notification in YooKassa's form. YooKassa sends none of receipts: it goes where the channel has an address."""
    draft = receipt_drafts(status.organisation_id, [status.receipt_id])[status.receipt_id]
    channel = channel_by_id(status.organisation_id, status.channel_id)
    if channel is None:
        raise RuntimeError("a receipt's channel can't be read")
    shown = report.receipt(status, draft, channel.profile.ffd, channel.utc_offset)
    body = {"type": "notification", "event": f"receipt.{shown['status']}", "object": shown}
    return Message(url=status.callback_url, body=errors.encode(body))


def refused(status: int, detail: str) -> tuple[str, bytes]:
    return errors.JSON, errors.encode(errors.error_body(errors.UNSEEN.get(status, errors.INVALID), detail))


def preview(incoming: Incoming, channel: ChannelContext, _day: dt.date) -> Mapped:
    return mapped_of(incoming.body, incoming.headers.get("idempotence-key"), None, channel)


def named(path: str, _mapped: Mapped) -> str:
    return field_of(path, NAMES)


FACE: Final = Face(
    name="yookassa",
    title="YooKassa",
    kind=ChannelKind.YOOKASSA,
    prefixes=("/v3/",),
    refused=refused,
    preview=preview,
    callback=callback,
    named=named,
)
