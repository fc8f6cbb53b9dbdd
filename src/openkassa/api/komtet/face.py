"""Komtet Kassa, versions 1 and 2, as one of the wire faces."""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec

from openkassa.api.face import Face, Incoming
from openkassa.api.faults import Invalid
from openkassa.api.komtet import errors, signature, tasks
from openkassa.api.komtet.versions import VERSIONS
from openkassa.api.mapped import Mapped
from openkassa.kassa.receipts.callbacks import Message
from openkassa.kassa.receipts.channels import ChannelContext, channel_signing
from openkassa.kassa.receipts.models import ChannelKind
from openkassa.kassa.receipts.selectors import ReceiptStatus

_encode = msgspec.json.Encoder(decimal_format="number").encode
_TAKING = "/api/shop/v2/queues/ID/task"


def callback(status: ReceiptStatus) -> Message:
    """The task, signed like a request of the shop: with its secret, over the address that is called."""
    body = _encode(tasks.task(status))
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    secret = channel_signing(status.organisation_id, status.channel_id)
    if secret:
        headers["X-HMAC-Signature"] = signature.sign(secret, "POST", status.callback_url, body)
    return Message(url=status.callback_url, body=body, headers=headers)


def refused(status: int, detail: str) -> tuple[str, bytes]:
    kind = errors.UNSEEN.get(status, errors.BAD_BODY)
    return "application/json; charset=utf-8", msgspec.json.encode(errors.error_body(kind, detail))


def preview(incoming: Incoming, channel: ChannelContext, day: dt.date) -> Mapped:
    parts = incoming.path.partition("?")[0].strip("/").split("/")
    version = VERSIONS.get(parts[2]) if len(parts) > 2 else None
    if version is None or parts[-1] != "task":
        raise Invalid([("path", f"проверяются чеки, посылаемые на {_TAKING} (или v1), по одному")])
    return version.mapped(incoming.body, channel, day)


def named(path: str, mapped: Mapped) -> str:
    return mapped.field_of(path)


FACE: Final = Face(
    name="komtet",
    title="Komtet Kassa",
    kind=ChannelKind.KOMTET,
    prefixes=("/api/shop/",),
    refused=refused,
    preview=preview,
    callback=callback,
    named=named,
    signature=signature.signature,
)
