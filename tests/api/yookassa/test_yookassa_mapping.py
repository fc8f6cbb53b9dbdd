"""Each word of the tables becomes its code, each field its tag; the answer says the request's words again."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from tests.api.yookassa import calls

FFD_1_05, FFD_1_2 = 2, 4


def drafted(ffd: int = FFD_1_2, taxation: int = 1, **changes):
    """(draft, warnings) of a request on a pool of the format."""
    import json

    from openkassa.api.yookassa.views import mapped_of

    mapped = mapped_of(json.dumps(calls.receipt(**changes)).encode(), "key-1", "501156", channel(ffd, taxation))
    return mapped.draft, mapped.warnings


def channel(ffd: int = FFD_1_2, taxation: int = 1):
    import uuid

    from openkassa.fiscal.ffd.profile import Profile
    from openkassa.kassa.receipts.channels import ChannelContext

    profile = Profile(ffd=ffd, user="ООО", inn="5544332219", address="Москва", place="https://x.example",
                      taxation=taxation, seller_email=None, internet_only=True)  # fmt: skip
    return ChannelContext(
        organisation_id=uuid.UUID(int=1), channel_id=uuid.UUID(int=2), kind="yookassa", code="501156",
        pool_id=uuid.UUID(int=3), profile=profile, inn="5544332219", callback_url="", utc_offset=180, active=True,
    )  # fmt: skip


def faults(ffd: int = FFD_1_2, taxation: int = 1, **changes) -> dict[str, str]:
    from openkassa.api.faults import Invalid

    with pytest.raises(Invalid) as caught:
        drafted(ffd, taxation, **changes)
    return dict(caught.value.faults)


def table(name: str):
    from openkassa.api.yookassa import words

    return list(getattr(words, name).items())


@pytest.mark.parametrize(
    ("word", "code"),
    [(1, 6), (2, 5), (3, 2), (4, 1), (5, 4), (6, 3), (7, 7), (8, 8), (9, 9), (10, 10), (11, 11), (12, 12)],
)
def test_vat_code(word, code):
    draft, _ = drafted(items=[calls.item(vat_code=word)])
    assert draft.items[0].vat == code
    assert drafted(items=[calls.item(vat_code=str(word))])[0] == draft


@pytest.mark.parametrize(("word", "code"), [(1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 32)])
def test_tax_system_code(word, code):
    assert drafted(taxation=63, tax_system_code=word)[0].taxation == code


@pytest.mark.parametrize(("word", "code"), [("payment", 1), ("refund", 2)])
def test_type(word, code):
    assert drafted(type=word)[0].operation == code


@pytest.mark.parametrize(
    ("word", "code"),
    [("full_prepayment", 1), ("partial_prepayment", 2), ("advance", 3), ("full_payment", 4), ("partial_payment", 5),
     ("credit", 6), ("credit_payment", 7)],
)  # fmt: skip
def test_payment_mode(word, code):
    assert drafted(items=[calls.item(payment_mode=word)])[0].items[0].method == code


SUBJECTS = {
    "commodity": 1, "excise": 2, "job": 3, "service": 4, "gambling_bet": 5, "gambling_prize": 6, "lottery": 7,
    "lottery_prize": 8, "intellectual_activity": 9, "payment": 10, "agent_commission": 11, "fine": 12, "another": 13,
    "composite": 13, "property_right": 14, "non_operating_gain": 15, "insurance_premium": 16, "tax": 16,
    "sales_tax": 17, "resort_fee": 18, "lien": 19, "cost": 20, "pension_insurance_without_payouts": 21,
    "pension_insurance_with_payouts": 22, "health_insurance_without_payouts": 23, "health_insurance_with_payouts": 24,
    "health_insurance": 25, "casino": 26, "agent_withdrawals": 27, "non_marked_excise": 30, "marked_excise": 31,
    "non_marked": 32, "marked": 33,
}  # fmt: skip


@pytest.mark.parametrize(("word", "code"), SUBJECTS.items())
def test_payment_subject(word, code):
    assert drafted(items=[calls.item(payment_subject=word)])[0].items[0].kind == code


@pytest.mark.parametrize(("word", "code"), [("composite", 12), ("fine", 13), ("another", 13), ("commodity", 1)])
def test_payment_subject_before_1_2(word, code):
    assert drafted(FFD_1_05, items=[calls.item(payment_subject=word)])[0].items[0].kind == code


MEASURES = {
    "piece": 0, "gram": 10, "kilogram": 11, "ton": 12, "centimeter": 20, "decimeter": 21, "meter": 22,
    "square_centimeter": 30, "square_decimeter": 31, "square_meter": 32, "milliliter": 40, "liter": 41,
    "cubic_meter": 42, "kilowatt_hour": 50, "gigacalorie": 51, "day": 70, "hour": 71, "minute": 72, "second": 73,
    "kilobyte": 80, "megabyte": 81, "gigabyte": 82, "terabyte": 83, "another": 255,
}  # fmt: skip


@pytest.mark.parametrize(("word", "code"), MEASURES.items())
def test_measure(word, code):
    assert drafted(items=[calls.item(measure=word)])[0].items[0].measure == code


def test_measure_of_a_part_of_a_piece_and_before_1_2():
    half = calls.item(quantity="0.5", amount={"value": "42.00"})
    assert drafted(items=[half])[0].items[0].measure == 255
    old = drafted(FFD_1_05, items=[calls.item(measure="kilogram")])[0].items[0]
    assert (old.measure, old.unit) == (0, "кг")


@pytest.mark.parametrize(
    ("word", "bit"),
    [("banking_payment_agent", 1), ("banking_payment_subagent", 2), ("payment_agent", 4), ("payment_subagent", 8),
     ("attorney", 16), ("commissioner", 32), ("agent", 64)],
)  # fmt: skip
def test_agent_type(word, bit):
    supplier = {"name": "ООО Поставщик", "phone": "79000000000", "inn": "7707083893"}
    line = drafted(items=[calls.item(agent_type=word, supplier=supplier)])[0].items[0]
    assert line.agent_type == bit
    assert (line.supplier.name, line.supplier.inn, line.supplier.phones) == (
        "ООО Поставщик",
        "7707083893",
        ("+79000000000",),
    )


@pytest.mark.parametrize(
    ("word", "field"),
    [("cashless", "electronic"), ("prepayment", "prepaid"), ("postpayment", "credit"), ("consideration", "other")],
)
def test_settlements(word, field):
    draft, _ = drafted(settlements=[{"type": word, "amount": {"value": "21.00", "currency": "RUB"}}])
    assert getattr(draft.payments, field) == 2100 == draft.payments.total == draft.total


GS1M = "0104650063110008215Tyu7*kM>b\x1d93abcd"
MARKS = {
    "mark_code_raw": ("gs1m", GS1M), "unknown": ("unknown", "abc"), "ean_8": ("ean8", "46198488"),
    "ean_13": ("ean13", "4606203090785"), "itf_14": ("itf14", "14606203090782"),
    "gs_10": ("gs10", "0104606203090785"), "gs_1m": ("gs1m", GS1M), "short": ("short", "00000046198488X?io+qC"),
    "fur": ("fur", "RU-401301-AAA0277031"), "egais_20": ("egais20", "N" * 68), "egais_30": ("egais30", "1" * 150),
}  # fmt: skip


@pytest.mark.parametrize("field", MARKS)
def test_mark_code_info(field):
    kind, text = MARKS[field]
    item = calls.item(
        payment_subject="marked", mark_code_info={field: text, "fur": None} | {field: text}, mark_mode="0"
    )
    mark = drafted(items=[item])[0].items[0].mark
    assert (mark.kind, mark.code, mark.processing_mode) == (kind, text, 0)
    del item["mark_mode"]
    assert drafted(items=[item])[0].items[0].mark == mark, "a code without its processing mode is taken"


def test_mark_in_base64_and_a_part_of_a_package():
    import base64

    info = {"gs_1m": base64.b64encode(GS1M.encode()).decode()}
    item = calls.item(mark_code_info=info, mark_quantity={"numerator": 1, "denominator": "2"}, planned_status=2)
    mark = drafted(items=[item])[0].items[0].mark
    assert (mark.code, mark.numerator, mark.denominator, mark.planned_status) == (GS1M, 1, 2, 2)


def test_fields_of_a_line():
    line = drafted(
        items=[
            calls.item(
                excise="20.10", country_of_origin_code="RU", customs_declaration_number="10714040/140917/0090376",
                additional_payment_subject_props="синий",
                payment_subject_industry_details=[
                    {"federal_id": "030", "document_date": "2020-11-18", "document_number": "123/43", "value": "x=1"}
                ],
            )
        ]
    )[0].items[0]  # fmt: skip
    assert (line.excise, line.country, line.declaration, line.extra) == (
        2010,
        "643",
        "10714040/140917/0090376",
        "синий",
    )
    assert (line.industry[0].authority, line.industry[0].date, line.industry[0].number, line.industry[0].value) == (
        "030",
        "18.11.2020",
        "123/43",
        "x=1",
    )
    assert (line.price, line.quantity, line.amount) == (1050, Decimal(2), 2100)


def test_fields_of_the_receipt():
    draft, _ = drafted(
        customer={"full_name": "Иванов Иван", "inn": "7707083893", "email": "a@example.ru", "phone": "79000000000"},
        internet=False, timezone=2, additional_user_props={"name": "Ключ", "value": "Значение"},
        receipt_industry_details=[
            {"federal_id": "001", "document_date": "2021-01-02", "document_number": "1", "value": "y"}
        ],
        receipt_operational_details={"operation_id": 255, "value": "v", "created_at": "2026-11-21T09:00:00.000Z"},
    )  # fmt: skip
    assert (draft.buyer.contact, draft.buyer.name, draft.buyer.inn) == ("a@example.ru", "Иванов Иван", "7707083893")
    assert (draft.internet, draft.time_zone, draft.user_extra) == (False, 2, ("Ключ", "Значение"))
    assert draft.industry[0].date == "02.01.2021"
    assert (draft.operating.operation_id, draft.operating.data) == (255, "v")
    assert draft.operating.at == int(dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC).timestamp()), (
        "UTC becomes the till's time"
    )


def test_product_code_is_of_ffd_1_05():
    code = "00 00 00 01 00 21 FA 41"
    assert drafted(FFD_1_05, items=[calls.item(product_code=code)])[0].items[0].product_code == code.replace(" ", "")
    draft, warnings = drafted(items=[calls.item(product_code=code)])
    assert draft.items[0].product_code is None
    assert any("product_code" in text for text in warnings)
    assert "items[0].product_code" in faults(FFD_1_05, items=[calls.item(product_code="xyz")])


@pytest.mark.parametrize("value", ["10.50", "10.5", 10.5, "10.500"])
def test_numbers_come_in_any_form(value):
    assert drafted(items=[calls.item(amount={"value": value})])[0].items[0].price == 1050


@pytest.mark.parametrize("quantity", ["2.000", "2", 2, 2.0])
def test_quantities_come_in_any_form(quantity):
    assert drafted(items=[calls.item(quantity=quantity)])[0].items[0].quantity == 2


def test_nulls_and_empty_arrays_are_absent():
    plain, _ = drafted()
    item = calls.item(excise=None, supplier=None, mark_code_info=None, payment_subject_industry_details=[])
    assert (
        drafted(items=[item], receipt_industry_details=[], receipt_operational_details=None, timezone=None)[0] == plain
    )


def test_mode_and_subject_that_are_missing_are_warned_of():
    item = calls.item()
    del item["payment_mode"], item["payment_subject"]
    draft, warnings = drafted(items=[item])
    assert (draft.items[0].method, draft.items[0].kind) == (4, 1)
    assert len(warnings) == 2


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("type", {"type": "sell"}),
        ("payment_id", {"payment_id": None}),
        ("refund_id", {"type": "refund", "payment_id": ""}),
        ("customer", {"customer": {}}),
        ("customer.inn", {"customer": {"email": "a@b.ru", "inn": "12"}}),
        ("items", {"items": []}),
        ("items", {"items": [calls.item()] * 101}),
        ("items[0].description", {"items": [calls.item(description="x" * 129)]}),
        ("items[0].vat_code", {"items": [calls.item(vat_code=13)]}),
        ("items[0].vat_code", {"items": [calls.item(vat_code=None)]}),
        ("items[0].vat_code", {"items": [calls.item(vat_code=True)]}),
        ("items[0].amount", {"items": [calls.item(amount=None)]}),
        ("items[0].amount.value", {"items": [calls.item(amount={"value": "1.005"})]}),
        ("items[0].amount.currency", {"items": [calls.item(amount={"value": "1", "currency": "USD"})]}),
        ("items[0].quantity", {"items": [calls.item(quantity="0")]}),
        ("items[0].payment_mode", {"items": [calls.item(payment_mode="full")]}),
        ("items[0].payment_subject", {"items": [calls.item(payment_subject="thing")]}),
        ("items[0].measure", {"items": [calls.item(measure="parsec")]}),
        ("items[0].agent_type", {"items": [calls.item(agent_type="007")]}),
        ("items[0].country_of_origin_code", {"items": [calls.item(country_of_origin_code="XX")]}),
        ("items[0].mark_code_info.gs_1m", {"items": [calls.item(mark_code_info={"gs_1m": "п"})]}),
        ("settlements", {"settlements": []}),
        ("settlements", {"settlements": [{"type": "cashless", "amount": {"value": "20.00"}}]}),
        ("settlements[0].type", {"settlements": [{"type": "cash", "amount": {"value": "21.00"}}]}),
        ("tax_system_code", {"tax_system_code": 7}),
        ("tax_system_code", {"tax_system_code": 2}),
        ("timezone", {"timezone": 12}),
        ("send", {"send": False}),
        ("on_behalf_of", {"on_behalf_of": "123"}),
        ("receipt_operational_details.created_at",
         {"receipt_operational_details": {"operation_id": 1, "value": "v", "created_at": "yesterday"}}),
        ("receipt_industry_details[0].federal_id", {"receipt_industry_details": [{"federal_id": "x"}]}),
    ],
)  # fmt: skip
def test_faults_name_the_field(field, changes):
    assert field in faults(**changes)


def test_a_pool_with_several_systems_needs_one():
    assert "tax_system_code" in faults(taxation=3)


def test_total_that_differs_names_both_sums_and_the_difference():
    found = faults(settlements=[{"type": "cashless", "amount": {"value": "25.00"}}])
    assert "25" in found["settlements"]
    assert "21" in found["settlements"]
    assert "разница 4" in found["settlements"]


@pytest.mark.parametrize("name", ["VAT", "TAXATION", "MODES", "SUBJECTS", "MEASURES", "AGENTS", "SETTLEMENTS", "MARKS"])
def test_every_cell_of_the_tables_is_tested_above(name):
    tested = {
        "SUBJECTS": set(SUBJECTS), "MEASURES": set(MEASURES), "MARKS": set(MARKS), "VAT": set(range(1, 13)),
        "TAXATION": set(range(1, 7)),
    }  # fmt: skip
    words = {word for word, _ in table(name)}
    assert words == tested.get(name, words)
    assert len(words) == {"MODES": 7, "AGENTS": 7, "SETTLEMENTS": 4}.get(name, len(words))
