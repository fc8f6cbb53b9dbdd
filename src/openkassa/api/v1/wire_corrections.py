"""Requests and answers of putting a wrong receipt right. Shapes as in `wire`."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import msgspec
from msgspec import Meta

from openkassa.api.body import decoder
from openkassa.api.v1 import wire, words


class Changes(wire.Strict):
    """The right receipt: what is absent stays as in the wrong one.

    With other items and no payments, a wrong receipt that was paid in one way is paid in that way for the new total.
    """

    operation: words.Operation | None = None
    taxation: words.Taxation | None = None
    items: Annotated[list[wire.Item], Meta(min_length=1, max_length=wire.ITEMS_LIMIT)] | None = None
    discount: Annotated[int, Meta(ge=0, le=wire.KOPECKS_LIMIT, description="Kopecks, spread over the new items.")] = 0
    payments: wire.Payments | None = None
    buyer: wire.Buyer | None = None
    cashier: wire.Cashier | None = None
    agent: wire.Agent | None = None
    supplier: wire.Supplier | None = None
    place: wire.Text256 | None = None
    address: wire.Text256 | None = None
    cashless: Annotated[list[wire.CashlessPayment], Meta(max_length=10)] | None = None


class CorrectionPlan(wire.Strict):
    """How a wrong receipt is to be put right. Without `right` it is only reversed: it should not have been."""

    right: Changes | None = None
    order: (
        Annotated[str, Meta(min_length=1, max_length=32, description="Number of the tax service's order, if any.")]
        | None
    ) = None


class CorrectionOrder(CorrectionPlan, kw_only=True):
    """The same with the id under which it is done once; the receipts get `/reversal` and `/right` behind it."""

    external_id: Annotated[str, Meta(min_length=1, max_length=110, description="Your id, unique within the channel.")]


# -- answers -----------------------------------------------------------------------------------------------


class VatTotal(msgspec.Struct, kw_only=True):
    vat: words.Vat
    amount: Annotated[int, Meta(description="Kopecks of tax; of turnover for 0 and none.")]


class PlannedLine(msgspec.Struct, kw_only=True):
    name: str
    price: int
    quantity: str
    amount: int
    vat: words.Vat
    method: words.Method
    object: words.Object


class Planned(msgspec.Struct, kw_only=True):
    """A receipt that would be made."""

    form: Annotated[int, Meta(description="Form of the fiscal document: 3, 31, 4 or 41.")]
    operation: words.Operation
    taxation: words.Taxation
    total: int
    items: list[PlannedLine]
    payments: wire.Payments
    vat: list[VatTotal]
    settlement_date: Annotated[dt.date | None, Meta(description="Of a correction: the day that it corrects.")]
    order: Annotated[str | None, Meta(description="Of a correction by order: the order's number.")]
    extra: Annotated[str | None, Meta(description="Tag 1192: of a correction the fiscal sign of the wrong receipt.")]
    warnings: list[wire.ReceiptWarning]


class CorrectionPreview(msgspec.Struct, kw_only=True):
    """The documents of a correction in the order in which they would be made."""

    receipts: list[Planned]


class CorrectionAnswer(msgspec.Struct, kw_only=True):
    """The reversal, then the right receipt."""

    receipts: list[wire.ReceiptAnswer]


plan = decoder(CorrectionPlan)
order = decoder(CorrectionOrder)
