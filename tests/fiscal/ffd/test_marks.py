"""Marking codes in drafts and documents: what is refused, what is written, how it is printed and described."""

import datetime as dt
from decimal import Decimal

import pytest
from tests.fiscal.ffd.samples import make_draft, make_item, make_profile
from tests.fiscal.ffd.test_presence import receipt
from tests.fiscal.test_marking import EGAIS20, EGAIS30, FUR, GTIN, MILK, SHOES, SHORT

from openkassa.fiscal.describe import describe
from openkassa.fiscal.draft import Mark
from openkassa.fiscal.ffd.control import check_and_render, check_draft
from openkassa.fiscal.ffd.findings import ERROR, WARNING, errors
from openkassa.fiscal.ffd.marks import controls, sign, status
from openkassa.fiscal.ffd.presence import check
from openkassa.fiscal.ffd.printed import as_text, printed
from openkassa.fiscal.ffd.reader import to_fns_json
from openkassa.fiscal.ffd.tlv import all_of, decode, encode, first
from openkassa.fiscal.marking import control_code

DAY = dt.date(2026, 11, 21)
CODES = {
    "unknown": ("test_mark_code", (1300, "test_mark_code")),
    "ean8": ("46198488", (1301, "46198488")),
    "ean13": ("4006670128002", (1302, "4006670128002")),
    "itf14": ("14601234567890", (1303, "14601234567890")),
    "gs10": (f"01{GTIN}", (1304, f"01{GTIN}")),
    "gs1m": (SHOES, (1305, f"01{GTIN}215Oqvgqwhcf6xN")),
    "short": (SHORT, (1306, "00000046198488X?io+qC")),
    "fur": (FUR, (1307, FUR)),
    "egais20": (EGAIS20, (1308, "NU5DBKYDOT17ID980726019")),
    "egais30": (EGAIS30, (1309, "13622200005881")),
}


def marked(mark=None, **changes):
    mark = mark or Mark(kind="gs1m", code=SHOES)
    return make_item(**{"mark": mark, "price": 80730, "quantity": Decimal(1), "kind": 33, **changes})


def findings_of(*items, ffd=4, operation=1):
    return {
        (finding.severity, finding.code, finding.path)
        for finding in check_draft(make_draft(items=items, operation=operation), make_profile(ffd=ffd), DAY)
    }


def line(item, ffd=4, **changes):
    _, content = check_and_render(make_draft(items=(item,), **changes), make_profile(ffd=ffd), DAY)
    return first(decode(content), 1059)


@pytest.mark.parametrize("kind", CODES)
def test_each_kind_has_its_tag_in_the_product_code(kind):
    code, expected = CODES[kind]
    item = line(marked(Mark(kind=kind, code=code)))
    assert first(item, 1163) == [expected] and first(item, 2102) == 0
    assert findings_of(marked(Mark(kind=kind, code=code))) == set()


@pytest.mark.parametrize(("given", "written"), [(1, 33), (2, 31), (30, 31), (31, 31), (32, 33), (33, 33), (10, 10)])
def test_goods_with_a_code_are_marked_goods_in_the_receipt(given, written):
    assert first(line(marked(kind=given)), 1212) == written


def test_before_1_2_the_code_is_tag_1162():
    item = line(marked(kind=1), ffd=2)
    assert first(item, 1162).hex().upper().startswith("444D042F1F968178") and first(item, 1163) is None
    assert first(line(marked(kind=1, product_code="0000AB"), ffd=2), 1162) == b"\0\0\xab"
    assert findings_of(marked(kind=1), ffd=2) == set()


def test_a_part_of_a_package_is_a_fraction():
    mark = Mark(kind="gs1m", code=SHOES, numerator=1, denominator=3)
    assert first(line(marked(mark)), 1291) == [(1293, 1), (1294, 3)]
    assert findings_of(marked(mark, kind=1), ffd=2) == {(WARNING, "not_carried", "items[0].mark.denominator")}


@pytest.mark.parametrize(
    ("code", "path", "item"),
    [
        ("mark_kind", "mark.kind", marked(Mark(kind="qr", code="x"))),
        ("mark_empty", "mark.code", marked(Mark(kind="gs1m", code=""))),
        ("mark_layout", "mark.code", marked(Mark(kind="gs1m", code="010460043993125621фы"))),
        ("mark_too_long", "mark.code", marked(Mark(kind="unknown", code="x" * 257))),
        ("mark_mode", "mark.processing_mode", marked(Mark(kind="gs1m", code=SHOES, processing_mode=256))),
        ("mark_part", "mark.denominator", marked(Mark(kind="gs1m", code=SHOES, numerator=1))),
        ("mark_part", "mark.numerator", marked(Mark(kind="gs1m", code=SHOES, denominator=2))),
        ("mark_part", "mark.numerator", marked(Mark(kind="gs1m", code=SHOES, numerator=2, denominator=2))),
        ("mark_part", "mark.numerator", marked(Mark(kind="gs1m", code=SHOES, numerator=0, denominator=2))),
        ("mark_part", "mark.numerator", marked(Mark(kind="gs1m", code=SHOES, numerator=1, denominator=2), measure=11)),
        ("mark_status", "mark.planned_status", marked(Mark(kind="gs1m", code=SHOES, planned_status=7))),
        ("mark_status", "mark.planned_status", marked(Mark(kind="gs1m", code=SHOES, planned_status=3))),
    ],
)
def test_what_is_refused(code, path, item):
    assert (ERROR, code, f"items[0].{path}") in findings_of(item)


