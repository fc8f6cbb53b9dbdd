"""Receipts of the tax service are made again from their JSON: the same totals, VAT and JSON."""

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path

import pytest
from tests.fiscal.ffd import oracle
from tests.fiscal.ffd.samples import make_profile

from openkassa.fiscal.draft import IndustryProps, Item, Payments, ReceiptDraft
from openkassa.fiscal.ffd.control import check_and_render
from openkassa.fiscal.ffd.findings import errors
from openkassa.fiscal.ffd.reader import Document, to_fns_json

RECEIPTS = sorted((Path(__file__).parents[2] / "vectors/fns-json").glob("*.json"))
SUMS = ("cashTotalSum", "ecashTotalSum", "prepaidSum", "creditSum", "provisionSum")
VAT = ("nds18", "nds10", "nds0", "ndsNo", "nds18118", "nds10110", "amountsReceiptNds")
# What the draft carries of a line. The rest is of marking, which has tests of its own.
LINE = ("name", "price", "quantity", "sum", "nds", "paymentType", "productType", "itemsQuantityMeasure",
        "itemsIndustryDetails")  # fmt: skip


def drafted(receipt: dict) -> ReceiptDraft:
    cash, electronic, prepaid, credit, other = (receipt[name] for name in SUMS)
    return ReceiptDraft(
        operation=receipt["operationType"],
        taxation=receipt["appliedTaxationType"],
        items=tuple(map(line, receipt["items"])),
        payments=Payments(cash=cash, electronic=electronic, prepaid=prepaid, credit=credit, other=other),
        total=receipt["totalSum"],
    )


def line(item: dict) -> Item:
    return Item(
        name=item["name"],
        price=item["price"],
        quantity=Decimal(str(item["quantity"])),
        amount=item["sum"],
        vat=item["nds"],
        method=item["paymentType"],
        kind=item["productType"],
        measure=item["itemsQuantityMeasure"],
        industry=tuple(
            IndustryProps(
                authority=one["idFoiv"],
                date=one["foundationDocDateTime"],
                number=one["foundationDocNumber"],
                value=one["industryPropValue"],
            )
            for one in item.get("itemsIndustryDetails", ())
        ),
    )


@pytest.mark.parametrize("path", RECEIPTS, ids=lambda path: path.stem)
def test_a_real_receipt_made_again(path):
    receipt = json.loads(path.read_text())
    draft = drafted(receipt)
    day = dt.datetime.fromisoformat(receipt["dateTime"]).date()
    findings, content = check_and_render(draft, make_profile(), day)
    assert errors(findings) == [] and content is not None
    made = to_fns_json(Document(3, oracle.read(content)))
    for name in (*SUMS, *VAT):  # a register may name a rate that the receipt doesn't have with a zero
        assert (made.get(name) or 0) == (receipt.get(name) or 0), name
    assert [{name: item.get(name) for name in LINE} for item in made["items"]] == [
        {name: item.get(name) for name in LINE} for item in receipt["items"]
    ]
    assert draft.total == sum(item["sum"] for item in receipt["items"])
