"""What ATOL v4 words become in the terms of fiscal documents."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from decimal import Decimal

import pytest
from tests.api.atol import calls
from tests.fiscal.test_marking import SHOES

from openkassa.fiscal.draft import Agent, Payments, Supplier
from openkassa.fiscal.ffd.profile import Profile

DAY = dt.date(2026, 11, 21)


def channel(ffd: int = 4, taxation: int = 1):
    from openkassa.kassa.receipts.channels import ChannelContext

    return ChannelContext(
        organisation_id=uuid.uuid4(),
        channel_id=uuid.uuid4(),
        kind="atol",
        code="shop_1",
        pool_id=uuid.uuid4(),
        profile=Profile(inn="5544332219", address="Москва", place="https://shop.example", ffd=ffd, taxation=taxation),
        inn="5544332219",
        callback_url="",
        utc_offset=180,
        active=True,
    )


def mapped(body: dict, operation: str = "sell", **of_channel: int):
    from openkassa.api.atol.versions import VERSIONS

    version = VERSIONS["v4"]
    return version.mapped(json.dumps(body).encode(), version.operations[operation], channel(**of_channel), DAY)


def faults(body: dict, operation: str = "sell", **of_channel: int) -> dict[str, str]:
    from openkassa.api.faults import Invalid

    with pytest.raises(Invalid) as caught:
        mapped(body, operation, **of_channel)
    return dict(caught.value.faults)


def one_line(**changes):
    return mapped(calls.sell(items=[calls.item(**changes)])).draft.items[0]


@pytest.mark.parametrize(("operation", "code"), [("sell", 1), ("sell_refund", 2), ("buy", 3), ("buy_refund", 4)])
def test_operation_is_tag_1054(operation, code):
    draft = mapped(calls.sell(), operation).draft
    assert (draft.operation, draft.form) == (code, 3)


def test_money_is_exact():
    body = calls.sell(items=[calls.item(price=0.1, quantity=3, sum=0.3)], payments=[{"type": 0, "sum": 0.3}], total=0.3)
    draft = mapped(body).draft
    assert (draft.items[0].price, draft.items[0].amount, draft.total) == (10, 30, 30)
    assert draft.payments == Payments(cash=30)


@pytest.mark.parametrize("number", [33.330000000000005, 33.329999999999998])
def test_noise_of_binary_arithmetic_is_taken_off(number):
    body = calls.sell(
        items=[calls.item(price=number, quantity=1, sum=number)], payments=[{"type": 1, "sum": 33.33}], total=33.33
    )
    assert mapped(body).draft.total == 3333


@pytest.mark.parametrize(
    ("field", "value"),
    [("price", 10.505), ("sum", 21.001), ("quantity", 2.0001), ("price", "10.5"), ("price", True), ("price", []),
     ("price", -1), ("price", 10**20), ("quantity", 0), ("quantity", 100000), ("sum", {})],
)  # fmt: skip
def test_numbers_that_are_refused(field, value):
    assert list(faults(calls.sell(items=[calls.item(**{field: value})]))) == [f"receipt.items[0].{field}"]


def test_all_faults_are_named_at_once():
    body = calls.sell(items=[calls.item(name=None), calls.item(vat={"type": "vat99"})], payments=[])
    assert list(faults(body)) == ["receipt.items[0].name", "receipt.items[1].vat.type", "receipt.payments"]


def test_null_and_empty_mean_absent():
    empty = {"nomenclature_code": "", "excise": None, "agent_info": None, "supplier_info": {}, "user_data": "",
             "country_code": None, "measurement_unit": "", "payment_method": "", "payment_object": None}  # fmt: skip
    item = one_line(**empty)
    assert (item.method, item.kind, item.measure, item.agent_type, item.supplier) == (1, 1, 0, 0, None)


def test_total_may_be_rounded_down_by_less_than_a_rouble():
    item = calls.item(price=10.99, quantity=1, sum=10.99)
    draft = mapped(calls.sell(items=[item], payments=[{"type": 0, "sum": 10}], total=10)).draft
    assert (draft.total, draft.items[0].amount) == (1000, 1099)
    unrounded = mapped(calls.sell(items=[item], payments=[{"type": 0, "sum": 10.99}], total=10)).draft
    assert unrounded.total == 1099


def test_total_that_does_not_match_names_both_sums_and_the_difference():
    found = faults(calls.sell(total=25.5))
    assert found == {"receipt.total": "сумма чека 25.50 не равна сумме позиций 21, разница 4.50"}
    found = faults(calls.sell(payments=[{"type": 1, "sum": 20}]))
    assert found == {"receipt.payments": "сумма оплат 20 не равна сумме чека 21, разница -1"}


def test_discount_goes_into_the_price():
    items = [calls.item(price=10.5, quantity=2, sum=20)]
    item = mapped(calls.sell(items=items, payments=[{"type": 1, "sum": 20}], total=20)).draft.items[0]
    assert (item.price, item.amount) == (1000, 2000)


def test_discount_that_no_price_gives_makes_two_lines():
    body = calls.sell(items=[calls.item(price=40, quantity=3, sum=100)], payments=[{"type": 1, "sum": 100}], total=100)
    lines = [(line.price, line.quantity, line.amount) for line in mapped(body).draft.items]
    assert lines == [(3333, 2, 6666), (3334, 1, 3334)]


def test_vat_of_the_receipt_counts_for_all_items():
    draft = mapped(calls.sell(vats=[{"type": "vat10", "sum": 1.91}])).draft
    assert [item.vat for item in draft.items] == [2]


def test_several_vats_of_the_receipt_need_vat_on_each_item():
    vats = [{"type": "vat10", "sum": 1}, {"type": "vat22", "sum": 1}]
    assert [item.vat for item in mapped(calls.sell(vats=vats)).draft.items] == [11]
    assert "receipt.vats" in faults(calls.sell(vats=vats, items=[calls.item(vat=None)]))


def test_no_vat_at_all_is_without_vat_and_a_warning():
    result = mapped(calls.sell(items=[calls.item(vat=None)]))
    assert result.draft.items[0].vat == 6
    assert "без НДС" in result.warnings[0]


def test_wrong_vat_sum_is_replaced_with_a_warning():
    item = calls.item(price=100, quantity=1, sum=100, vat={"type": "vat20", "sum": 20})
    result = mapped(calls.sell(items=[item], payments=[{"type": 1, "sum": 100}], total=100))
    assert result.draft.items[0].vat == 1
    assert "20 заменён рассчитанным 16.67" in result.warnings[0]
    right = calls.item(price=100, quantity=1, sum=100, vat={"type": "vat20", "sum": 16.67})
    assert mapped(calls.sell(items=[right], payments=[{"type": 1, "sum": 100}], total=100)).warnings == ()


@pytest.mark.parametrize("name", ["vat18", "vat118"])
def test_vat_of_2018_only_in_refunds_and_corrections(name):
    body = calls.sell(items=[calls.item(vat={"type": name})])
    for operation in ("sell", "buy"):
        assert list(faults(body, operation)) == ["receipt.items[0].vat.type"]
    for operation in ("sell_refund", "buy_refund"):
        assert mapped(body, operation).draft.items[0].vat in (1, 3)
    old = calls.correction(vats=[{"type": name, "sum": None}])
    assert mapped(old, "sell_correction").draft.items[0].vat in (1, 3)


@pytest.mark.parametrize(
    ("unit", "quantity", "code"),
    [("шт.", 1, 0), ("Кг", 1.5, 11), ("кв. м", 2, 32), ("упаковка", 1, 255), (None, 1, 0), (None, 0.5, 255)],
)
def test_unit_becomes_a_measure_code(unit, quantity, code):
    body = calls.sell(
        items=[calls.item(measurement_unit=unit, price=10, quantity=quantity, sum=10 * quantity)],
        payments=[{"type": 1, "sum": 10 * quantity}],
        total=10 * quantity,
    )
    assert mapped(body).draft.items[0].measure == code


def test_unit_stays_text_before_ffd_1_2():
    item = mapped(calls.sell(items=[calls.item(measurement_unit="упаковка")]), ffd=2).draft.items[0]
    assert (item.unit, item.measure) == ("упаковка", 0)


def test_nomenclature_code_is_bytes_of_tag_1162_before_ffd_1_2_and_a_marking_code_since():
    code = "44 4D 04 2F 1F 96 81 78 35 4F 71 76 67 71 77 68 63 66 36 78 4E"
    body = calls.sell(items=[calls.item(nomenclature_code=code)])
    assert mapped(body, ffd=2).draft.items[0].product_code == code.replace(" ", "")
    item = mapped(body).draft.items[0]
    assert (item.product_code, item.mark.kind, item.mark.code) == (None, "gs1m", "0104600439931256215Oqvgqwhcf6xN")


def test_nomenclature_code_that_is_the_code_itself():
    body = calls.sell(items=[calls.item(nomenclature_code=SHOES)])
    for ffd in (2, 4):
        item = mapped(body, ffd=ffd).draft.items[0]
        assert (item.product_code, item.mark.kind, item.mark.code) == (None, "gs1m", SHOES)
    ean = mapped(calls.sell(items=[calls.item(nomenclature_code="4006670128002")])).draft.items[0]
    assert (ean.mark.kind, ean.mark.code) == ("ean13", "4006670128002")


@pytest.mark.parametrize(("code", "ffds"), [("00 05 AB", (4,)), ("код", (2, 4)), ("not a code", (2,))])
def test_nomenclature_code_that_is_neither_is_named(code, ffds):
    for ffd in ffds:
        body = calls.sell(items=[calls.item(nomenclature_code=code)])
        assert list(faults(body, ffd=ffd)) == ["receipt.items[0].nomenclature_code"]


@pytest.mark.parametrize("ffd", [2, 4])
def test_agent_and_supplier_of_the_receipt(ffd):
    body = calls.sell(
        agent_info={
            "type": "paying_agent",
            "paying_agent": {"operation": "Приём", "phones": ["+79991112233"]},
            "receive_payments_operator": {"phones": ["8 (999) 222-33-44"]},
            "money_transfer_operator": {"phones": ["+79993334455"], "name": "Оператор", "address": "Адрес",
                                        "inn": "7707083893"},
        },
        supplier_info={"phones": ["9995556677"], "name": "Поставщик", "inn": "7707083893"},
    )  # fmt: skip
    draft = mapped(body, ffd=ffd).draft
    assert (draft.agent_type, draft.items[0].agent_type) == (4, 0)
    assert draft.agent == Agent(
        operation="Приём",
        paying_agent_phones=("+79991112233",),
        receiver_phones=("+79992223344",),
        transfer_phones=("+79993334455",),
        transfer_name="Оператор",
        transfer_address="Адрес",
        transfer_inn="7707083893",
    )
    assert draft.supplier == Supplier(name="Поставщик", inn="7707083893", phones=("+79995556677",))


def test_an_items_own_agent_comes_first():
    body = calls.sell(
        items=[calls.item(agent_info={"type": "another"}, supplier_info={"inn": "7707083893"})],
        agent_info={"type": "attorney"},
        supplier_info={"inn": "5544332219"},
    )
    draft = mapped(body).draft
    assert (draft.items[0].agent_type, draft.items[0].supplier.inn) == (64, "7707083893")
    assert (draft.agent_type, draft.supplier.inn) == (16, "5544332219")


def test_email_comes_before_phone_and_odd_contacts_are_kept():
    both = mapped(calls.sell(client={"email": "a@b.ru", "phone": "+79991112233"}))
    assert (both.draft.buyer.contact, both.email, both.phone) == ("a@b.ru", "a@b.ru", "")
    phone = mapped(calls.sell(client={"email": "", "phone": "89991112233"}))
    assert (phone.draft.buyer.contact, phone.email, phone.phone) == ("+79991112233", "", "+79991112233")
    odd = mapped(calls.sell(client={"email": "test", "phone": "none"}))
    assert (odd.draft.buyer.contact, odd.email, odd.phone) == ("test", "", "")
    assert list(faults(calls.sell(client={"email": "", "phone": ""}))) == ["receipt.client"]


def test_seller_is_checked_against_the_group():
    company = calls.receipt()["company"]
    assert list(faults(calls.sell(company=company | {"inn": "7707083893"}))) == ["receipt.company.inn"]
    assert list(faults(calls.sell(company=company | {"sno": "patent"}))) == ["receipt.company.sno"]
    assert mapped(calls.sell(company=company | {"sno": None})).draft.taxation == 1
    assert list(faults(calls.sell(company=company | {"sno": None}), taxation=3)) == ["receipt.company.sno"]


def test_payment_types():
    payments = [{"type": kind, "sum": 4.2} for kind in range(5)]
    assert mapped(calls.sell(payments=payments)).draft.payments == Payments(
        cash=420, electronic=420, prepaid=420, credit=420, other=420
    )
    assert list(faults(calls.sell(payments=[{"type": 7, "sum": 21}]))) == ["receipt.payments[0].type"]


def test_characters_that_a_receipt_lacks_become_the_nearest_ones():
    assert one_line(name="Кофе «Арабика» — 1 кг… 🎉").name == 'Кофе "Арабика" - 1 кг... '.rstrip() + " "


def test_correction_with_one_rate_is_one_line_in_ffd_1_2():
    draft = mapped(calls.correction(), "sell_correction").draft
    assert (draft.form, draft.operation, draft.total) == (31, 1, 10000)
    assert draft.correction.date == dt.date(2026, 11, 20)
    assert draft.correction.by_order is False
    item = draft.items[0]
    assert (item.price, item.quantity, item.amount, item.vat, item.kind) == (10000, Decimal(1), 10000, 11, 13)


def test_correction_with_several_rates():
    body = calls.correction(vats=[{"type": "vat10", "sum": 1}, {"type": "vat22", "sum": 2}])
    assert list(faults(body, "sell_correction")) == ["correction.vats"]
    old = mapped(body, "sell_correction", ffd=2).draft
    assert (old.items, old.correction_vat) == ((), ((2, 100), (11, 200)))


def test_correction_by_instruction_keeps_its_number():
    info = {"type": "instruction", "base_date": "20.11.2026", "base_number": "№ 5"}
    assert mapped(calls.correction(correction_info=info), "buy_correction").draft.correction.number == "№ 5"
    assert list(faults(calls.correction(correction_info=info | {"base_number": None}), "buy_correction")) == [
        "correction.correction_info.base_number"
    ]


@pytest.mark.parametrize("date", ["22.11.2026", "31.02.2026", "2026-11-20", "20.11.26", "", None, "01.01.1999"])
def test_correction_dates_that_are_refused(date):
    info = {"type": "self", "base_date": date, "base_number": "1"}
    found = faults(calls.correction(correction_info=info), "sell_correction")
    assert list(found) == ["correction.correction_info.base_date"]


def test_tables_have_every_word_of_the_protocol():
    from openkassa.api.atol import words

    assert set(words.OPERATIONS) == {"sell", "sell_refund", "sell_correction", "buy", "buy_refund", "buy_correction"}
    assert set(words.VAT) == {"none"} | {
        f"vat{rate}" for rate in (0, 5, 7, 10, 18, 20, 22, 105, 107, 110, 118, 120, 122)
    }
    assert sorted(words.METHODS.values()) == list(range(1, 8))
    assert len(words.OBJECTS) == 27
    assert set(words.OBJECTS) == set(words.OBJECTS_BEFORE_1_2)
