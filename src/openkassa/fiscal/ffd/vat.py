"""VAT of receipts (НДС): dated rates, tax inside an amount, totals, discount spreading. Exact, in integers.

`docs/algorithms/vat-and-totals.md` tells the rules in prose; its examples are tests. Rates are rows of
`vat_rates.csv`: code of tag 1199, percent, dates in force, mark (U: unconfirmed) and source.
Prices of receipts include VAT, so "20 %" and "20/120" take the same part of an amount out of it.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from importlib import resources
from typing import Final, NamedTuple

ZERO_RATE: Final = 5
NO_VAT: Final = 6

# Tags of a receipt's totals by code of rate. Codes that aren't here go into 1115 as 1119{1199, 1120}.
TOTAL_TAGS: Final = {1: 1102, 2: 1103, 3: 1106, 4: 1107, ZERO_RATE: 1104, NO_VAT: 1105}


class Rate(NamedTuple):
    """A row of the table. `since` and `until` are inclusive days of the settlement, None without a bound."""

    code: int
    label: str
    percent: int
    kind: str  # "added", "extracted", "zero" or "none"
    since: dt.date | None
    until: dt.date | None
    mark: str

    def in_force(self, day: dt.date) -> bool:
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


def _load() -> tuple[Rate, ...]:
    text = resources.files(__package__).joinpath("vat_rates.csv").read_text(encoding="utf-8")
    return tuple(
        Rate(
            code=int(row["code"]),
            label=row["label"],
            percent=int(row["percent"]),
            kind=row["kind"],
            since=dt.date.fromisoformat(row["since"]) if row["since"] else None,
            until=dt.date.fromisoformat(row["until"]) if row["until"] else None,
            mark=row["mark"],
        )
        for row in csv.DictReader(text.splitlines())
    )


RATES: Final = _load()
CODES: Final = frozenset(rate.code for rate in RATES)
_BY_CODE: Final = {code: [rate for rate in RATES if rate.code == code] for code in CODES}


def rate(code: int, day: dt.date | None = None) -> Rate:
    """The rate that `code` (tag 1199) means on `day`; the current meaning without a day.

    A code outside its dates still has a meaning: that of its first row. `Rate.in_force` tells. Raises ValueError
    for a code that the format doesn't have.
    """
    rows = _BY_CODE.get(code)
    if rows is None:
        raise ValueError(f"VAT rate code {code} isn't one of 1..12 (tag 1199)")
    if day is not None and len(rows) > 1:
        rows = [row for row in rows if row.in_force(day)] or rows
    return rows[0]


def advance_code(code: int, day: dt.date | None = None) -> int:
    """The calculated rate ("22/122") for money received on `day` before goods that are taxed at `code`.

    0 % and "without VAT" stay as they are; so does a code that is a calculated rate already, but for a rate that
    has been replaced since (20/120 on a day of 2026 is 22/122).
    """
    return _same_class(code, "extracted", day)


def full_code(code: int, day: dt.date | None = None) -> int:
    """The rate ("22%") on `day` for goods whose prepayment was taxed at `code` ("22/122", "20/120")."""
    return _same_class(code, "added", day)


_CLASSES: Final = ({1, 3, 11, 12}, {2, 4}, {7, 9}, {8, 10})  # general, reduced, and those of simplified taxation


def _same_class(code: int, kind: str, day: dt.date | None) -> int:
    if rate(code).kind not in ("added", "extracted"):
        return code
    codes = next(codes for codes in _CLASSES if code in codes)
    if day is None:
        percent = rate(code).percent
        return next(row.code for row in RATES if row.code in codes and row.kind == kind and row.percent == percent)
    for row in RATES:
        if row.code in codes and row.kind == kind and row.in_force(day):
            return row.code
    return code


def vat_inside(amount: int, code: int, day: dt.date | None = None) -> int:
    """Kopecks of VAT inside `amount` kopecks: amount × r / (100 + r), a half kopeck is rounded up."""
    percent = rate(code, day).percent
    return _half_up(amount * percent, 100 + percent)


def vat_totals(lines: Iterable[tuple[int, int]], day: dt.date | None = None) -> dict[int, int]:
    """Totals of a receipt by code of rate, for lines of (code, amount in kopecks).

    The tax is taken from the sum of each rate's lines, not added up from rounded taxes of lines. For 0 % and
    "without VAT" the total is the turnover itself (tags 1104 and 1105).
    """
    sums: dict[int, int] = {}
    for code, amount in lines:
        sums[code] = sums.get(code, 0) + amount
    return {
        code: amount if code in (ZERO_RATE, NO_VAT) else vat_inside(amount, code, day)
        for code, amount in sorted(sums.items())
    }


def line_amount(price: int, quantity: Decimal) -> int:
    """Kopecks of a line: price × quantity, a half kopeck is rounded up."""
    numerator, denominator = quantity.as_integer_ratio()
    return _half_up(price * numerator, denominator)


def spread_discount(amounts: Sequence[int], discount: int) -> list[int]:
    """Share of `discount` (kopecks) that falls on each of `amounts`, by largest remainder.

    The shares add up to the discount exactly and none is more than its line. Kopecks left over by rounding down
    go to the largest remainders, of equal ones to the earlier line. ValueError for a discount below zero or
    above the sum of the lines.
    """
    total = sum(amounts)
    if min(amounts, default=0) < 0 or not 0 <= discount <= total:
        raise ValueError(f"a discount of {discount} can't be spread over lines of {total} kopecks in all")
    if discount == 0:
        return [0] * len(amounts)
    parts = [divmod(discount * amount, total) for amount in amounts]
    shares = [share for share, _ in parts]
    left = discount - sum(shares)
    for index in sorted(range(len(parts)), key=lambda index: -parts[index][1])[:left]:
        shares[index] += 1
    return shares


def unit_prices(amount: int, quantity: Decimal) -> list[tuple[int, Decimal]]:
    """Prices for which price × quantity gives `amount` kopecks: one line where it can be, else two.

    A discount may leave an amount that no price in kopecks makes: 100.00 for 3 pieces is 2 at 33.33 and 1 at
    33.34. A quantity with a fraction keeps one line at the rounded price; the receipt then shows the
    difference as a discount or markup of the line.
    """
    if quantity <= 0:
        raise ValueError(f"quantity {quantity} isn't above zero")
    numerator, denominator = quantity.as_integer_ratio()
    price = _half_up(amount * denominator, numerator)
    if line_amount(price, quantity) == amount or quantity != int(quantity):
        return [(price, quantity)]
    low, dearer = divmod(amount, int(quantity))
    return [(low, quantity - dearer), (low + 1, Decimal(dearer))]


def _half_up(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)
