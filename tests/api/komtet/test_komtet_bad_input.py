"""Bad input on Komtet's addresses: {title, code, description}, nothing stored, never a 500."""

from __future__ import annotations

import json
import random

import pytest
from tests.api.atol.test_atol_bad_input import mutated
from tests.api.atol.test_atol_v5_mapping import SECTORAL
from tests.api.komtet import calls
from tests.fiscal.test_marking import SHOES

BODIES = {
    "empty": b"",
    "not json": b"external_id=1",
    "cut": json.dumps(calls.check()).encode()[:-5],
    "trailing": json.dumps(calls.check()).encode() + b"x",
    "not utf-8": json.dumps(calls.check(), ensure_ascii=False).encode("cp1251"),
    "utf-16": json.dumps(calls.check()).encode("utf-16"),
    "lone surrogate": b'{"external_id":"\\ud800"}',
    "nan": b'{"payments":[{"sum":NaN}]}',
    "infinity": b'{"payments":[{"sum":1e999999999999999999999}]}',
    "deep": b'{"positions":' + b"[" * 100_000,
    "deep in a field that nobody reads": b'{"x":' + b"[" * 100_000,
    "array": b"[]",
    "string": b'"x"',
    "number": b"5",
    "null": b"null",
    "empty object": b"{}",
    "wrong types": json.dumps(calls.check(positions={"a": 1})).encode(),
    "huge number": json.dumps(calls.check()).replace('"order-1"', "9" * 5000).encode(),
    "positions 101": json.dumps(calls.check(positions=[calls.position()] * 101)).encode(),
    "positions 10000": json.dumps(calls.check(positions=[calls.position()] * 10_000)).encode(),
    "zero in text": json.dumps(calls.check("order\0")).encode(),
    "zero in name": json.dumps(calls.check(positions=[calls.position(name="x\0y")])).encode(),
    "long name": json.dumps(calls.check(positions=[calls.position(name="x" * 129)])).encode(),
}


def stored(queue) -> int:
    from openkassa.kassa.receipts.selectors import receipt_list

    return len(receipt_list(queue.shop.organisation_id))


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("kind", ["task", "multi-tasks"])
def test_bad_bodies(queue, version, kind):
    for name, body in BODIES.items():
        answer = calls.send(queue, "POST", f"/api/shop/{version}/queues/1001/{kind}", body)
        assert answer.status == 422, (name, answer.body)
        assert answer.json["code"] in ("VLD00", "VLD01"), name
        assert set(answer.json) == {"title", "code", "description"}
        assert len(answer.body) < 20_000, name
    assert stored(queue) == 0


@pytest.mark.parametrize(
    ("content_type", "status"),
    [("text/plain", 422), ("application/json; charset=windows-1251", 422), ("application/json;charset=UTF-8", 200)],
)
def test_content_type(queue, content_type, status):
    assert calls.post(queue, calls.check(), **{"Content-Type": content_type}).status == status


def test_a_body_over_the_limit_is_413_in_the_protocols_form(queue):
    answer = calls.post(queue, b" " * (2 * 1024 * 1024 + 1))
    assert (answer.status, answer.json["code"]) == (413, "VLD02")
    assert stored(queue) == 0


def test_what_the_control_of_the_draft_finds_names_fields_of_the_request(queue):
    marked = {"mark_code": {"gs1m": SHOES}, "quantity": 1, "price": 21}
    for check, version, field in (
        (calls.check(positions=[calls.position(planned_status=3, **marked)]), "v2", "positions[0].planned_status"),
        (calls.check(positions=[calls.position(supplier_info={"inn": "123"})]), "v2", "positions[0].supplier_info.inn"),
        (calls.check_v1(cashier={"name": "x", "inn": "123456789012"}), "v1", "cashier.inn"),
    ):
        answer = calls.post(queue, check, version)
        assert (answer.status, answer.json["code"]) == (422, "VLD00"), answer.body
        assert f"{field}: " in answer.json["description"]
    assert stored(queue) == 0


def test_unknown_fields_are_ignored(queue):
    assert calls.post(queue, calls.check(colour="red", positions=[calls.position(size=[1])])).status == 200


def test_an_error_of_the_server_is_500_without_a_traceback(queue, monkeypatch):
    from openkassa.api import mapped

    def fail(**_):
        raise RuntimeError("canary-in-traceback")

    monkeypatch.setattr(mapped, "receipt_accept", fail)
    answer = calls.post(queue, calls.check())
    assert (answer.status, answer.json["code"]) == (500, "SRV00")
    assert b"canary" not in answer.body


def test_a_database_that_is_away_is_503_and_retry(queue, monkeypatch):
    from django.db import OperationalError

    from openkassa.api import mapped

    def fail(**_):
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(mapped, "receipt_accept", fail)
    answer = calls.post(queue, calls.check())
    assert (answer.status, answer.json["code"], answer.headers["Retry-After"]) == (503, "SRV01", "1")


FULL = calls.check(
    client={"email": "a@b.ru", "birthdate": "01.02.1990", "citizenship": "643"},
    cashier={"name": "Иванов", "inn": "500100732259"},
    positions=[
        calls.position(
            mark_code={"gs1m": SHOES}, mark_quantity={"numerator": 1, "denominator": 2}, planned_status=1,
            sectoral_item_props=[SECTORAL], agent_info={"type": "agent", "paying_agent": {"phones": ["+79991112233"]}},
            supplier_info={"inn": "7707083893", "phones": ["+79991112233"]}, excise=1.5, country_code="643",
        )
    ],
    sectoral_check_props=[SECTORAL],
    operating_check_props={"name": "0", "value": "x", "timestamp": "21.11.2026 10:00:00"},
    cashless_payments=[{"sum": 21, "method": 2, "id": "1"}],
    callback_url="https://shop.example/cb",
)  # fmt: skip
FULL_V1 = calls.check_v1(
    client={"name": "x"}, positions=[calls.position_v1(measure_name="шт", nomenclature_code={"code": SHOES})]
)
FUZZED = [("v2", FULL), ("v2", calls.correction()), ("v1", FULL_V1), ("v1", calls.correction_v1())]


def test_what_is_fuzzed_is_right_before(queue):
    for number, (version, valid) in enumerate(FUZZED):
        answer = calls.post(queue, valid | {"external_id": str(number)}, version)
        assert answer.status == 200, answer.json


@pytest.mark.parametrize("seed", range(4))
def test_fuzzed_bodies_are_accepted_or_refused_and_never_fail(queue, seed):
    chance = random.Random(seed)
    accepted = refused = 0
    for number in range(200):
        version, valid = chance.choice(FUZZED)
        body = mutated(valid | {"external_id": f"fuzz-{seed}-{number}"}, chance)
        many = chance.random() < 0.3
        kind = "multi-tasks" if many else "task"
        answer = calls.send(queue, "POST", f"/api/shop/{version}/queues/1001/{kind}", [body] if many else body)
        assert answer.status in (200, 422), (body, answer.body)
        if answer.status == 200:
            accepted += 1
        else:
            refused += 1
            assert answer.json["code"] in ("VLD00", "VLD01"), (body, answer.body)
    assert accepted > 10
    assert refused > 10
    assert 0 < stored(queue) <= accepted
