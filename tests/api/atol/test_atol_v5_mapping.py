"""What v5 requests become in the terms of fiscal documents."""

from __future__ import annotations

import base64
import datetime as dt
import json

import pytest
from tests.api.atol import calls_v5
from tests.api.atol.test_atol_mapping import DAY, channel

from openkassa.fiscal.draft import Buyer, Cashless, IndustryProps, Mark, OperatingProps
from openkassa.fiscal.ffd.codes import KINDS, MEASURES


def mapped(body: dict, operation: str = "sell"):
    from openkassa.api.atol.versions import VERSIONS

    version = VERSIONS["v5"]
    return version.mapped(json.dumps(body).encode(), version.operations[operation], channel(), DAY)


def faults(body: dict, operation: str = "sell") -> list[str]:
    from openkassa.api.faults import Invalid

    with pytest.raises(Invalid) as caught:
        mapped(body, operation)
    return [field for field, _ in caught.value.faults]


def line(**changes):
    return mapped(calls_v5.sell(items=[calls_v5.item(**changes)])).draft.items[0]


def line_faults(**changes) -> list[str]:
    return faults(calls_v5.sell(items=[calls_v5.item(**changes)]))


@pytest.mark.parametrize(
    ("operation", "code", "form"),
    [("sell", 1, 3), ("sell_refund", 2, 3), ("buy", 3, 3), ("buy_refund", 4, 3), ("sell_correction", 1, 31),
     ("sell_refund_correction", 2, 31), ("buy_correction", 3, 31), ("buy_refund_correction", 4, 31)],
)  # fmt: skip
def test_operations(operation, code, form):
    body = calls_v5.correction() if operation.endswith("correction") else calls_v5.sell()
    draft = mapped(body, operation).draft
    assert (draft.operation, draft.form, len(draft.items)) == (code, form, 1)


@pytest.mark.parametrize("code", KINDS)
def test_objects_are_the_numbers_of_tag_1212(code):
    assert line(payment_object=code).kind == code


def test_the_protocol_has_the_objects_and_measures_that_we_know():
    assert list(KINDS) == [*range(1, 28), *range(30, 34)]
    assert list(MEASURES) == [0, 10, 11, 12, 20, 21, 22, 30, 31, 32, 40, 41, 42, 50, 51, 70, 71, 72, 73, 80, 81, 82, 83,
                              255]  # fmt: skip


@pytest.mark.parametrize("code", MEASURES)
def test_measures_are_the_numbers_of_tag_2108(code):
    assert line(measure=code).measure == code


@pytest.mark.parametrize(
    ("name", "code"),
    [("none", 6), ("vat0", 5), ("vat5", 7), ("vat7", 8), ("vat10", 2), ("vat20", 1), ("vat22", 11), ("vat105", 9),
     ("vat107", 10), ("vat110", 4), ("vat120", 3), ("vat122", 12)],
)  # fmt: skip
def test_vat(name, code):
    assert line(vat={"type": name}).vat == code


@pytest.mark.parametrize(
    ("name", "code"),
    [("full_prepayment", 1), ("prepayment", 2), ("advance", 3), ("full_payment", 4), ("partial_payment", 5),
     ("credit", 6), ("credit_payment", 7)],
)  # fmt: skip
def test_methods(name, code):
    assert line(payment_method=name).method == code


@pytest.mark.parametrize(
    ("field", "value"),
    [("payment_object", "commodity"), ("payment_object", 28), ("payment_object", None), ("payment_object", 1.5),
     ("payment_object", True), ("payment_object", "9" * 5000), ("measure", None), ("measure", 1), ("measure", "шт"),
     ("measure", -1), ("payment_method", None), ("payment_method", "paid")],
)  # fmt: skip
def test_codes_that_are_refused(field, value):
    assert line_faults(**{field: value}) == [f"receipt.items[0].{field}"]


@pytest.mark.parametrize("value", [1, 1.0, "1"])
def test_a_number_may_be_written_in_several_ways(value):
    assert line(payment_object=value, measure=value and 0).kind == 1


@pytest.mark.parametrize("name", ["email", "sno"])
def test_the_company_needs_email_and_taxation(name):
    company = calls_v5.sell()["receipt"]["company"] | {name: None}
    assert faults(calls_v5.sell(company=company)) == [f"receipt.company.{name}"]
    assert faults(calls_v5.correction(company=company), "sell_correction") == [f"correction.company.{name}"]


# -- marking ---------------------------------------------------------------------------------------------------------

PLAIN = {
    "unknown": "что угодно".encode("cp1251").hex(), "ean8": "46000001", "ean13": "4606203090785",
    "itf14": "14606203090782", "gs10": "0104600439931256", "fur": "RU-401301-AAA0277031",
    "egais20": "22N00002NU5DBKYDOT17ID980726019", "egais30": "12345678901234",
}  # fmt: skip


