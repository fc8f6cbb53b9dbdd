"""Requests and answers of prepayments and their offsets. Shapes as in `wire`."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated

import msgspec
from msgspec import Meta

from openkassa.api.body import decoder
from openkassa.api.v1 import wire, words


class OffsetRest(wire.Strict):
    """How what the prepayment doesn't cover is paid."""

    cash: wire.Kopecks = 0
    electronic: wire.Kopecks = 0
    credit: wire.Kopecks = 0
    other: wire.Kopecks = 0


class Offset(wire.Strict):
    """The sale that offsets a prepayment. Without `lines` and `items` everything left of its lines is handed over."""

    external_id: wire.ExternalId
    lines: (
        Annotated[
            list[wire.RefundLine],
            Meta(min_length=1, max_length=wire.ITEMS_LIMIT, description="Prepaid items that are handed over now."),
        ]
        | None
    ) = None
    items: (
        Annotated[
            list[wire.Item],
            Meta(
                min_length=1,
                max_length=wire.ITEMS_LIMIT,
                description="Goods at their full price and rate; for advances and partial prepayments.",
            ),
        ]
        | None
    ) = None
    discount: Annotated[int, Meta(ge=0, le=wire.KOPECKS_LIMIT, description="Kopecks, spread over `items`.")] = 0
    rest: OffsetRest | None = None
    buyer: wire.Buyer | None = None
    cashier: wire.Cashier | None = None
    callback_url: Annotated[str, Meta(max_length=256)] | None = None
    language: Annotated[str, Meta(pattern=r"^(ru|ky|en)$")] = "ru"


# -- answers -----------------------------------------------------------------------------------------------


class Prepayment(msgspec.Struct, kw_only=True):
    """A receipt for money before the goods, of which something is left."""

    id: uuid.UUID
    external_id: str
    operation: words.Operation
    accepted_at: dt.datetime
    amount: Annotated[int, Meta(description="Kopecks that were prepaid.")]
    left: Annotated[int, Meta(description="Kopecks that no offset or refund has taken.")]


class PrepaymentPage(msgspec.Struct, kw_only=True):
    prepayments: list[Prepayment]
    next: Annotated[uuid.UUID | None, Meta(description="Give it as `after` to get the next page; null at the end.")]


offset = decoder(Offset)
