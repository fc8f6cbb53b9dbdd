"""ATOL Online, versions 4 and 5, as one of the wire faces."""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec

from openkassa.api.atol import errors
from openkassa.api.atol.report import report
from openkassa.api.atol.versions import VERSIONS
from openkassa.api.face import Face, Incoming
from openkassa.api.faults import Invalid
from openkassa.api.mapped import Mapped
from openkassa.core.clock import now
from openkassa.fiscal.ffd.tags import FFD_NAMES
from openkassa.kassa.receipts.callbacks import Message
from openkassa.kassa.receipts.channels import ChannelContext
from openkassa.kassa.receipts.models import ChannelKind
from openkassa.kassa.receipts.selectors import ReceiptStatus

_encode = msgspec.json.Encoder(decimal_format="number").encode


def callback(status: ReceiptStatus) -> Message:
    """The report of the receipt, as `GET …/report/{uuid}` gives it."""
    return Message(url=status.callback_url, body=_encode(report(status, now())))


def refused(status: int, detail: str) -> tuple[str, bytes]:
    kind = errors.UNSEEN.get(status, errors.BAD_REQUEST)
    body = {"error": errors.error_body(kind, detail=detail), "timestamp": errors.timestamp(now())}
    return "application/json; charset=utf-8", msgspec.json.encode(body)


def preview(incoming: Incoming, channel: ChannelContext, day: dt.date) -> Mapped:
    parts = incoming.path.partition("?")[0].strip("/").removeprefix("api/fn/").removeprefix("possystem/").split("/")
    version = VERSIONS.get(parts[0])
    if version is None:
        raise Invalid([("path", f"версия «{parts[0][:32]}» не из {', '.join(VERSIONS)}")])
    operation = version.operations.get(parts[-1])
    if operation is None:
        raise Invalid([("path", f"операция «{parts[-1][:32]}» не из {', '.join(version.operations)}")])
    if channel.profile.ffd not in version.formats:
        raise Invalid([("path", f"кассы группы работают в ФФД {FFD_NAMES[channel.profile.ffd]}: нужна версия v4")])
    return version.mapped(incoming.body, operation, channel, day)


def named(path: str, mapped: Mapped) -> str:
    return mapped.field_of(path)


FACE: Final = Face(
    name="atol",
    title="ATOL Online",
    kind=ChannelKind.ATOL,
    prefixes=("/possystem/", "/v4/", "/v5/", "/api/fn/possystem/"),
    refused=refused,
    preview=preview,
    callback=callback,
    named=named,
)