@pytest.mark.parametrize("kind", PLAIN)
def test_kinds_of_codes_that_are_sent_plain(kind):
    mark = line(mark_code={kind: PLAIN[kind]}).mark
    assert (mark.kind, mark.code) == (kind, PLAIN[kind])


@pytest.mark.parametrize(("kind", "code"), [("gs1m", calls_v5.CODE), ("short", "04600439931256JgXJ5.TAAAAabcd")])
def test_kinds_of_codes_that_are_sent_in_base64(kind, code):
    mark = line(mark_code={kind: base64.b64encode(code.encode()).decode()}).mark
    assert (mark.kind, mark.code) == (kind, code)


def test_a_code_that_a_client_sent_plain_is_taken():
    assert line(mark_code={"gs1m": calls_v5.CODE.replace("\x1d", "\\u001d")}).mark.code == calls_v5.CODE


def test_all_of_a_mark():
    item = calls_v5.marked(mark_quantity={"numerator": 1, "denominator": 2}, planned_status=2)
    mark = mapped(calls_v5.sell(items=[item])).draft.items[0].mark
    assert mark == Mark(kind="gs1m", code=calls_v5.CODE, planned_status=2, numerator=1, denominator=2)


@pytest.mark.parametrize("mode", ["0", 0, "", None])
def test_the_processing_mode_is_0_however_it_is_said(mode):
    assert line(mark_code={"gs1m": calls_v5.CODE}, mark_processing_mode=mode).mark.processing_mode == 0


@pytest.mark.parametrize("empty", [None, {}, {"gs1m": None}, {"gs1m": ""}])
def test_an_empty_code_is_none_and_its_status_a_warning(empty):
    result = mapped(calls_v5.sell(items=[calls_v5.item(mark_code=empty, planned_status=1)]))
    assert result.draft.items[0].mark is None
    assert result.warnings == ("receipt.items[0].planned_status: без кода маркировки в чек не попадёт",)


@pytest.mark.parametrize(
    ("fields", "fault"),
    [({"mark_code": {"ean8": "46000001", "ean13": "4606203090785"}}, "mark_code"),
     ({"mark_code": {"gs1m": "Ж" * 10}}, "mark_code.gs1m"),
     ({"mark_code": {"unknown": "x" * 401}}, "mark_code.unknown"),
     ({"mark_code": {"unknown": "x\u0001"}}, "mark_code.unknown"),
     ({"mark_code": {"ean8": "1"}, "planned_status": "sold"}, "planned_status"),
     ({"mark_code": {"ean8": "1"}, "planned_status": 256}, "planned_status"),
     ({"mark_code": {"ean8": "1"}, "mark_processing_mode": "x"}, "mark_processing_mode"),
     ({"mark_code": {"ean8": "1"}, "mark_quantity": {"numerator": 0, "denominator": 2}}, "mark_quantity.numerator")],
)  # fmt: skip
def test_marks_that_are_refused(fields, fault):
    assert line_faults(**fields) == [f"receipt.items[0].{fault}"]


# -- requisites ------------------------------------------------------------------------------------------------------

SECTORAL = {"federal_id": "030", "date": "21.11.2026", "number": "1944", "value": "UUID=1&Time=2"}
INDUSTRY = IndustryProps(authority="030", date="21.11.2026", number="1944", value="UUID=1&Time=2")


def test_requisites_of_a_line():
    item = line(sectoral_item_props=[SECTORAL, {}], wholesale=True, user_data="u", excise=1.5, country_code="643",
                declaration_number="1/2")  # fmt: skip
    assert (item.industry, item.wholesale, item.extra, item.excise, item.country, item.declaration) == (
        (INDUSTRY,), True, "u", 150, "643", "1/2"
    )  # fmt: skip


def test_requisites_of_a_receipt():
    client = {
        "email": "a@b.ru", "name": "Иванов", "inn": "500100732259", "birthdate": "01.02.1990", "citizenship": "643",
        "document_code": "21", "document_data": "1234 567890", "address": "Москва",
    }  # fmt: skip
    draft = mapped(
        calls_v5.sell(
            client=client,
            cashier="Кассир",
            cashier_inn="500100732259",
            additional_check_props="доп",
            additional_user_props={"name": "имя", "value": "значение"},
            sectoral_check_props=[SECTORAL],
            operating_check_props={"name": "0", "value": "данные", "timestamp": "21.11.2026 10:00:00"},
            internet=True,
            timezone=2,
            device_number="7",
            cashless_payments=[{"sum": 21, "method": 1, "id": "rrn 1", "additional_info": "карта"}],
        )
    ).draft
    assert draft.buyer == Buyer(
        contact="a@b.ru", name="Иванов", inn="500100732259", birthdate="01.02.1990", citizenship="643",
        document_code="21", document_data="1234 567890", address="Москва",
    )  # fmt: skip
    assert draft.industry == (INDUSTRY,)
    at = int(dt.datetime(2026, 11, 21, 10, tzinfo=dt.UTC).timestamp())
    assert draft.operating == OperatingProps(operation_id=0, data="данные", at=at)
    assert draft.cashless == (Cashless(amount=2100, method=1, ids="rrn 1", extra="карта"),)
    assert (draft.internet, draft.time_zone, draft.cashier, draft.cashier_inn, draft.machine_number) == (
        True, 2, "Кассир", "500100732259", "7"
    )  # fmt: skip
    assert (draft.extra, draft.user_extra) == ("доп", ("имя", "значение"))


