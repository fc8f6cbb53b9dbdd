"""Bad input on every address of v1: a problem with code, field and what to do, nothing stored, never a 500."""

from __future__ import annotations

import json
import random

import pytest
from tests.api.atol.test_atol_bad_input import BODIES, ODD, _spots
from tests.api.http import call
from tests.api.v1.calls import item, sale, send

UNREADABLE = {
    name: body
    for name, body in BODIES.items()
    if name in ("empty", "not json", "cut", "trailing", "not utf-8", "utf-16", "lone surrogate", "nan", "deep")
}


def stored(shop) -> int:
    return len(send(shop, "GET", "/receipts?limit=200").json["receipts"])


@pytest.mark.parametrize("path", ["/receipts", "/receipts/batch"])
def test_bodies_that_are_no_json(shop, path):
    for name, body in UNREADABLE.items():
        answer = send(shop, "POST", path, body)
        assert answer.status in (400, 422), (name, answer.body)
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json["code"] in ("json_malformed", "field_invalid"), name
        assert answer.json["what_to_do"]
    assert stored(shop) == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"external_id": ""}, "external_id"),
        ({"external_id": "x" * 129}, "external_id"),
        ({"external_id": "x\0"}, "external_id"),
        ({"external_id": 5}, "external_id"),
        ({"operation": "sell"}, "operation"),
        ({"items": []}, "items"),
        ({"items": [item()] * 101}, "items"),
        ({"items": [item(price=10.5)]}, "items[0].price"),
        ({"items": [item(price=-1)]}, "items[0].price"),
        ({"items": [item(price=2**60)]}, "items[0].price"),
        ({"items": [item(quantity=2)]}, "items[0].quantity"),
        ({"items": [item(quantity="2,5")]}, "items[0].quantity"),
        ({"items": [item(quantity="0")]}, "items[0].quantity"),
        ({"items": [item(vat="18")]}, "items[0].vat"),
        ({"items": [item(name="x" * 129)]}, "items[0].name"),
        ({"items": [item(name="")]}, "items[0].name"),
        ({"items": [item(), item(object="thing")]}, "items[1].object"),
        ({"items": [{"name": "x", "price": 1}]}, "items[0].vat"),
        ({"payments": None}, "payments"),
        ({"payments": {"card": 1}}, "payments.card"),
        ({"payments": {"cash": 1}}, "payments"),
        ({"total": 1}, None),
        ({"discount": 10_000}, None),
        ({"buyer": {"phone": "none"}}, "buyer.phone"),
        ({"buyer": {"email": "none"}}, "buyer.email"),
        ({"buyer": {"birthdate": "01.01.2000"}}, "buyer.birthdate"),
        ({"correction": {"date": "2026-02-31"}}, "correction.date"),
        ({"correction": {"date": "2999-01-01"}}, "correction.date"),
        ({"correction_vat": [{"vat": "22"}]}, "correction_vat[0].amount"),
        ({"correction_vat": [{"vat": "22", "amount": 1}]}, "correction_vat"),
        ({"agent": {"type": "spy"}}, "agent.type"),
        ({"agent": {"type": "other", "transfer_inn": "7707083890"}}, "agent.transfer_inn"),
        ({"supplier": {"inn": "7707083890"}}, "supplier.inn"),
        ({"supplier": {"phones": ["+7999111223344556677889"]}}, "supplier.phones[0]"),
        ({"items": [item(unit_name="")]}, "items[0].unit_name"),
        ({"items": [item(product_code="0x")]}, "items[0].product_code"),
        ({"refers_to": "x"}, "refers_to"),
        ({"callback_url": "ftp://x"}, "callback_url"),
        ({"language": "fr"}, "language"),
    ],
)
def test_wrong_fields_are_named(shop, changes, field):
    answer = send(shop, "POST", "/receipts", sale(**changes))
    assert answer.status == 422, answer.body
    assert answer.json["what_to_do"]
    if field is not None:
        assert answer.json["field"] == field, answer.body
    assert stored(shop) == 0


@pytest.mark.parametrize("body", [[], "x", 5, None, {"external_id": 5}, {"external_id": "r", "items": []}, {"x": 1}])
def test_wrong_refund_bodies(shop, body):
    made = send(shop, "POST", "/receipts", sale()).json["id"]
    answer = send(shop, "POST", f"/receipts/{made}/refund", json.dumps(body).encode())
    assert (answer.status, answer.json["code"]) == (422, "field_invalid")


def test_body_over_the_limit_is_413(shop):
    answer = send(shop, "POST", "/receipts", b" " * (2 * 1024 * 1024 + 1))
    assert (answer.status, answer.json["code"]) == (413, "body_too_large")


@pytest.mark.parametrize("content_type", ["text/plain", "application/json; charset=koi8-r", "multipart/form-data"])
def test_content_type(shop, content_type):
    answer = send(shop, "POST", "/receipts", json.dumps(sale()).encode(), Content_Type=content_type)
    assert (answer.status, answer.json["code"]) == (415, "media_type")


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/receipts"), ("DELETE", "/receipts/x"), ("POST", "/receipts/x"), ("GET", "/receipts/x/refund"),
     ("GET", "/receipts/x/withdraw"), ("PATCH", "/receipts/batch")],
)  # fmt: skip
def test_wrong_methods_name_the_right_ones(shop, method, path):
    answer = send(shop, method, path)
    assert (answer.status, answer.json["code"]) == (405, "method_not_allowed")
    assert answer.headers["Allow"]