@pytest.mark.parametrize(
    ("code", "path", "item"),
    [
        ("mark_identifier", "mark.code", marked(Mark(kind="gs1m", code="test_mark_code"))),
        ("mark_not_whole", "mark.code", marked(Mark(kind="gs1m", code=f"01{GTIN}21123"))),
        ("mark_kind_of_goods", "kind", marked(kind=10)),
        ("mark_quantity", "quantity", marked(quantity=Decimal(2), price=40365)),
        ("wholesale", "industry", marked(Mark(kind="gs10", code=f"01{GTIN}"), wholesale=True)),
        ("no_marking_code", "kind", make_item(kind=33)),
    ],
)
def test_what_is_warned_about(code, path, item):
    found = findings_of(item)
    assert (WARNING, code, f"items[0].{path}") in found and not any(one[0] == ERROR for one in found)


def test_a_code_that_is_not_what_it_is_said_to_be_goes_in_as_unrecognised():
    assert first(line(marked(Mark(kind="gs1m", code="test_mark_code"))), 1163) == [(1300, "test_mark_code")]


@pytest.mark.parametrize(("operation", "right"), [(1, (1, 2)), (2, (3, 4)), (3, (3, 4)), (4, (1, 2))])
def test_the_planned_status_follows_the_operation(operation, right):
    for given in (1, 2, 3, 4):
        found = findings_of(marked(Mark(kind="gs1m", code=SHOES, planned_status=given)), operation=operation)
        assert (not found) == (given in right)
    assert (status(marked(), operation), status(marked(measure=11), operation)) == right
    assert status(marked(Mark(kind="gs1m", code=SHOES, numerator=1, denominator=2)), operation) == right[1]
    assert status(marked(Mark(kind="gs1m", code=SHOES, planned_status=255)), operation) == 255


def test_one_code_stands_in_one_line_only():
    twice = findings_of(marked(), marked(Mark(kind="gs1m", code="]d2" + SHOES)))
    assert (ERROR, "mark_repeated", "items[1].mark.code") in twice
    assert findings_of(marked(), marked(Mark(kind="gs1m", code=MILK))) == set()
    eans = [marked(Mark(kind="ean13", code="4006670128002")) for _ in range(2)]
    assert findings_of(*eans) == set()


def test_a_receipt_takes_128_codes():
    items = [marked(Mark(kind="ean8", code="46198488")) for _ in range(129)]
    assert (ERROR, "marks", "items") in findings_of(*items)
    assert findings_of(*items[:128]) == set()


# -- the document ----------------------------------------------------------------------------------------------------


def document(result=None, mark=None):
    """A document of FFD 1.2 whose line was checked with `result` (2106)."""
    made = receipt(make_draft(items=(marked(mark),)))
    for tag, value in made.pairs:
        if tag == 1059 and result is not None:
            value.append((2106, result))
    return made


def test_a_marked_line_breaks_no_presence_rule():
    assert errors(check(document(15))) == []


# The register of another maker prints [M-] for 1, 5, 7 and 17 and [M+] for 15.
@pytest.mark.parametrize(
    ("result", "shown"),
    [(None, "[М]"), (0, "[М]"), (3, "[М]"), (16, "[М]"), (19, "[М]"), (15, "[М+]"), (31, "[М+]"), (1, "[М-]"),
     (5, "[М-]"), (7, "[М-]"), (17, "[М-]")],
)  # fmt: skip
def test_the_printed_sign_says_how_the_check_ended(result, shown):
    assert f"{shown} Чай зелёный" in as_text(printed(document(result)))
    assert sign(result or 0) == shown


def test_the_control_code_is_printed_though_no_document_holds_it():
    items = (marked(), make_item())
    assert controls(items) == {0: control_code(SHOES)}
    made = document(15)
    assert not any(tag == 2115 for item in all_of(made.pairs, 1059) for tag, _ in item)
    assert "КОД КМ" not in as_text(printed(made))
    text = as_text(printed(made, controls(items)))
    assert f"КОД КМ                      {control_code(SHOES)}" in text
    assert "КОД ТОВАРА" in text and f"01{GTIN}215Oqvgqwhcf6xN" in text


def test_the_fraction_is_printed():
    mark = Mark(kind="gs1m", code=SHOES, numerator=1, denominator=2)
    assert "ЧАСТЬ УПАКОВКИ               1/2" in as_text(printed(document(15, mark)))


def test_the_operators_json_has_the_names_of_the_tax_service():
    item = to_fns_json(document(15, Mark(kind="gs1m", code=SHOES, numerator=1, denominator=2)))["items"][0]
    assert item["productCodeNew"]["gs1m"] == {
        "gtin": GTIN,
        "productIdType": 6,
        "rawProductCode": f"01{GTIN}215Oqvgqwhcf6xN",
        "sernum": "5Oqvgqwhcf6xN",
    }
    assert item["checkingProdInformationResult"] == 15 and item["labelCodeProcesMode"] == 0
    assert item["labeledProdFractionalQuantity"] == {"numerator": 1, "denominator": 2}
    short = to_fns_json(document(None, Mark(kind="short", code=SHORT)))["items"][0]["productCodeNew"]["kmk"]
    assert (short["gtin"], short["sernum"]) == ("00000046198488", "X?io+qC")


def test_what_is_described_in_words():
    text = describe(encode([(2007, [(2110, 1), (2100, 4), (2106, 15), (2109, 3)])]))
    assert "2110 Присвоенный статус товара: 1 (штучный товар, реализован)" in text
    assert "4 (код проверки 44 символа, проверяет ФН)" in text
    assert "15 (0b1111, [М+])" in text and "3 (оборот приостановлен)" in text
