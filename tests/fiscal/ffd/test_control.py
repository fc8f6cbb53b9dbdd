"""Each rule of the control of drafts refuses what it is for, and a right draft passes them all."""

import datetime as dt
from decimal import Decimal

import pytest
from tests.fiscal.ffd.samples import make_correction, make_draft, make_item, make_profile

from openkassa.fiscal.draft import Agent, Buyer, Cashless, Correction, IndustryProps, Payments, Supplier
from openkassa.fiscal.ffd.control import check_and_render, check_draft
from openkassa.fiscal.ffd.findings import ERROR, WARNING, errors
from openkassa.fiscal.ffd.render import render_content
from openkassa.fiscal.ffd.tlv import text_size

DAY = dt.date(2026, 11, 21)


@pytest.mark.parametrize("ffd", [2, 3, 4])
@pytest.mark.parametrize("make", [make_draft, make_correction])
def test_a_right_draft_has_no_findings(make, ffd):
    findings, content = check_and_render(make(), make_profile(ffd=ffd), DAY)
    assert findings == []
    assert content == render_content(make(), make_profile(ffd=ffd))


def item(**changes):
    return {"items": (make_item(**changes),)}


ERRORS = [
    ("operation", "operation", {"operation": 5}),
    ("taxation", "taxation", {"taxation": 8}),
    ("taxation", "taxation", {"taxation": 3}),
    ("taxation_not_registered", "taxation", {"taxation": 32}),
    ("inn", "cashier_inn", {"cashier_inn": "7700000017"}),
    ("time_zone", "time_zone", {"time_zone": 12}),
    ("agent", "agent_type", {"agent_type": 128}),
    ("agent", "items[0].agent_type", item(agent_type=-1)),
    ("no_items", "items", {"items": (), "total": 100}),
    ("money", "items[0].price", item(price=-1)),
    ("money", "items[0].excise", item(excise=2**48)),
    ("money", "payments.cash", {"payments": Payments(cash=-1, electronic=80731)}),
    ("quantity", "items[0].quantity", item(quantity=Decimal(0))),
    ("quantity", "items[0].quantity", item(quantity=Decimal("NaN"))),
    ("quantity", "items[0].quantity", item(quantity=Decimal("0.0000001"))),
    ("method", "items[0].method", item(method=8)),
    ("kind", "items[0].kind", item(kind=28)),
    ("measure", "items[0].measure", item(measure=1)),
    ("vat", "items[0].vat", item(vat=13)),
    ("inn", "items[0].supplier.inn", item(supplier=Supplier(inn="123"))),
    ("inn", "items[0].agent.transfer_inn", item(agent=Agent(transfer_inn="7700000017"))),
    ("inn", "buyer.inn", {"buyer": Buyer(inn="7700000017")}),
    ("date", "buyer.birthdate", {"buyer": Buyer(birthdate="31.02.1990")}),
    ("country", "buyer.citizenship", {"buyer": Buyer(citizenship="RU")}),
    ("document_code", "buyer.document_code", {"buyer": Buyer(document_code="99")}),
    ("country", "items[0].country", item(country="RUS")),
    ("payments_differ", "payments", {"payments": Payments(cash=80729)}),
    ("total_differs", "total", {"total": 80731, "payments": Payments(cash=80731)}),
    ("total_differs", "total", {"total": 80630, "payments": Payments(cash=80630)}),
    ("character", "items[0].name", item(name="Кофе ☕")),
    ("character", "items[0].name", item(name="Кофе\nзерно")),
    ("too_long", "items[0].name", item(name="я" * 129)),
    ("too_long", "cashier", {"cashier": "я" * 65}),
    ("too_long", "buyer.contact", {"buyer": Buyer(contact="a" * 65)}),
    ("empty", "items[0].name", item(name=" ")),
    (
        "too_long",
        "industry[0].value",
        {"industry": (IndustryProps(authority="030", date="21.11.2023", number="1", value="x" * 257),)},
    ),
    ("cashless", "cashless[0]", {"cashless": (Cashless(amount=80730, method=256, ids=""),)}),
    ("vat_twice", "correction_vat", {"correction": Correction(by_order=False, date=DAY), "correction_vat": ((1, 5),)}),
    ("correction_date", "correction.date", {"correction": Correction(by_order=False, date=DAY + dt.timedelta(1))}),
    ("inn", "supplier.inn", {"supplier": Supplier(inn="7700000017")}),
    ("inn", "agent.transfer_inn", {"agent": Agent(transfer_inn="7700000017")}),
    ("too_long", "supplier.name", {"supplier": Supplier(name="я" * 257)}),
]


@pytest.mark.parametrize(("code", "path", "changes"), ERRORS, ids=lambda value: value if isinstance(value, str) else "")
def test_what_is_refused(code, path, changes):
    findings, content = check_and_render(make_draft(**changes), make_profile(), DAY)
    assert (code, path) in {(finding.code, finding.path) for finding in errors(findings)}
    assert content is None


