"""VAT against real receipts and against fractions."""

import datetime as dt
import json
from decimal import Decimal, localcontext
from fractions import Fraction
from math import floor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openkassa.fiscal.ffd import vat

VECTORS = Path(__file__).parents[2] / "vectors"
PERCENT = {1: 20, 2: 10, 3: 20, 4: 10, 5: 0, 6: 0, 7: 5, 8: 7, 9: 5, 10: 7, 11: 22, 12: 22}
amounts = st.integers(0, 2**48 - 1)


def half_up(value: Fraction) -> int:
    return floor(value + Fraction(1, 2))


@pytest.mark.parametrize("path", sorted((VECTORS / "fns-json").glob("*.json")), ids=lambda path: path.stem)
def test_totals_of_real_receipts(path):
    receipt = json.loads(path.read_text())
    totals = vat.vat_totals((item["nds"], item["sum"]) for item in receipt["items"])
    named = {1: "nds18", 2: "nds10", 5: "nds0"}
    expected = {code: receipt[name] for code, name in named.items() if receipt.get(name)}
    for row in receipt.get("amountsReceiptNds", {}).get("amountsNds", []):
        expected[row["nds"]] = row["ndsSum"]
    assert totals == expected


@pytest.mark.parametrize(("amount", "code", "tax"), [(24697, 11, 4454), (80730, 11, 14558), (31595, 4, 2872)])
def test_sums_seen_in_receipts_of_2026(amount, code, tax):
    assert vat.vat_inside(amount, code) == tax


@given(amounts, st.sampled_from(sorted(PERCENT)))
def test_tax_inside_an_amount_is_the_fraction_rounded_half_up(amount, code):
    rate = PERCENT[code]
    assert vat.vat_inside(amount, code) == half_up(Fraction(amount * rate, 100 + rate))


def test_control_rounding_halves_to_even_is_seen_by_the_fractions(monkeypatch):
    monkeypatch.setattr(vat, "_half_up", lambda numerator, denominator: round(Fraction(numerator, denominator)))
    with pytest.raises(AssertionError):
        for amount in range(1000):
            test_tax_inside_an_amount_is_the_fraction_rounded_half_up.hypothesis.inner_test(amount, 1)


@given(st.lists(st.tuples(st.sampled_from(sorted(PERCENT)), st.integers(0, 10**9)), max_size=30))
def test_totals_are_taken_from_the_sum_of_each_rate(lines):
    totals = vat.vat_totals(lines)
    assert set(totals) == {code for code, _ in lines}
    for code, total in totals.items():
        turnover = sum(amount for line, amount in lines if line == code)
        rate = Fraction(PERCENT[code], 100 + PERCENT[code])
        assert total == (turnover if code in (5, 6) else half_up(turnover * rate))


def test_the_sum_of_rounded_lines_would_differ():
    lines = [(1, 103)] * 3  # 17.17 kopecks each
    assert vat.vat_totals(lines) == {1: 52}
    assert sum(vat.vat_inside(amount, code) for code, amount in lines) == 51


def test_half_a_kopeck_goes_up():
    assert vat.vat_inside(3, 1) == 1  # 0.5
    assert vat.vat_inside(2, 1) == 0  # 0.33


@pytest.mark.parametrize(
    ("code", "day", "label", "in_force"),
    [
        (1, dt.date(2018, 12, 31), "18%", True),
        (1, dt.date(2019, 1, 1), "20%", True),
        (1, dt.date(2025, 12, 31), "20%", True),
        (1, dt.date(2026, 1, 1), "20%", False),
        (3, dt.date(2018, 6, 1), "18/118", True),
        (7, dt.date(2024, 12, 31), "5%", False),
        (11, dt.date(2025, 12, 31), "22%", False),
        (11, dt.date(2026, 1, 1), "22%", True),
    ],
)
def test_a_code_means_the_rate_of_its_day(code, day, label, in_force):
    rate = vat.rate(code, day)
    assert (rate.label, rate.in_force(day)) == (label, in_force)


def test_old_rates_are_marked_unconfirmed():
    assert {rate.label for rate in vat.RATES if rate.mark == "U"} == {"18%", "18/118"}


