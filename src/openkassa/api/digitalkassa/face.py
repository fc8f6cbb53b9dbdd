"""digitalkassa as one of the wire faces."""

from __future__ import annotations

import datetime as dt
from typing import Final
from urllib.parse import unquote

import msgspec

from openkassa.api.digitalkassa.errors import Refused, listed
from openkassa.api.digitalkassa.report import callback
from openkassa.api.digitalkassa.views import mapped_of, receipt_of
from openkassa.api.face import Face, Incoming
from openkassa.api.faults import Invalid
from openkassa.api.mapped import Mapped
from openkassa.kassa.receipts.channels import ChannelContext
from openkassa.kassa.receipts.models import ChannelKind


def refused(_status: int, detail: str) -> tuple[str, bytes]:
    return "application/json; charset=utf-8", msgspec.json.encode(listed("request_body", ("", detail)))


def preview(incoming: Incoming, channel: ChannelContext, day: dt.date) -> Mapped:
    """The path is …/c_groups/{group}/receipts/{receipt_id}."""
    parts = unquote(incoming.path.partition("?")[0]).strip("/").split("/")
    try:
        if len(parts) < 5 or parts[1] != "c_groups" or parts[3] != "receipts":
            raise Refused(404, "not_found")
        receipt_id, correction = receipt_of(parts[4:])
    except Refused:
        text = "ожидается /v2.1/c_groups/ГРУППА/receipts/RECEIPT_ID или …/receipts/correction/RECEIPT_ID"
        raise Invalid([("path", text)]) from None
    return mapped_of(incoming.body, receipt_id, correction, channel, day)


def named(path: str, mapped: Mapped) -> str:
    return mapped.field_of(path)


FACE: Final = Face(
    name="digitalkassa",
    title="digitalkassa v2.1 и Innokassa v2",
    kind=ChannelKind.DIGITALKASSA,
    prefixes=("/v2.1/", "/v2/"),
    refused=refused,
    preview=preview,
    callback=callback,
    named=named,
)
