"""The page about VAT says what the code does."""

import doctest
from pathlib import Path

import pytest

from openkassa.fiscal.ffd import vat

PAGE = Path(__file__).parents[3] / "docs/algorithms/vat-and-totals.md"


@pytest.mark.parametrize(("page", "least"), [(PAGE, 10), (PAGE.with_name("prepayment.md"), 3)])
def test_examples_of_the_page(page, least):
    result = doctest.testfile(str(page), module_relative=False)
    assert result.attempted > least and result.failed == 0


def test_rates_of_the_page():
    table = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")][1:]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table]
    shown = [(int(row[0]), row[1], row[-1]) for row in rows]
    assert sorted(shown) == sorted((rate.code, rate.label, rate.mark) for rate in vat.RATES)
    for rate in vat.RATES:
        (row,) = (row for row in rows if row[1] == rate.label)
        for day in (rate.since, rate.until):
            assert day is None or f"{day:%d.%m.%Y}" in row[2]
