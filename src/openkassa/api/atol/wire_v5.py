"""Requests of ATOL Online v5: the shapes of v4 and what FFD 1.2 added. As loose as those, for the same reasons."""

from __future__ import annotations

from typing import Any

from openkassa.api import shapes
from openkassa.api.atol import wire
from openkassa.api.body import decoder
from openkassa.api.shapes import Text


class Item(wire.Item):
    measure: Any = None
    mark_quantity: shapes.MarkQuantity | None = None
    mark_processing_mode: Any = None
    mark_code: shapes.MarkCode | None = None
    planned_status: Any = None
    sectoral_item_props: list[shapes.SectoralProps] | None = None
    wholesale: bool | None = None


class Receipt(wire.Receipt):
    """A receipt, or a correction when it stands under that name."""

    client: shapes.FullClient | None = None
    items: list[Item] | None = None  # type: ignore[assignment]  # of v5
    cashier_inn: Text = None
    sectoral_check_props: list[shapes.SectoralProps] | None = None
    operating_check_props: shapes.OperatingProps | None = None
    internet: bool | None = None
    timezone: Any = None
    cashless_payments: list[shapes.CashlessPayment] | None = None
    correction_info: wire.CorrectionInfo | None = None


class ReceiptRequest(wire.Envelope):
    receipt: Receipt | None = None


class CorrectionRequest(wire.Envelope):
    correction: Receipt | None = None


receipt = decoder(ReceiptRequest)
correction = decoder(CorrectionRequest)
