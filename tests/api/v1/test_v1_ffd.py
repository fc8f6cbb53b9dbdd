"""Every requisite that v1 takes arrives in the document of each format, read by the second reader of TLV."""

from __future__ import annotations

import base64

import pytest
from tests.api.shops import make_shop
from tests.api.v1.calls import item, sale, send
from tests.fiscal.ffd import oracle
from tests.fiscal.test_marking import MILK, SHOES

from openkassa.fiscal.marking import control_code

AGENT = {
    "type": "paying_agent", "operation": "Приём", "phones": ["+79991112233"], "receiver_phones": ["+79992223344"],
    "transfer_phones": ["+79993334455"], "transfer_name": "Оператор", "transfer_address": "Адрес",
    "transfer_inn": "7707083893",
}  # fmt: skip
SUPPLIER = {"name": "Поставщик", "inn": "7707083893", "phones": ["+79995556677"]}
INDUSTRY = {"authority": "030", "date": "2023-11-21", "number": "1944", "value": "UUID=1&Time=2"}


def everything(external_id: str = "all", **changes):
    line = item(
        unit="kg", quantity="2.5", price=1000, unit_name="упак", product_code="444D0001", excise=150, country="643",
        declaration="10702030/171014/0015527", extra="доп", agent={"type": "commission_agent"}, supplier=SUPPLIER,
        industry=[INDUSTRY],
    )  # fmt: skip
    return sale(
        external_id,
        items=[line, item(name="Второй")],
        payments={"cash": 100, "electronic": 4500},
        buyer={
            "email": "buyer@example.ru", "name": "Иванов И. И.", "inn": "500100732259", "birthdate": "1990-02-01",
            "citizenship": "643", "document_code": "21", "document_data": "4500 111111", "address": "г. Пример",
        },
        cashier={"name": "Петрова", "inn": "500100732259"},
        agent=AGENT,
        supplier={"name": "Общий", "inn": "5544332219", "phones": ["+79990000009"]},
        internet=True,
        time_zone=2,
        place="https://shop.example/x",
        address="г. Другой",
        seller_email="s@shop.example",
        machine_number="159",
        extra="доп чека",
        user_extra={"name": "Заказ", "value": "123"},
        industry=[INDUSTRY],
        operating={"operation_id": 7, "data": "данные", "at": "2026-11-21T12:00:00"},
        cashless=[{"amount": 4500, "method": 1, "ids": "rrn 1", "extra": "СБП"}],
        **changes,
    )  # fmt: skip


def content(shop, answer) -> list:
    from openkassa.core.tenancy import within
    from openkassa.kassa.receipts.models import ReceiptContent

    assert answer.status == 201, answer.body
    with within(shop.organisation_id):
        return oracle.read(bytes(ReceiptContent.objects.get(receipt_id=answer.json["id"]).content))


def first(pairs: list, *path: int):
    for tag in path:
        pairs = next(value for one, value in pairs if one == tag)
    return pairs


COMMON = {
    (1008,): "buyer@example.ru", (1021,): "Петрова", (1203,): "500100732259", (1125,): 1, (1011,): 2,
    (1187,): "https://shop.example/x", (1009,): "г. Другой", (1117,): "s@shop.example", (1036,): "159",
    (1192,): "доп чека", (1084,): [(1085, "Заказ"), (1086, "123")], (1031,): 100, (1081,): 4500,
    (1234,): [(1235, [(1082, 4500), (1236, 1), (1237, "rrn 1"), (1238, "СБП")])],
    (1059, 1229): 150, (1059, 1230): "643", (1059, 1231): "10702030/171014/0015527", (1059, 1191): "доп",
    (1059, 1222): 32, (1059, 1224): [(1171, "+79995556677"), (1225, "Поставщик")], (1059, 1226): "7707083893",
}  # fmt: skip
FIELDS_OF_AGENT = [
    (1075, "+79993334455"), (1044, "Приём"), (1073, "+79991112233"), (1074, "+79992223344"), (1026, "Оператор"),
    (1005, "Адрес"), (1016, "7707083893"),
]  # fmt: skip
PROPS = [(1262, "030"), (1263, "21.11.2023"), (1264, "1944"), (1265, "UUID=1&Time=2")]


