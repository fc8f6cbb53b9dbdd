"""Bad input on every address of МодульКасса: the protocol's own error, nothing stored, never a 500."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.api.http import call
from tests.api.modulkassa import calls
from tests.api.sweep import changed

from openkassa.core.tenancy import within
from openkassa.kassa.receipts.models import Receipt

pytestmark = pytest.mark.django_db

BODIES = {
    "empty": b"",
    "not json": b"id=1",
    "cut": json.dumps(calls.document()).encode()[:-5],
    "trailing": json.dumps(calls.document()).encode() + b"x",
    "not utf-8": json.dumps(calls.document(inventPositions=[calls.position()]), ensure_ascii=False).encode("cp1251"),
    "not utf-8 in a field that nobody reads": b'{"x":"\xff"}',
    "utf-16": json.dumps(calls.document()).encode("utf-16"),
    "lone surrogate": b'{"id":"\\ud800"}',
    "nan": b'{"moneyPositions":[{"sum":NaN}]}',
    "infinity": b'{"moneyPositions":[{"sum":1e999999999999999999999}]}',
    "deep": b'{"inventPositions":' + b"[" * 100_000,
    "deep in a field that nobody reads": b'{"x":' + b"[" * 100_000,
    "array": b"[]",
    "string": b'"x"',
    "null": b"null",
    "empty object": b"{}",
    "wrong types": json.dumps(calls.document(inventPositions={"name": 1})).encode(),
    "huge number": b'{"id":"1","inventPositions":[{"price":' + b"9" * 5000 + b"}]}",
    "huge exponent": json.dumps(calls.document()).replace('"sum": 21', '"sum": 1e900000').encode(),
    "positions 101": json.dumps(calls.document(inventPositions=[calls.position()] * 101)).encode(),
    "positions 10000": json.dumps(calls.document(inventPositions=[calls.position()] * 10_000)).encode(),
    "payments 11": json.dumps(calls.document(moneyPositions=[{"paymentType": "CASH", "sum": 1}] * 11)).encode(),
    "zero in id": json.dumps(calls.document("order\0")).encode(),
    "line feed in id": json.dumps(calls.document("order\n2")).encode(),
    "long id": json.dumps(calls.document("x" * 129)).encode(),
    "blank id": json.dumps(calls.document("  ")).encode(),
    "id of another type": json.dumps(calls.document() | {"id": {"x": 1}}).encode(),
    "true for an id": json.dumps(calls.document() | {"id": True}).encode(),
    "zero in name": json.dumps(calls.document(inventPositions=[calls.position(name="x\0y")])).encode(),
    "time": json.dumps(calls.document(checkoutDateTime="21.11.2026 12:00:00")).encode(),
    "no such time": json.dumps(calls.document(checkoutDateTime="2026-02-31T12:00:00+03:00")).encode(),
    "nothing but faults": json.dumps(calls.document(moneyPositions=[], inventPositions=[], docType=None)).encode(),
}


@pytest.fixture
def till(shop):
    return calls.connect(shop)


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_bad_bodies(till, version):
    for name, body in BODIES.items():
        answer = calls.post(till, body, version)
        assert (answer.status, list(answer.json)) == (400, ["message"]), (name, answer.body)
        assert 0 < len(answer.json["message"]) < 10_000, name
    assert calls.stored(till) == []


def test_faults_are_named_as_the_client_calls_the_fields(till):
    answer = calls.post(till, calls.document(inventPositions=[calls.position(vatTag=None)], docNum=None))
    assert answer.json["message"] == (
        "docNum: обязательное поле не заполнено; inventPositions[0].vatTag: обязательное поле не заполнено"
    )
    wrong = calls.post(till, calls.document(inventPositions=[calls.position(name=5)]))
    assert wrong.json["message"].startswith("inventPositions[0].name: ожидается строка")


def test_what_the_control_of_the_draft_finds_names_fields_of_the_document(till):
    supplier = {"supplierInfo": {"inn": "7707083890"}, "agentInfo": {"types": ["another"]}}
    answer = calls.post(till, calls.document(inventPositions=[calls.position(**supplier)]))
    assert answer.status == 400
    assert answer.json["message"].startswith("inventPositions[0].supplierInfo.inn: ")
    assert calls.stored(till) == []


@pytest.mark.parametrize(
    ("content_type", "status"),
    [("text/plain", 415), ("application/x-www-form-urlencoded", 415), ("application/json; charset=windows-1251", 415),
     ("application/json;charset=UTF-8", 200), ("APPLICATION/JSON", 200)],
)  # fmt: skip
def test_content_type(till, content_type, status):
    answer = calls.post(till, json.dumps(calls.document()).encode(), **{"Content-Type": content_type})
    assert answer.status == status
    assert "message" in answer.json


@pytest.mark.parametrize("path", ["/api/fn/v1/doc", "/fn/v2/doc"])
def test_a_body_over_the_limit_is_413(till, path):
    answer = call("POST", path, b" " * (2 * 1024 * 1024 + 1), calls.basic(till.login, till.password))
    assert (answer.status, list(answer.json)) == (413, ["message"])


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/v1/doc", 405), ("PUT", "/v1/doc", 405), ("POST", "/v1/status", 405), ("POST", "/v1/doc/1/status", 405),
     ("GET", "/v1/doc/1/re-queue", 405), ("POST", "/v1/doc/1/re-queue", 405), ("GET", "/v1/associate/1", 405),
     ("POST", "/v1/associate", 405), ("GET", "/v1/", 404), ("GET", "/", 404), ("GET", "/v3/status", 404),
     ("GET", "/v1/doc/1", 404), ("GET", "/v1/doc/1/what", 404), ("GET", "//", 404), ("GET", "/v1/" + "x" * 5000, 404),
     ("GET", "/v1/doc/status", 404)],
)  # fmt: skip
def test_odd_methods_and_paths(till, method, path, status):
    answer = calls.ask(till, method, path)
    assert (answer.status, list(answer.json)) == (status, ["message"])


def test_a_pair_of_another_face_opens_nothing(shop, till):
    answer = call("GET", "/api/fn/v1/status", headers=calls.basic(shop.login, till.password))
    assert answer.status == 401


def test_an_error_of_the_server_is_500_without_traceback(till, monkeypatch):
    from openkassa.api import mapped

    def fail(**_):
        raise RuntimeError("canary-in-traceback")

    monkeypatch.setattr(mapped, "receipt_accept", fail)
    answer = calls.post(till, calls.document())
    assert (answer.status, list(answer.json)) == (500, ["message"])
    assert b"canary" not in answer.body


def test_a_database_that_is_away_is_503_and_retry(till, monkeypatch):
    from django.db import OperationalError

    from openkassa.api import mapped

    def fail(**_):
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(mapped, "receipt_accept", fail)
    answer = calls.post(till, calls.document())
    assert (answer.status, answer.headers["Retry-After"], list(answer.json)) == (503, "1", ["message"])


def test_unknown_fields_are_ignored(till):
    body = calls.document(colour="red", inventPositions=[calls.position(size={"x": [1, 2]})])
    assert calls.post(till, body | {"extra": None}).status == 200


FULL = calls.correction(
    responseURL="https://shop.example/cb", phone="+79991112233", clientName="x", clientInn="7707083893",
    cashierName="x", cashierInn="500100732259", cashierPosition="y",
    agentInfo={"types": ["another"], "payingAgent": {"operation": "x", "phones": ["+79991112233"]}},
    inventPositions=[
        calls.position(
            discSum=0, vatSum=3.5, paymentObject="commodity", paymentMethod="full_payment", measure=0,
            originCountryCode="643", customsDeclarationNumber="1", nomenclatureCode="0104600439931256215Qbag!93Zjqw",
            agentInfo={"types": ["another"], "moneyTransferOperator": {"phones": ["+79991112233"], "name": "x"}},
            supplierInfo={"phones": ["+79991112233"], "name": "x", "inn": "7707083893"},
            industryRequisite={"foivId": "030", "docDateTime": "2023-11-21", "docNumber": "1", "docData": "x"},
        )
    ],
)  # fmt: skip


def test_the_full_document_is_accepted(till):
    assert calls.post(till, FULL).status == 200, calls.post(till, FULL).body


@pytest.mark.slow
def test_every_field_through_odd_values(till):
    accepted = refused = 0
    for number, (change, body) in enumerate(changed(FULL)):
        if not change.startswith("id "):
            body["id"] = f"sweep-{number}"
        answer = calls.post(till, body)
        assert answer.status in (200, 400), (change, answer.body)
        assert ("status" if answer.status == 200 else "message") in answer.json, change
        accepted += answer.status == 200
        refused += answer.status == 400
    assert accepted > 300
    assert refused > 300
    with within(till.organisation_id):
        assert Receipt.objects.count() == accepted


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(FULL)) | st.text(), inner),
    max_leaves=20,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=JSON)
def test_any_json_is_refused_or_understood(till, body: Any):
    answer = calls.post(till, json.dumps(body).encode())
    assert (answer.status, list(answer.json)) == (400, ["message"])
    assert calls.stored(till) == []
