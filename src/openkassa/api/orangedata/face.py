"""OrangeData v2 as one of the wire faces."""

from __future__ import annotations

import datetime as dt
from typing import Final

from openkassa.api.body import decode_any_case
from openkassa.api.face import Face, Incoming, Signature
from openkassa.api.mapped import Mapped
from openkassa.api.orangedata import answers, wire
from openkassa.api.orangedata.views import COLLECTIONS, SIGNATURE, mapped_of, named
from openkassa.kassa.receipts.callbacks import Message
from openkassa.kassa.receipts.channels import ChannelContext, channel_by_id
from openkassa.kassa.receipts.models import ChannelKind
from openkassa.kassa.receipts.public_keys import is_signed
from openkassa.kassa.receipts.selectors import ReceiptStatus, receipt_request


def callback(status: ReceiptStatus) -> Message | None:
    """The result as a question for the state is answered; nothing is told of documents that were not made."""
    channel = channel_by_id(status.organisation_id, status.channel_id)
    if not status.is_fiscalised or channel is None:
        return None
    request = receipt_request(status.organisation_id, status.receipt_id)
    return Message(url=status.callback_url, body=answers.encode(answers.result(status, channel, request)))


def refused(_status: int, detail: str) -> tuple[str, bytes]:
    return answers.JSON, answers.encode({"errors": [detail]})


def preview(incoming: Incoming, channel: ChannelContext, day: dt.date) -> Mapped:
    parts = incoming.path.partition("?")[0].strip("/").lower().split("/")
    collection = next((part for part in reversed(parts) if part in COLLECTIONS), COLLECTIONS[0])
    return mapped_of(decode_any_case(incoming.body, wire.document), collection, channel, day)


def signature(incoming: Incoming, channel: ChannelContext) -> Signature:
    given = incoming.headers.get(SIGNATURE.lower(), "")
    good = bool(channel.signing) and is_signed(channel.signing, incoming.body, given)
    return Signature(signed=incoming.body, expected="", given=given, good=good)


FACE: Final = Face(
    name="orangedata",
    title="OrangeData v2",
    kind=ChannelKind.ORANGEDATA,
    prefixes=("/api/v2/",),
    refused=refused,
    preview=preview,
    callback=callback,
    named=named,
    signature=signature,
)