def test_every_field_in_1_2(shop):
    pairs = content(shop, send(shop, "POST", "/receipts", everything()))
    assert {path: first(pairs, *path) for path in COMMON} == COMMON
    assert first(pairs, 1256) == [
        (1227, "Иванов И. И."), (1228, "500100732259"), (1243, "01.02.1990"), (1244, "643"), (1245, "21"),
        (1246, "4500 111111"), (1254, "г. Пример"),
    ]  # fmt: skip
    assert first(pairs, 1261) == first(pairs, 1059, 1260) == PROPS
    assert first(pairs, 1270) == [(1273, 1_795_262_400), (1271, 7), (1272, "данные")]
    assert first(pairs, 1059, 2108) == 11
    inherited = [value for tag, value in pairs if tag == 1059][1]
    assert first(inherited, 1222) == 4
    assert first(inherited, 1223) == FIELDS_OF_AGENT
    assert first(inherited, 1224) == [(1171, "+79990000009"), (1225, "Общий")]
    assert not {1057, 1171, 1227, 1197, 1162} & {tag for tag, _ in pairs + first(pairs, 1059)}


@pytest.mark.parametrize("ffd", [2, 3])
def test_every_field_before_1_2(db, ffd):
    shop = make_shop("older", ffd=ffd)
    answer = send(shop, "POST", "/receipts", everything())
    pairs = content(shop, answer)
    assert {path: first(pairs, *path) for path in COMMON} == COMMON
    assert (first(pairs, 1227), first(pairs, 1228), first(pairs, 1057)) == ("Иванов И. И.", "500100732259", 4)
    at = [tag for tag, _ in pairs].index(1057) + 1
    assert pairs[at : at + 8] == [*FIELDS_OF_AGENT, (1171, "+79990000009")]
    assert (first(pairs, 1059, 1197), first(pairs, 1059, 1162)) == ("упак", bytes.fromhex("444d0001"))
    assert not {1256, 1261, 1270, 2108, 1260} & {tag for tag, _ in pairs + first(pairs, 1059)}
    dropped = {warning.get("field") for warning in answer.json["warnings"]}
    assert {"industry", "operating", "items[0].industry", "buyer.birthdate", "buyer.address"} <= dropped


def test_a_unit_is_printed_in_russian_before_1_2(db):
    shop = make_shop("older", ffd=2)
    pairs = content(shop, send(shop, "POST", "/receipts", sale(items=[item(unit="kg")])))
    assert first(pairs, 1059, 1197) == "кг"


@pytest.mark.parametrize("ffd", [2, 4])
def test_forms_of_strict_reporting(db, ffd):
    shop = make_shop("bso", ffd=ffd)
    bso = send(shop, "POST", "/receipts", sale("b", strict_reporting_form=True))
    correction = {"date": "2026-11-20", "by_order": True, "number": "12-3/45"}
    corrected = send(shop, "POST", "/receipts", sale("c", strict_reporting_form=True, correction=correction))
    assert (bso.json["form"], corrected.json["form"]) == (4, 41)
    pairs = content(shop, corrected)
    assert (first(pairs, 1173), first(pairs, 1174, 1179)) == (1, "12-3/45")


def test_a_correction_without_items_is_for_1_05(db):
    body = {
        "external_id": "c", "operation": "sale", "payments": {"cash": 12200}, "correction": {"date": "2026-11-20"},
        "correction_vat": [{"vat": "22", "amount": 2200}, {"vat": "10", "amount": 0}],
    }  # fmt: skip
    shop = make_shop("older", ffd=2)
    pairs = content(shop, send(shop, "POST", "/receipts", body))
    assert first(pairs, 1115) == [(1119, [(1199, 11), (1120, 2200)])]
    assert 1059 not in {tag for tag, _ in pairs}
    newer = send(make_shop("newer"), "POST", "/receipts", body)
    assert (newer.status, newer.json["field"], newer.json["errors"][0]["code"]) == (422, "items", "no_items")


