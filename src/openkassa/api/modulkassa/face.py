"""МодульКасса as one of the wire faces."""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec

from openkassa.api.face import Face, Incoming
from openkassa.api.mapped import Mapped
from openkassa.api.modulkassa.report import callback
from openkassa.api.modulkassa.views import mapped_of
from openkassa.kassa.receipts.channels import ChannelContext
from openkassa.kassa.receipts.models import ChannelKind


def refused(_status: int, detail: str) -> tuple[str, bytes]:
    return "application/json; charset=utf-8", msgspec.json.encode({"message": detail})


def preview(incoming: Incoming, channel: ChannelContext, day: dt.date) -> Mapped:
    return mapped_of(incoming.body, channel, day)


def named(path: str, mapped: Mapped) -> str:
    return mapped.field_of(path)


FACE: Final = Face(
    name="modulkassa",
    title="МодульКасса fn v1 и v2",
    kind=ChannelKind.MODULKASSA,
    prefixes=("/api/fn/", "/fn/"),
    refused=refused,
    preview=preview,
    callback=callback,
    named=named,
)
