"""Lines of a fiscal document from what a shop says of an item: the same arithmetic for every face."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from openkassa.api import numbers
from openkassa.api.faults import Faults
from openkassa.fiscal.draft import Item
from openkassa.fiscal.ffd import vat

ONE = Decimal(1)
QUANTITY_LIMIT = Decimal("99999.999")


def priced(price: int, quantity: Decimal, amount: int, fields: dict[str, Any]) -> list[Item]:
    """The item as one line or two: tags 1079 × 1023 have to give 1043.

    Where price × quantity doesn't, the difference is a discount or markup and goes into the price. Where no price in
    kopecks gives the sum of a whole number of pieces, some pieces cost a kopeck more and stand in a line of their own.
    """
    if vat.line_amount(price, quantity) == amount:
        return [Item(price=price, quantity=quantity, amount=amount, **fields)]
    parts = vat.unit_prices(amount, quantity)
    if len(parts) == 1:
        return [Item(price=parts[0][0], quantity=quantity, amount=amount, **fields)]
    return [Item(price=part, quantity=pieces, amount=vat.line_amount(part, pieces), **fields) for part, pieces in parts]


def quantity(value: object, where: str, faults: Faults) -> Decimal:
    """Tag 1023; 1 where a fault was noted. `where` names the field."""
    try:
        given = numbers.thousandths(value)
    except numbers.BadNumber as bad:
        faults.error(where, "обязательное поле не заполнено" if value in (None, "") else str(bad))
        return ONE
    if not 0 < given <= QUANTITY_LIMIT:
        faults.error(where, f"допускается от 0.001 до {QUANTITY_LIMIT}")
        return ONE
    return given


def check_vat_sum(given: object, amount: int, code: int, where: str, faults: Faults) -> None:
    """Warns where the shop's tax isn't the tax: the receipt's own is always calculated anew."""
    if given is None or given == "" or not code:
        return
    tax = faults.amount(given, where)
    right = 0 if code in (vat.NO_VAT, vat.ZERO_RATE) else vat.vat_inside(amount, code)
    if abs(tax - right) > 1:
        faults.warn(where, f"НДС {numbers.roubles(tax)} заменён рассчитанным {numbers.roubles(right)}")
