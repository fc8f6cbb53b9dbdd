"""Lines of a receipt at another amount, exact to the kopeck."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from msgspec.structs import replace

from .draft import Item
from .ffd import vat


def at_amount(item: Item, amount: int, quantity: Decimal | None = None) -> list[Item]:
    """`item` (or `quantity` of it) for `amount` kopecks: one line, or two where no price in kopecks gives it.

    See `vat.unit_prices`.
    """
    count = item.quantity if quantity is None else quantity
    if amount == item.amount and count == item.quantity:
        return [item]
    parts = vat.unit_prices(amount, count)
    if len(parts) == 1:
        return [replace(item, price=parts[0][0], quantity=count, amount=amount)]
    return [
        replace(item, price=price, quantity=pieces, amount=vat.line_amount(price, pieces)) for price, pieces in parts
    ]


def less_discount(items: Sequence[Item], discount: int) -> list[Item]:
    """`items` with `discount` kopecks spread over them by their amounts (see `vat.spread_discount`)."""
    shares = vat.spread_discount([item.amount for item in items], discount)
    return [part for item, share in zip(items, shares, strict=True) for part in at_amount(item, item.amount - share)]