@pytest.mark.parametrize(
    ("code", "path", "changes"),
    [
        ("vat_date", "items[0].vat", item(vat=1)),
        ("no_marking_code", "items[0].kind", item(kind=33)),
        ("amount_differs", "items[0].amount", item(price=30000)),
        ("not_carried", "items[0].unit", item(unit="шт")),
        ("not_carried", "items[0].product_code", item(product_code="00")),
        ("internet_contact", "buyer.contact", {"internet": True, "buyer": None, "place": "shop.example.com"}),
        ("internet_place", "place", {"internet": True}),
        ("cashless_differs", "cashless", {"cashless": (Cashless(amount=1, method=1, ids=""),)}),
        ("correction_number", "correction.number", {"correction": Correction(by_order=True, date=DAY)}),
        ("advance_rate", "items[0].vat", item(method=1)),
        ("advance_rate", "items[0].vat", item(method=3, kind=10, vat=7)),
        ("advance_kind", "items[0].kind", item(method=3, vat=12)),
        ("credit_differs", "payments.credit", item(method=6)),
        ("credit_differs", "payments.credit", item(method=5)),
        ("prepaid_advance", "payments.prepaid", {**item(method=2, vat=12), "payments": Payments(prepaid=80730)}),
    ],
)
def test_what_only_warns(code, path, changes):
    findings, content = check_and_render(make_draft(**changes), make_profile(), DAY)
    assert {(finding.severity, finding.code, finding.path) for finding in findings} == {(WARNING, code, path)}
    assert content is not None


@pytest.mark.parametrize(
    ("path", "changes"),
    [
        ("items[0].measure", item(measure=11)),
        (
            "items[0].industry",
            item(industry=(IndustryProps(authority="030", date="21.11.2023", number="1", value="x"),)),
        ),
        ("buyer.address", {"buyer": Buyer(address="г. Пример")}),
    ],
)
def test_what_1_05_has_no_place_for_warns(path, changes):
    findings = check_draft(make_draft(**changes), make_profile(ffd=2), DAY)
    assert [(finding.code, finding.path) for finding in findings] == [("not_carried", path)]


def test_rules_of_1_05_differ():
    profile = make_profile(ffd=2)
    codes = {
        finding.code for finding in errors(check_draft(make_draft(**item(kind=33, product_code="0x")), profile, DAY))
    }
    assert codes == {"kind", "product_code"}
    by_order = make_correction(correction=Correction(by_order=True, date=DAY))
    assert [finding.code for finding in errors(check_draft(by_order, profile, DAY))] == ["correction_number"]


@pytest.mark.parametrize("operation", [2, 4])
def test_a_correction_of_1_05_is_income_or_expense(operation):
    draft = make_correction(operation=operation)
    (finding,) = check_draft(draft, make_profile(ffd=2), DAY)
    assert (finding.severity, finding.code, finding.path) == (ERROR, "correction_operation", "operation")
    assert check_draft(draft, make_profile(ffd=3), DAY) == check_draft(draft, make_profile(), DAY) == []


@pytest.mark.parametrize(
    ("method", "changes", "payments"),
    [
        (1, {"vat": 12}, Payments(cash=80730)),
        (2, {"vat": 4}, Payments(electronic=80730)),
        (3, {"vat": 6, "kind": 10}, Payments(electronic=80730)),
        (4, {}, Payments(prepaid=80000, cash=730)),
        (5, {}, Payments(prepaid=10000, cash=20000, credit=50730)),
        (6, {}, Payments(credit=80730)),
        (7, {"kind": 10}, Payments(electronic=80730)),
    ],
)
def test_each_method_of_payment_as_it_should_be_has_no_findings(method, changes, payments):
    draft = make_draft(items=(make_item(method=method, **changes),), payments=payments)
    assert check_draft(draft, make_profile(), DAY) == []


def test_a_refund_may_repeat_what_its_sale_was_warned_about():
    assert check_draft(make_draft(operation=2, **item(method=3)), make_profile(), DAY) == []


def test_correction_without_lines_is_for_1_05():
    draft = make_correction(items=(), total=100, payments=Payments(cash=100), correction_vat=((6, 100),))
    assert check_draft(draft, make_profile(ffd=2), DAY) == []
    assert [finding.code for finding in check_draft(draft, make_profile(), DAY)] == ["no_items"]
    wrong = make_correction(items=(), total=100, payments=Payments(cash=100), correction_vat=((13, 100),))
    assert [finding.path for finding in check_draft(wrong, make_profile(ffd=2), DAY)] == ["correction_vat[0]"]


def test_a_refund_may_have_the_rate_of_its_sale():
    assert check_draft(make_draft(operation=2, **item(vat=1)), make_profile(), DAY) == []


def test_a_correction_is_judged_by_the_day_that_it_corrects():
    draft = make_correction(correction=Correction(by_order=False, date=dt.date(2025, 5, 1)), **item(vat=1))
    assert check_draft(draft, make_profile(), DAY) == []


def test_the_total_may_be_rounded_down_by_less_than_a_rouble():
    draft = make_draft(total=80700, payments=Payments(cash=80700))
    assert check_draft(draft, make_profile(), DAY) == []


def test_a_receipt_that_no_storage_takes_is_refused():
    items = tuple(make_item(name="я" * 120, extra="д" * 64, quantity=Decimal(1), amount=26910) for _ in range(150))
    findings = check_draft(make_draft(items=items), make_profile(), DAY)
    assert [(finding.severity, finding.code) for finding in findings] == [(ERROR, "too_large")]


def test_nested_data_that_outgrows_its_tag_is_refused():
    props = tuple(IndustryProps(authority="030", date="21.11.2023", number="1", value="x" * 250) for _ in range(4))
    findings = check_draft(make_draft(**item(industry=props)), make_profile(), DAY)
    assert [(finding.code, finding.tag) for finding in findings] == [("unencodable", 1059)]


def test_both_sums_and_their_difference_are_named():
    (finding,) = check_draft(make_draft(payments=Payments(cash=80000)), make_profile(), DAY)
    assert "800.00" in finding.text and "807.30" in finding.text and "-7.30" in finding.text


def test_length_is_counted_in_bytes_of_cp866():
    assert text_size("Чай №1") == 6