@pytest.mark.parametrize("path", ["", "/", "/nothing", "/receipts/x/y/z", "/receipts/"])
def test_unknown_paths_are_problems_too(shop, path):
    answer = send(shop, "GET", path or "/")
    assert (answer.status, answer.json["code"]) in ((404, "path_unknown"), (404, "receipt_unknown"))


def test_a_fault_of_the_server_is_a_problem_without_traceback(shop, monkeypatch):
    from openkassa.api.v1 import accept

    def fail(**_):
        raise RuntimeError("canary-in-traceback")

    monkeypatch.setattr(accept, "receipt_accept", fail)
    answer = send(shop, "POST", "/receipts", sale())
    assert (answer.status, answer.json["code"]) == (500, "internal")
    assert b"canary" not in answer.body


def test_a_database_that_is_away_is_503(shop, monkeypatch):
    from django.db import OperationalError

    from openkassa.api.v1 import accept

    def fail(**_):
        raise OperationalError("gone")

    monkeypatch.setattr(accept, "receipt_accept", fail)
    answer = send(shop, "POST", "/receipts", sale())
    assert (answer.status, answer.json["code"], answer.headers["Retry-After"]) == (503, "unavailable", "1")


FULL = sale(
    items=[
        item(amount=2100, unit="kg", country="643", declaration="1", excise=1, extra="x",
             agent={"type": "other", "operation": "x", "phones": ["+79991112233"], "transfer_inn": "7707083893"},
             supplier={"name": "x", "inn": "7707083893", "phones": ["+79991112233"]},
             industry=[{"authority": "030", "date": "2026-11-01", "number": "1", "value": "x"}])
    ],
    total=2100,
    buyer={"email": "a@b.ru", "phone": "+79991112233", "name": "x", "inn": "7707083893", "birthdate": "2000-01-01",
           "citizenship": "643", "document_code": "21", "document_data": "1", "address": "x"},
    cashier={"name": "x", "inn": "500100732259"},
    operating={"operation_id": 0, "data": "x", "at": "2026-11-21T12:00:00+03:00"},
    cashless=[{"amount": 2100, "method": 1, "ids": "x"}],
    user_extra={"name": "x", "value": "y"},
    industry=[{"authority": "030", "date": "2026-11-01", "number": "1", "value": "x"}],
)  # fmt: skip


def test_a_receipt_with_every_field_is_accepted(shop):
    answer = send(shop, "POST", "/receipts", FULL)
    assert answer.status == 201, answer.body


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_beyond_the_calendar_names_its_field(shop, at):
    answer = send(shop, "POST", "/receipts", FULL | {"operating": FULL["operating"] | {"at": at}})
    assert (answer.status, answer.json["field"]) == (422, "operating.at")
    assert stored(shop) == 0


@pytest.mark.parametrize("seed", range(3))
def test_fuzzed_bodies_are_accepted_or_refused_and_never_fail(shop, seed):
    chance = random.Random(seed)
    accepted = 0
    for number in range(120):
        body = json.loads(json.dumps(FULL | {"external_id": f"fuzz-{seed}-{number}"}))
        for _ in range(chance.randint(1, 2)):
            holder, key = chance.choice(list(_spots(body)))
            if chance.random() < 0.4:
                del holder[key]
            else:
                holder[key] = chance.choice(ODD)
        answer = send(shop, "POST", "/receipts", body)
        assert answer.status in (201, 404, 409, 422), (body, answer.body)
        accepted += answer.status == 201
    assert stored(shop) == accepted
    assert accepted > 5


@pytest.mark.django_db
def test_openapi_and_its_page_need_no_key():
    document = call("GET", "/api/v1/openapi.json")
    assert document.json["openapi"] == "3.1.0"
    page = call("GET", "/api/v1/docs")
    assert page.status == 200
    text = page.body.decode()
    for path in document.json["paths"]:
        assert f"/api/v1{path}" in text
    assert "<script" not in text
    assert "style=" not in text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert call("GET", "/api/v1/docs.css").headers["Content-Type"].startswith("text/css")


@pytest.mark.django_db
def test_openapi_refers_to_schemas_that_exist():
    document = call("GET", "/api/v1/openapi.json")
    schemas = document.json["components"]["schemas"]
    named = {part.split('"')[0] for part in document.body.decode().split("#/components/schemas/")[1:]}
    assert named <= set(schemas)
    assert {"Receipt", "Refund", "ReceiptAnswer", "Problem"} <= set(schemas)


def test_every_problem_of_the_code_is_in_the_catalogue():
    import re
    from importlib import resources

    from openkassa.api.v1.problems import CATALOGUE

    used = set()
    for file in resources.files("openkassa.api.v1").iterdir():
        if file.name.endswith(".py"):
            used |= set(re.findall(r'Refused\(\s*"(\w+)"', file.read_text()))
    assert used
    assert used <= set(CATALOGUE)