@pytest.mark.parametrize("code", [0, 13, -1])
def test_an_unknown_code_is_refused(code):
    with pytest.raises(ValueError, match="tag 1199"):
        vat.rate(code)


def test_every_code_has_the_percent_expected_here():
    assert {code: vat.rate(code).percent for code in vat.CODES} == PERCENT


# -- discount -------------------------------------------------------------------------------------------------


@st.composite
def discounts(draw):
    lines = draw(st.lists(st.integers(0, 10**9), min_size=1, max_size=20))
    return lines, draw(st.integers(0, sum(lines)))


@given(discounts())
def test_shares_of_a_discount(case):
    lines, discount = case
    shares = vat.spread_discount(lines, discount)
    assert sum(shares) == discount
    for amount, share in zip(lines, shares, strict=True):
        assert 0 <= share <= amount
        exact = Fraction(discount * amount, sum(lines) or 1)
        assert abs(share - exact) < 1


@given(discounts())
def test_left_over_kopecks_go_to_the_largest_remainders(case):
    lines, discount = case
    shares = vat.spread_discount(lines, discount)
    total = sum(lines) or 1
    rests = [Fraction(discount * amount, total) % 1 for amount in lines]
    raised = [
        rest for rest, share, amount in zip(rests, shares, lines, strict=True) if share > discount * amount // total
    ]
    kept = [
        rest for rest, share, amount in zip(rests, shares, lines, strict=True) if share == discount * amount // total
    ]
    assert not raised or not kept or min(raised) >= max(kept)


@pytest.mark.parametrize(("lines", "discount"), [([100], 101), ([100], -1), ([], 1), ([-5, 10], 1)])
def test_an_impossible_discount_is_refused(lines, discount):
    with pytest.raises(ValueError, match="can't be spread"):
        vat.spread_discount(lines, discount)


@given(st.integers(0, 10**9), st.integers(1, 1000))
def test_unit_prices_make_the_amount(amount, quantity):
    parts = vat.unit_prices(amount, Decimal(quantity))
    assert sum(vat.line_amount(price, part) for price, part in parts) == amount
    assert sum(part for _, part in parts) == quantity and len(parts) <= 2


def test_a_quantity_with_a_fraction_keeps_one_line():
    assert vat.unit_prices(100, Decimal("0.3")) == [(333, Decimal("0.3"))]
    with pytest.raises(ValueError):
        vat.unit_prices(100, Decimal(0))


@given(st.integers(0, 10**8), st.decimals(0, 10**4, places=3))
def test_amount_of_a_line(price, quantity):
    assert vat.line_amount(price, quantity) == half_up(price * Fraction(quantity))


def test_amounts_do_not_depend_on_the_precision_of_decimals():
    with localcontext(prec=4):
        assert vat.line_amount(123456789, Decimal("987654.321")) == half_up(123456789 * Fraction("987654.321"))
        assert vat.unit_prices(123456789, Decimal("0.5")) == [(246913578, Decimal("0.5"))]


@pytest.mark.parametrize(
    ("full", "day", "advance"),
    [
        (11, dt.date(2026, 11, 21), 12),
        (1, dt.date(2025, 12, 31), 3),
        (1, dt.date(2026, 1, 1), 12),
        (1, None, 3),
        (2, dt.date(2026, 1, 1), 4),
        (7, None, 9),
        (8, dt.date(2025, 6, 1), 10),
        (5, None, 5),
        (6, dt.date(2026, 1, 1), 6),
        (12, dt.date(2026, 1, 1), 12),
    ],
)
def test_money_before_the_goods_has_the_calculated_rate(full, day, advance):
    assert vat.advance_code(full, day) == advance


@pytest.mark.parametrize(
    ("advance", "day", "full"),
    [
        (12, dt.date(2026, 11, 21), 11),
        (3, dt.date(2025, 12, 31), 1),
        (3, dt.date(2026, 1, 1), 11),  # prepaid at 20/120, handed over when the rate is 22 %
        (4, None, 2),
        (9, dt.date(2026, 1, 1), 7),
        (10, None, 8),
        (6, None, 6),
        (1, dt.date(2018, 1, 1), 1),
    ],
)
def test_goods_have_the_full_rate_of_the_day_they_are_handed_over(advance, day, full):
    assert vat.full_code(advance, day) == full
