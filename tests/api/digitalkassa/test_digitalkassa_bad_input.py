"""Bad input on every address of digitalkassa: a list of errors, nothing stored, never a 500; and the race for a key."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.api.digitalkassa import calls
from tests.api.http import Answer, call
from tests.api.modulkassa.test_modulkassa_bad_input import BODIES as SHARED
from tests.api.modulkassa.test_modulkassa_races import CALLERS, at_once
from tests.api.sweep import changed

from openkassa.core.tenancy import within
from openkassa.kassa.receipts.models import Receipt

SYNTAX = (
    "empty", "not json", "not utf-8 in a field that nobody reads", "lone surrogate",
    "deep in a field that nobody reads", "array", "string", "null", "empty object",
)  # fmt: skip
BODIES = {name: SHARED[name] for name in SYNTAX} | {
    "cut": json.dumps(calls.receipt()).encode()[:-5],
    "trailing": json.dumps(calls.receipt()).encode() + b"x",
    "not utf-8": json.dumps(calls.receipt(), ensure_ascii=False).encode("cp1251"),
    "utf-16": json.dumps(calls.receipt()).encode("utf-16"),
    "nan": b'{"amount":{"cash":NaN}}',
    "infinity": b'{"amount":{"cash":1e999999999999999999999}}',
    "deep": b'{"items":' + b"[" * 100_000,
    "wrong types": json.dumps(calls.receipt(items={"name": 1})).encode(),
    "huge number": b'{"items":[{"price":' + b"9" * 5000 + b"}]}",
    "huge exponent": json.dumps(calls.receipt()).replace('"amount": 21', '"amount": 1e900000').encode(),
    "items 101": json.dumps(calls.receipt(items=[calls.item()] * 101)).encode(),
    "items 10000": json.dumps(calls.receipt(items=[calls.item()] * 10_000)).encode(),
    "zero in name": json.dumps(calls.receipt(items=[calls.item(name="x\0y")])).encode(),
}


@pytest.fixture
def group(shop, request):
    return calls.connect(shop)


def is_refusal(answer: Answer, status: int = 400) -> bool:
    return answer.status == status and all(
        sorted(error) == ["desc", "path", "type"] and error["desc"] and error["path"].startswith("/")
        for error in answer.json
    ) and bool(answer.json)  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["a:1", "correction/a:1", "online_store/a1"])
def test_bad_bodies(group, path):
    for name, body in BODIES.items():
        answer = calls.post(group, body, path)
        assert is_refusal(answer), (name, answer.status, answer.body)
        assert len(answer.body) < 20_000, name
    assert calls.stored(group) == []


@pytest.mark.django_db
def test_errors_name_the_field_by_its_path(group):
    answer = calls.post(group, calls.receipt(items=[calls.item(vat=None)], loc=None))
    assert answer.json == [
        {"type": "validation", "desc": "обязательное поле не заполнено", "path": "/items/0/vat"},
        {"type": "validation", "desc": "обязательное поле не заполнено", "path": "/loc/billing_place"},
    ]
    drafted = calls.post(
        group, calls.receipt(items=[calls.item(agent={"type": 64, "supplier": {"tin": "7707083890"}})])
    )
    assert [error["path"] for error in drafted.json] == ["/items/0/agent/supplier/tin"]
    shape = calls.post(group, calls.receipt(items=[calls.item(name=5)]))
    assert shape.json[0]["path"] == "/items/0/name"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content_type", "status"),
    [("text/plain", 415), ("application/x-www-form-urlencoded", 415), ("application/json; charset=windows-1251", 415),
     ("application/json; charset=utf-8", 202)],
)  # fmt: skip
def test_content_type(group, content_type, status):
    answer = calls.post(group, json.dumps(calls.receipt()).encode(), **{"Content-Type": content_type})
    assert answer.status == status
    assert status == 202 or is_refusal(answer, 415)


@pytest.mark.django_db
@pytest.mark.parametrize("version", ["v2.1", "v2"])
def test_a_body_over_the_limit_is_413(group, version):
    assert is_refusal(calls.post(group, b" " * (2 * 1024 * 1024 + 1), version=version), 413)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("POST", "", 405), ("PUT", "/receipts/a", 405), ("DELETE", "/receipts/a", 405), ("POST", "/receipts", 404),
     ("GET", "/receipts/", 404), ("GET", "/receipts/a/b", 404), ("GET", "/receipts/correction/a/b", 404),
     ("POST", "/shifts/report", 405), ("GET", "/shifts/open", 405), ("GET", "/shifts", 404),
     ("POST", "/shifts/what", 404), ("GET", "/what", 404), ("GET", "/" + "x" * 5000, 404)],
)  # fmt: skip
def test_odd_methods_and_paths(group, method, path, status):
    assert is_refusal(calls.ask(group, method, path), status)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/v2.1/", "/v2/", "/v2.1/c_groups", "/v2.1/c_groups/", "/v2/what/1", "/v2.1//"])
def test_paths_without_a_group(group, path):
    assert is_refusal(call("GET", path, headers=calls.basic(group.actor, group.token)), 404)


@pytest.mark.django_db
@pytest.mark.parametrize("id_", ["x" * 129, "a\x1fb", " ", "a\0"])
def test_ids_that_are_refused(group, id_):
    assert is_refusal(calls.post(group, calls.receipt(), id_))
    assert calls.stored(group) == []


@pytest.mark.django_db
@pytest.mark.parametrize("header", ["", "Basic", "Basic !", "Bearer x", "Basic " + "eA==" * 500])
def test_without_a_pair(group, header):
    answer = call("GET", f"/v2.1/c_groups/{group.code}", headers={"Authorization": header})
    assert is_refusal(answer, 401) and answer.headers["WWW-Authenticate"].startswith("Basic")


@pytest.mark.django_db
def test_wrong_pairs_and_switched_off_channels(group, shop):
    from openkassa.kassa.receipts.channels import channel_change

    for actor, token in ((group.actor, "wrong"), ("0", group.token), (shop.login, group.token)):
        answer = call("GET", f"/v2.1/c_groups/{group.code}", headers=calls.basic(actor, token))
        assert is_refusal(answer, 401)
    channel_change(
        organisation_id=group.organisation_id, channel_id=group.channel_id, name="x", callback_url="",
        expire_after=None, is_active=False,
    )  # fmt: skip
    assert is_refusal(calls.ask(group, "GET", ""), 403)


@pytest.mark.django_db
@pytest.mark.parametrize(("error", "status"), [(RuntimeError, 500), ("database", 503)])
def test_faults_of_ours(group, monkeypatch, error, status):
    from django.db import OperationalError

    from openkassa.api import mapped

    def fail(**_):
        raise (OperationalError if error == "database" else error)("canary-in-traceback")

    monkeypatch.setattr(mapped, "receipt_accept", fail)
    answer = calls.post(group, calls.receipt())
    assert is_refusal(answer, status) and b"canary" not in answer.body
    assert status == 500 or answer.headers["Retry-After"] == "1"


FULL = calls.correction(
    order_number="5", notify={"emails": ["buyer@example.ru"], "phone": "+79991112233"},
    loc={"billing_place": "https://shop.example", "device_number": "1"}, customer={"name": "x", "tin": "7707083893"},
    cashier={"name": "x", "tin": "500100732259"}, additional_attribute={"name": "x", "value": "y"},
    service={"callback_url": "https://shop.example/cb"},
    cashless_payments={"payment_sum": 21, "payment_method_flag": 1, "payment_identifiers": "1", "additional_info": "x"},
    items=[
        calls.item(
            excise=1.5, additional_props="x", declaration_number="1", country_code="643",
            agent={"type": 64, "supplier": {"phones": ["+79991112233"], "name": "x", "tin": "7707083893"},
                   "paying_agent": {"phones": ["+79991112233"], "operation": "x"},
                   "money_transfer_operator": {"phones": ["+79991112233"], "name": "x", "tin": "7707083893"}},
            marking=None,
        )
    ],
)  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["", "correction/"])
@pytest.mark.slow
def test_every_field_through_odd_values(group, path):
    assert calls.post(group, FULL, f"{path}full").status == 202, calls.post(group, FULL, f"{path}full").body
    accepted = 1
    for number, (change, body) in enumerate(changed(FULL)):
        answer = calls.post(group, body, f"{path}sweep:{number}")
        assert answer.status == 202 or is_refusal(answer), (change, answer.status, answer.body)
        accepted += answer.status == 202
    assert accepted > 300
    with within(group.organisation_id):
        assert Receipt.objects.count() == accepted


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(FULL)) | st.text(), inner),
    max_leaves=20,
)


@pytest.mark.django_db
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=JSON)
@pytest.mark.slow
def test_any_json_is_refused_or_understood(group, body: Any):
    assert is_refusal(calls.post(group, json.dumps(body).encode()))
    assert calls.stored(group) == []


@pytest.mark.django_db(transaction=True)
def test_64_identical_receipts_make_one(shop):
    group = calls.connect(shop)
    assert at_once(lambda: calls.post(group, calls.receipt()).status) == [202] * CALLERS
    assert len(calls.stored(group)) == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_unique_key_they_make_many(shop, monkeypatch):
    """Negative control of the test above: the race is real when each caller has a key of its own."""
    from openkassa.api import mapped
    from openkassa.core.ids import uuid7

    guarded = mapped.receipt_accept
    monkeypatch.setattr(mapped, "receipt_accept", lambda **given: guarded(**given | {"external_key": str(uuid7())}))
    group = calls.connect(shop)
    at_once(lambda: calls.post(group, calls.receipt()).status)
    assert len(calls.stored(group)) == CALLERS
