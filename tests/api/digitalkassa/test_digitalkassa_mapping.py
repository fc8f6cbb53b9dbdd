"""What digitalkassa's numbers become in the terms of fiscal documents: a case for each cell of the tables."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from tests.api.digitalkassa import calls
from tests.api.modulkassa.test_modulkassa_mapping import channel

from openkassa.fiscal.draft import Agent, Buyer, Cashless, Payments, Supplier

DAY = dt.date(2026, 11, 21)
MARK = "0104600439931256215Qbag!\x1d93Zjqw"


def mapped(body: dict, correction: bool = False, id_: str = calls.SALE, **of_channel: int):
    from openkassa.api.digitalkassa.views import mapped_of

    return mapped_of(json.dumps(body).encode(), id_, correction, channel(**of_channel), DAY)


def faults(body: dict, correction: bool = False, **of_channel: int) -> dict[str, str]:
    from openkassa.api.faults import Invalid

    with pytest.raises(Invalid) as caught:
        mapped(body, correction, **of_channel)
    return dict(caught.value.faults)


def one_line(ffd: int = 4, **changes):
    return mapped(calls.receipt(items=[calls.item(**changes)]), ffd=ffd).draft.items[0]


@pytest.mark.parametrize("code", [1, 2, 3, 4])
@pytest.mark.parametrize("corrects", [False, True])
def test_type_is_tag_1054(code, corrects):
    draft = mapped(calls.correction(type=code, notify={"phone": "9991112233"}), corrects).draft
    assert (draft.operation, draft.form) == (code, 31 if corrects else 3)


@pytest.mark.parametrize("code", [1, 2, 4, 16, 32])
def test_taxation_is_tag_1055(code):
    assert mapped(calls.receipt(taxation=code), taxation=63).draft.taxation == code
    assert list(faults(calls.receipt(taxation=code), taxation=63 & ~code)) == ["taxation"]


@pytest.mark.parametrize("code", [*range(1, 28), 30, 31, 32, 33])
@pytest.mark.parametrize("form", [int, str, float])
def test_type_of_an_item_is_tag_1212(code, form):
    assert one_line(type=form(code)).kind == code


@pytest.mark.parametrize("code", range(1, 8))
def test_payment_method_is_tag_1214(code):
    assert one_line(payment_method=code).method == code


@pytest.mark.parametrize("code", range(1, 13))
def test_vat_is_tag_1199(code):
    assert one_line(vat=code).vat == code


UNITS = [0, 10, 11, 12, 20, 21, 22, 30, 31, 32, 40, 41, 42, 50, 51, 70, 71, 72, 73, 80, 81, 82, 83, 255]


@pytest.mark.parametrize("code", UNITS)
def test_unit_is_tag_2108(code):
    from openkassa.fiscal.ffd.codes import MEASURES

    assert one_line(unit=code).measure == code
    assert one_line(ffd=2, unit=code).unit == (MEASURES[code] or None)


def test_without_a_unit_pieces_are_meant():
    assert one_line(unit=None).measure == 0
    assert one_line(unit=None, quantity=0.5, price=42).measure == 255


@pytest.mark.parametrize("code", [1, 2, 4, 8, 16, 32, 64])
def test_agent_type_is_a_bit_of_tag_1222(code):
    assert one_line(agent={"type": code}).agent_type == code


@pytest.mark.parametrize(
    ("name", "field"),
    [("cash", "cash"), ("cashless", "electronic"), ("prepayment", "prepaid"), ("postpayment", "credit"),
     ("barter", "other")],
)  # fmt: skip
def test_amounts(name, field):
    assert mapped(calls.receipt(amount={name: "21.00"})).draft.payments == Payments(**{field: 2100})


@pytest.mark.parametrize("code", range(1, 12))
def test_timezone_is_tag_1011(code):
    assert mapped(calls.receipt(timezone=code)).draft.time_zone == code


@pytest.mark.parametrize(("given", "internet"), [(0, False), (1, True), (None, False)])
def test_internet_is_tag_1125(given, internet):
    assert mapped(calls.receipt(is_internet=given)).draft.internet == internet


@pytest.mark.parametrize("status", [1, 2, 3, 4, 255])
def test_marking(status):
    marking = {"code": MARK, "item_status": status, "numerator": 1, "denominator": 2}
    mark = one_line(marking=marking).mark
    assert (mark.kind, mark.code, mark.planned_status, mark.numerator, mark.denominator) == (
        "gs1m", MARK, status, 1, 2,
    )  # fmt: skip
    assert one_line(ffd=2, marking=marking).product_code.startswith("444D")


def test_agent_and_supplier():
    agent = {
        "type": 4,
        "supplier": {"phones": ["89995556677"], "name": "Поставщик", "tin": "7707083893"},
        "paying_agent": {"phones": ["+79991112233"], "operation": "Приём"},
        "payment_operator": {"phones": ["+79992223344"]},
        "money_transfer_operator": {"phones": ["+79993334455"], "name": "Оператор", "tin": "7707083893",
                                    "address": "Адрес"},
    }  # fmt: skip
    line = one_line(agent=agent)
    assert line.supplier == Supplier(name="Поставщик", inn="7707083893", phones=("+79995556677",))
    assert line.agent == Agent(
        operation="Приём",
        paying_agent_phones=("+79991112233",),
        receiver_phones=("+79992223344",),
        transfer_phones=("+79993334455",),
        transfer_name="Оператор",
        transfer_address="Адрес",
        transfer_inn="7707083893",
    )


def test_the_rest_of_an_item():
    line = one_line(excise=1.5, additional_props="x", declaration_number="1", country_code="643")
    assert (line.excise, line.extra, line.declaration, line.country) == (150, "x", "1", "643")


def test_the_rest_of_a_receipt():
    draft = mapped(
        calls.receipt(
            loc={"billing_place": "https://b.example", "device_number": "A1"},
            cashier={"name": "Иванова", "tin": "500100732259"},
            customer={"name": "Иван", "tin": "7707083893"},
            additional_attribute={"name": "Заказ", "value": "5"},
            cashless_payments={"payment_sum": 21, "payment_method_flag": 1.0, "payment_identifiers": "id",
                               "additional_info": "x"},
        )
    ).draft  # fmt: skip
    assert (draft.place, draft.machine_number, draft.cashier, draft.cashier_inn) == (
        "https://b.example", "A1", "Иванова", "500100732259",
    )  # fmt: skip
    assert draft.buyer == Buyer(contact="buyer@example.ru", name="Иван", inn="7707083893")
    assert draft.user_extra == ("Заказ", "5")
    assert draft.cashless == (Cashless(amount=2100, method=1, ids="id", extra="x"),)


@pytest.mark.parametrize(
    ("notify", "contact", "email", "phone"),
    [({"emails": ["a@b.ru", "c@d.ru"], "phone": "9991112233"}, "a@b.ru", "a@b.ru", ""),
     ({"emails": [], "phone": "9991112233"}, "+79991112233", "", "+79991112233"),
     ([{"type": "email", "value": "a@b.ru"}], "a@b.ru", "a@b.ru", ""),
     ([{"type": "phone", "value": "9991112233"}], "+79991112233", "", "+79991112233")],
)  # fmt: skip
def test_contacts(notify, contact, email, phone):
    result = mapped(calls.receipt(notify=notify))
    assert (result.draft.buyer.contact, result.email, result.phone) == (contact, email, phone)


@pytest.mark.parametrize("notify", [None, {}, [], {"emails": [""]}, [{"type": "fax", "value": "1"}]])
def test_a_sale_needs_a_contact_and_a_correction_none(notify):
    assert list(faults(calls.receipt(notify=notify))) == ["notify"]
    assert mapped(calls.correction(notify=notify), True).draft.buyer is None


@pytest.mark.parametrize(("order", "by_order"), [(None, False), ("", False), ("№ 5", True)])
def test_an_order_number_says_that_the_correction_is_by_order(order, by_order):
    draft = mapped(calls.correction(order_number=order), True).draft
    assert (draft.correction.by_order, draft.correction.number, draft.correction.date) == (
        by_order, order or None, dt.date(2026, 11, 20),
    )  # fmt: skip


def test_correction_in_ffd_1_05_has_the_vat_of_its_lines():
    draft = mapped(calls.correction(), True, ffd=2).draft
    assert (draft.items, draft.correction_vat) == ((), ((11, 379),))


@pytest.mark.parametrize("date", [None, "", "22.11.2026", "2026-11-20", "31.02.2026", "01.01.1999"])
def test_dates_of_corrections_that_are_refused(date):
    assert list(faults(calls.correction(corrected_date=date), True)) == ["corrected_date"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("price", 10.505), ("price", "x"), ("price", True), ("amount", None), ("amount", -1), ("quantity", 0),
     ("quantity", {}), ("vat", 13), ("vat", 0), ("vat", None), ("vat", "20%"), ("type", 28), ("type", 34),
     ("type", []), ("payment_method", 8), ("payment_method", None), ("unit", 5), ("unit", "кг"), ("excise", -1),
     ("country_code", "RUS"), ("declaration_number", "x" * 33), ("additional_props", "x" * 65), ("name", "x" * 129),
     ("name", None)],
)  # fmt: skip
def test_values_of_an_item_that_are_refused(field, value):
    assert list(faults(calls.receipt(items=[calls.item(**{field: value})]))) == [f"items[0].{field}"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"type": 5}, "type"), ({"type": None}, "type"), ({"taxation": 8}, "taxation"), ({"taxation": None}, "taxation"),
     ({"timezone": 12}, "timezone"), ({"timezone": 0}, "timezone"), ({"is_internet": 2}, "is_internet"),
     ({"loc": None}, "loc.billing_place"), ({"loc": {"billing_place": ""}}, "loc.billing_place"),
     ({"amount": None}, "amount"), ({"amount": {}}, "amount"), ({"amount": {"cash": "x"}}, "amount.cash"),
     ({"items": []}, "items"), ({"items": None}, "items"),
     ({"cashless_payments": {"payment_sum": 1}}, "cashless_payments.payment_identifiers"),
     ({"additional_attribute": {"name": "x"}}, "additional_attribute.value")],
)  # fmt: skip
def test_values_of_a_receipt_that_are_refused(changes, field):
    assert list(faults(calls.receipt(**changes))) == [field]


@pytest.mark.parametrize(
    ("marking", "field"),
    [({"item_status": 1}, "code"), ({"code": MARK, "item_status": 5}, "item_status"),
     ({"code": MARK, "numerator": "x"}, "numerator"), ({"code": "кириллица"}, "code")],
)  # fmt: skip
def test_marks_that_are_refused(marking, field):
    assert list(faults(calls.receipt(items=[calls.item(marking=marking)]))) == [f"items[0].marking.{field}"]


def test_paid_and_sold_must_agree():
    found = faults(calls.receipt(amount={"cash": 20, "cashless": 5.5}))
    assert found == {"amount": "сумма оплат 25.50 не равна сумме позиций 21, разница 4.50"}


def test_discount_goes_into_the_price():
    body = calls.receipt(items=[calls.item(price=40, quantity=3, amount=100)], amount={"cash": 100})
    assert [(line.price, line.quantity, line.amount) for line in mapped(body).draft.items] == [
        (3333, 2, 6666), (3334, 1, 3334),
    ]  # fmt: skip


@pytest.mark.parametrize("url", ["", None, "ftp://x", "https://shop.example/" + "x" * 240])
def test_an_address_that_can_not_be_called_is_a_warning(url):
    result = mapped(calls.receipt(service={"callback_url": url}))
    assert (result.callback_url, bool(result.warnings)) == ("", bool(url))


def test_all_faults_are_named_at_once():
    body = calls.receipt(type=9, items=[calls.item(name=None), calls.item(vat=99)], loc=None)
    assert list(faults(body)) == ["type", "items[0].name", "items[1].vat", "loc.billing_place"]