def test_empty_requisites_are_absent():
    draft = mapped(
        calls_v5.sell(sectoral_check_props=[], operating_check_props={}, cashless_payments=[], timezone=None,
                      internet=None, additional_user_props={})
    ).draft  # fmt: skip
    assert (draft.industry, draft.operating, draft.cashless, draft.time_zone, draft.internet) == (
        (),
        None,
        (),
        None,
        False,
    )


@pytest.mark.parametrize(
    ("fields", "fault"),
    [({"timezone": 0}, "timezone"), ({"timezone": 12}, "timezone"), ({"timezone": "x"}, "timezone"),
     ({"sectoral_check_props": [SECTORAL | {"federal_id": "3"}]}, "sectoral_check_props[0].federal_id"),
     ({"sectoral_check_props": [SECTORAL | {"date": "31.02.2026"}]}, "sectoral_check_props[0].date"),
     ({"sectoral_check_props": [SECTORAL | {"date": ""}]}, "sectoral_check_props[0].date"),
     ({"sectoral_check_props": [SECTORAL | {"number": "1" * 33}]}, "sectoral_check_props[0].number"),
     ({"sectoral_check_props": [SECTORAL | {"value": None}]}, "sectoral_check_props[0].value"),
     ({"sectoral_check_props": [SECTORAL] * 11}, "sectoral_check_props"),
     ({"operating_check_props": {"name": "x", "value": "v", "timestamp": "21.11.2026 10:00:00"}},
      "operating_check_props.name"),
     ({"operating_check_props": {"name": 256, "value": "v", "timestamp": "21.11.2026 10:00:00"}},
      "operating_check_props.name"),
     ({"operating_check_props": {"name": 0, "value": "v", "timestamp": "2026-11-21"}},
      "operating_check_props.timestamp"),
     ({"cashless_payments": [{"sum": 21, "method": None, "id": "1"}]}, "cashless_payments[0].method"),
     ({"cashless_payments": [{"sum": 21, "method": 1, "id": "1" * 257}]}, "cashless_payments[0].id"),
     ({"cashless_payments": [{"sum": -1, "method": 1, "id": "1"}]}, "cashless_payments[0].sum"),
     ({"cashless_payments": [{"sum": 1, "method": 1, "id": "1"}] * 11}, "cashless_payments"),
     ({"client": {"email": "a@b.ru", "birthdate": "1990-02-01"}}, "client.birthdate"),
     ({"client": {"email": "a@b.ru", "citizenship": "6430"}}, "client.citizenship")],
)  # fmt: skip
def test_requisites_that_are_refused(fields, fault):
    assert faults(calls_v5.sell(**fields)) == [f"receipt.{fault}"]


# -- corrections -----------------------------------------------------------------------------------------------------


def test_a_correction_on_ones_own_needs_neither_number_nor_buyer():
    draft = mapped(calls_v5.correction(client=None), "sell_correction").draft
    assert (draft.buyer, draft.correction.by_order, draft.correction.number) == (None, False, None)
    assert draft.correction.date == dt.date(2026, 11, 20)
    assert mapped(calls_v5.correction(client={}), "sell_correction").draft.buyer is None


def test_a_correction_by_order_keeps_its_number():
    info = {"type": "instruction", "base_date": "20.11.2026", "base_number": "№ 5"}
    correction = mapped(calls_v5.correction(correction_info=info), "buy_refund_correction").draft.correction
    assert (correction.by_order, correction.number) == (True, "№ 5")
    without = calls_v5.correction(correction_info=info | {"base_number": ""})
    assert faults(without, "buy_correction") == ["correction.correction_info.base_number"]


def test_what_is_wrong_in_a_correction_is_named_under_its_name():
    body = calls_v5.correction(correction_info=None, items=[calls_v5.item(measure=1)], payments=[], total="1")
    assert faults(body, "sell_correction") == [
        "correction.items[0].measure", "correction.payments", "correction.total", "correction.correction_info",
    ]  # fmt: skip
    assert faults({**calls_v5.correction(), "correction": None}, "sell_correction") == ["correction"]
