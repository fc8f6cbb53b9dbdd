"""CloudKassir as one of the wire faces."""

from __future__ import annotations

import datetime as dt
from typing import Final

from openkassa.api.cloudkassir import answers, report
from openkassa.api.cloudkassir.views import CORRECTION, REQUEST_ID, mapped_of, named
from openkassa.api.face import Face, Incoming
from openkassa.api.mapped import Mapped
from openkassa.kassa.receipts.callbacks import Message
from openkassa.kassa.receipts.channels import ChannelContext, channel_for_check
from openkassa.kassa.receipts.models import ChannelKind
from openkassa.kassa.receipts.selectors import ReceiptStatus, receipt_draft


def callback(status: ReceiptStatus) -> Message | None:
    """The notification "Receipt"; CloudKassir sends none of receipts that were not made."""
    channel = channel_for_check(status.organisation_id, status.channel_id)
    draft = receipt_draft(status.organisation_id, status.receipt_id)
    if not status.is_fiscalised or channel is None or draft is None:
        return None
    return report.notification(status, draft, channel, channel.signing)


def refused(status: int, detail: str) -> tuple[str, bytes]:
    return answers.JSON, answers.bad_body(answers.UNSEEN.get(status, answers.MALFORMED), detail)


def preview(incoming: Incoming, channel: ChannelContext, day: dt.date) -> Mapped:
    correction = CORRECTION in incoming.path
    return mapped_of(incoming.body, correction, incoming.headers.get(REQUEST_ID.lower()), channel, day)


FACE: Final = Face(
    name="cloudkassir",
    title="CloudKassir",
    kind=ChannelKind.CLOUDKASSIR,
    prefixes=("/kkt/",),
    refused=refused,
    preview=preview,
    callback=callback,
    named=named,
)
