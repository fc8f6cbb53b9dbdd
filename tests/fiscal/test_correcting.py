"""The documents that put a wrong receipt right, in each format."""

import datetime as dt
from decimal import Decimal

import pytest
from msgspec.structs import replace
from tests.fiscal.ffd.samples import make_correction, make_draft, make_item, make_profile

from openkassa.fiscal.correcting import Uncorrectable, correct
from openkassa.fiscal.draft import Correction, Payments
from openkassa.fiscal.ffd.control import check_draft

DAY, TODAY, SIGN = dt.date(2026, 3, 4), dt.date(2026, 11, 21), 283447322
WRONG = make_draft(payments=Payments(cash=80730))
RIGHT = replace(WRONG, payments=Payments(electronic=80730))


def corrected(wrong=WRONG, right=RIGHT, ffd=4, **changes):
    return correct(wrong, right, ffd=ffd, fiscal_sign=SIGN, day=DAY, **changes)


def test_1_05_corrects_with_plain_receipts():
    reversal, right = corrected(ffd=2)
    assert reversal == replace(WRONG, operation=2, extra="283447322")
    assert right == replace(RIGHT, extra="283447322")
    assert (reversal.form, right.form) == (3, 3)


@pytest.mark.parametrize("ffd", [3, 4])
def test_since_1_1_both_are_corrections_of_the_day(ffd):
    base = Correction(by_order=False, date=DAY)
    reversal, right = corrected(ffd=ffd)
    assert reversal == replace(WRONG, operation=2, extra="283447322", correction=base)
    assert right == replace(RIGHT, extra="283447322", correction=base)
    assert (reversal.form, right.form) == (31, 31)


def test_an_order_is_named_where_the_format_has_a_place():
    assert corrected(order="12-3/45")[1].correction == Correction(by_order=True, date=DAY, number="12-3/45")
    assert corrected(ffd=2, order="12-3/45")[1].correction is None


@pytest.mark.parametrize(("wrong", "reversal"), [(1, 2), (2, 1), (3, 4), (4, 3)])
@pytest.mark.parametrize("ffd", [2, 4])
def test_the_reversal_is_the_opposite_operation(wrong, reversal, ffd):
    (made,) = corrected(replace(WRONG, operation=wrong), None, ffd=ffd)
    assert made.operation == reversal


def test_a_strict_reporting_form_stays_one():
    assert [one.form for one in corrected(replace(WRONG, bso=True), replace(RIGHT, bso=True))] == [41, 41]
    assert [one.form for one in corrected(replace(WRONG, bso=True), replace(RIGHT, bso=True), ffd=2)] == [4, 4]


def test_a_wrong_correction_keeps_the_day_that_it_corrected():
    wrong = make_correction(correction=Correction(by_order=False, date=dt.date(2025, 12, 31)))
    assert corrected(wrong)[0].correction.date == dt.date(2025, 12, 31)
    with pytest.raises(Uncorrectable):
        corrected(wrong, ffd=2)


@pytest.mark.parametrize("ffd", [2, 3, 4])
def test_what_comes_out_passes_the_control(ffd):
    for draft in corrected(ffd=ffd):
        assert check_draft(draft, make_profile(ffd=ffd), TODAY) == []


def test_a_correction_of_an_old_receipt_has_the_old_rate_without_a_warning():
    item = make_item(vat=1, price=12000, quantity=Decimal(1), amount=12000)
    wrong = make_draft(items=(item,))
    for draft in correct(wrong, wrong, ffd=4, fiscal_sign=SIGN, day=dt.date(2025, 12, 31)):
        assert check_draft(draft, make_profile(), TODAY) == []
