"""Sums, taxes and roundings of random sales are the same through every face, and those of rational numbers."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, example, given, settings
from tests.api.test_faces_agree import REQUESTS, UNSAYABLE, Line, Sale, channel, content

__all__ = ["channel"]

PERCENT = {2: 10, 6: 0, 11: 22, 12: 22}  # tag 1199
TOTALS = {2: 1103, 6: 1105}  # others are in 1115, as 1119 of 1199 and 1120
WHOLE, PIECES, KILOGRAMS = 4, 0, 11


def half_up(value: Fraction) -> int:
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def amount_of(price: int, quantity: str) -> int:
    return half_up(Fraction(price) * Fraction(quantity))


@st.composite
def lines(draw: st.DrawFn) -> Line:
    """Pieces or a weight; a price and a quantity whose product is a kopeck at least."""
    weighed = draw(st.booleans())
    price = draw(st.integers(1, 10_000_00))
    thousandths = draw(st.integers(1, 99_999)) if weighed else 1000 * draw(st.integers(1, 50))
    quantity = f"{thousandths / 1000:g}"
    if not amount_of(price, quantity):
        price, quantity = price * 1000, "1"
    measure = KILOGRAMS if weighed else PIECES
    return Line(
        "Товар", price, quantity, amount_of(price, quantity), draw(st.sampled_from([*PERCENT])), measure=measure
    )


@st.composite
def sales(draw: st.DrawFn) -> Sale:
    found = tuple(draw(st.lists(lines(), min_size=1, max_size=6)))
    return Sale(draw(st.sampled_from([1, 2])), found, card=sum(line.amount for line in found))


def expected(sale: Sale) -> dict[int, int]:
    """Code of rate → its total in the receipt: the tax inside the sum of its lines, rounded once."""
    sums: dict[int, int] = defaultdict(int)
    for line in sale.lines:
        sums[line.vat] += line.amount
    return {
        code: half_up(Fraction(amount * PERCENT[code], 100 + PERCENT[code])) if PERCENT[code] else amount
        for code, amount in sums.items()
    }


def said(pairs: list) -> dict[int, int]:
    """The same, of a content."""
    fields = dict(pairs)
    found = {code: fields[tag] for code, tag in TOTALS.items() if tag in fields}
    for tag, inner in fields.get(1115, []):
        assert tag == 1119
        one = dict(inner)
        found[one[1199]] = one[1120]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", REQUESTS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sale=sales())
@example(sale=Sale(1, (Line("Шафран", 1000, "0.001", 1, 11, measure=KILOGRAMS),), card=1))
@example(sale=Sale(1, (Line("Сыр", 899_90, "0.555", 49944, 2, measure=KILOGRAMS),), card=49944))
@example(sale=Sale(2, (Line("Курс", 333_33, "3", 99999, 12), Line("Курс", 3, "1", 3, 12)), card=100002))
def test_sums_and_taxes_are_those_of_rational_numbers(name: str, channel: Any, sale: Sale) -> None:
    kept = tuple(line for line in sale.lines if (name, line.vat) not in UNSAYABLE)
    if not kept:
        return
    sale = sale._replace(lines=kept, card=sum(line.amount for line in kept))
    made = content(name, sale, channel)
    assert dict(made)[1081] == sale.total
    assert sum(dict(inner)[1043] for tag, inner in made if tag == 1059) == sale.total
    assert said(made) == expected(sale)


def test_a_kopeck_of_tax_would_be_seen(channel: Any) -> None:
    """Negative control: taxes of lines added up are not the tax of their sum."""
    line = Line("Товар", 3, "1", 3, 11)
    sale = Sale(1, (line,) * 5, card=15)
    added = {11: 5 * half_up(Fraction(3 * 22, 122))}
    assert said(content("v1", sale, channel)) == expected(sale) != added
