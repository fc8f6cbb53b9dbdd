"""What callbacks say: each face tells a shop in its own form. `kassa` sends them and knows no face."""

from __future__ import annotations

import msgspec

from openkassa.api.atol.report import report
from openkassa.api.v1.answers import callback_body
from openkassa.core.clock import now
from openkassa.kassa.receipts.callbacks import register_renderer
from openkassa.kassa.receipts.models import ChannelKind
from openkassa.kassa.receipts.selectors import ReceiptStatus

_encode = msgspec.json.Encoder(decimal_format="number").encode


def atol_callback(status: ReceiptStatus) -> bytes:
    """The report of the receipt, as `GET …/report/{uuid}` gives it."""
    return _encode(report(status, now()))


def register_renderers() -> None:
    register_renderer(ChannelKind.ATOL, atol_callback)
    register_renderer(ChannelKind.V1, callback_body)