@pytest.mark.parametrize("operation", ["sale_refund", "expense_refund"])
def test_refund_corrections_are_of_1_2(db, operation):
    body = sale(operation=operation, correction={"date": "2026-11-20"})
    newer = send(make_shop("newer"), "POST", "/receipts", body)
    assert (newer.status, newer.json["form"], newer.json["operation"]) == (201, 31, operation)
    older = send(make_shop("older", ffd=2), "POST", "/receipts", body)
    assert (older.status, older.json["field"]) == (422, "operation")


@pytest.mark.parametrize(
    ("day", "vat", "tag", "tax"),
    [
        ("2018-12-31", "20", 1102, 1800),  # code 1 was 18 % then
        ("2019-01-01", "20", 1102, 1967),
        ("2018-12-31", "20/120", 1106, 1800),
        ("2025-12-31", "20/120", 1106, 1967),
    ],
)
def test_a_correction_has_the_rate_of_the_day_it_corrects(shop, day, vat, tag, tax):
    line = item(price=11800, quantity="1", vat=vat)
    body = sale(items=[line], payments={"cash": 11800}, correction={"date": day})
    answer = send(shop, "POST", "/receipts", body)
    assert first(content(shop, answer), tag) == tax
    assert answer.json["warnings"] == []


def test_a_rate_that_was_not_in_force_yet_is_warned_of(shop):
    body = sale(correction={"date": "2025-12-31"})
    (warning,) = send(shop, "POST", "/receipts", body).json["warnings"]
    assert warning["field"] == "items[0].vat"
    assert "22%" in warning["detail"] and "31.12.2025" in warning["detail"]


def test_a_marking_code_plain_and_in_base64(shop):
    marks = [
        {"code": SHOES, "numerator": 1, "denominator": 2},
        {"code": base64.b64encode(MILK.encode()).decode(), "base64": True, "kind": "gs1m"},
    ]
    items = [item(mark=mark, quantity="1", object="marked") for mark in marks]
    answer = send(shop, "POST", "/receipts", sale(items=items))
    assert answer.status == 201 and answer.json["warnings"] == []
    lines = [value for tag, value in content(shop, answer) if tag == 1059]
    assert [first(line, 1163, 1305) for line in lines] == [SHOES[:31], MILK[:24]]
    assert (first(lines[0], 1291), first(lines[0], 1212), first(lines[0], 2102)) == ([(1293, 1), (1294, 2)], 33, 0)
    expected = [
        {"line": 0, "code": SHOES, "result": None, "sign": None, "control": control_code(SHOES)},
        {"line": 1, "code": MILK, "result": None, "sign": None, "control": control_code(MILK)},
    ]
    assert answer.json["marks_result"] == expected
    assert send(shop, "GET", f"/receipts/{answer.json['id']}").json["marks_result"] == expected


@pytest.mark.parametrize(
    ("mark", "field"),
    [
        ({"code": "кирилл"}, "items[0].mark.code"),
        ({"code": "не base64", "base64": True}, "items[0].mark.code"),
        ({"code": SHOES, "kind": "qr"}, "items[0].mark.kind"),
        ({"code": SHOES, "numerator": 1}, "items[0].mark.denominator"),
        ({"code": SHOES, "planned_status": 3}, "items[0].mark.planned_status"),
        ({}, "items[0].mark"),
    ],
)
def test_what_is_wrong_with_a_mark_is_named(shop, mark, field):
    answer = send(shop, "POST", "/receipts", sale(items=[item(mark=mark, quantity="2")]))
    assert answer.status == 422 and field in str(answer.json)


def test_an_answer_without_marks_has_none(shop):
    answer = send(shop, "POST", "/receipts", sale())
    assert answer.json["marks_result"] == []
