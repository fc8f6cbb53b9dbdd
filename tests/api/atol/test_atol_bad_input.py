"""Bad input on every address of ATOL v4: the protocol's own error, nothing stored, never a 500."""

from __future__ import annotations

import copy
import json
import random

import pytest
from tests.api.atol import calls, calls_v5
from tests.api.http import call
from tests.api.shops import PASSWORD

DEEP = b'{"receipt":' + b"[" * 100_000
BODIES = {
    "empty": b"",
    "not json": b"external_id=1",
    "cut": json.dumps(calls.sell()).encode()[:-5],
    "trailing": json.dumps(calls.sell()).encode() + b"x",
    "not utf-8": json.dumps(calls.sell(), ensure_ascii=False).encode("cp1251"),
    "not utf-8 in a field that nobody reads": b'{"x":"\xff"}',
    "utf-16": json.dumps(calls.sell()).encode("utf-16"),
    "lone surrogate": b'{"external_id":"\\ud800"}',
    "nan": b'{"receipt":{"total":NaN}}',
    "infinity": b'{"receipt":{"total":1e999999999999999999999}}',
    "deep": DEEP,
    "deep in a field that nobody reads": b'{"x":' + b"[" * 100_000,
    "array": b"[]",
    "string": b'"x"',
    "number": b"5",
    "null": b"null",
    "empty object": b"{}",
    "wrong types": json.dumps(calls.sell() | {"receipt": [1]}).encode(),
    "huge number": b'{"external_id":"1","receipt":{"total":' + b"9" * 5000 + b"}}",
    "huge exponent": json.dumps(calls.sell()).replace('"total": 21', '"total": 1e900000').encode(),
    "items 101": json.dumps(calls.sell(items=[calls.item()] * 101)).encode(),
    "items 10000": json.dumps(calls.sell(items=[calls.item()] * 10_000)).encode(),
    "payments 11": json.dumps(calls.sell(payments=[{"type": 1, "sum": 1}] * 11)).encode(),
    "zero in text": json.dumps(calls.sell("order\0")).encode(),
    "zero in name": json.dumps(calls.sell(items=[calls.item(name="x\0y")])).encode(),
    "long external_id": json.dumps(calls.sell("x" * 129)).encode(),
    "blank external_id": json.dumps(calls.sell("  ")).encode(),
    "long name": json.dumps(calls.sell(items=[calls.item(name="x" * 129)])).encode(),
    "bad timestamp": json.dumps(calls.sell() | {"timestamp": "2026-11-21 12:00:00"}).encode(),
    "31 february": json.dumps(calls.sell() | {"timestamp": "31.02.2026 12:00:00"}).encode(),
}


def stored(shop) -> int:
    from openkassa.kassa.receipts.selectors import receipt_list

    return len(receipt_list(shop.organisation_id))


@pytest.mark.parametrize("operation", ["sell", "sell_refund", "buy", "buy_refund", "sell_correction", "buy_correction"])
def test_bad_bodies(shop, operation):
    token = calls.token(shop)
    for name, body in BODIES.items():
        answer = calls.post(shop, operation, body, by=token)
        assert answer.status == 400, (name, answer.body)
        assert answer.json["error"]["code"] in (32, 40), name
        assert "uuid" not in answer.json, name
        assert len(answer.body) < 20_000, name
    assert stored(shop) == 0


@pytest.mark.parametrize("operation", ["sell", "sell_correction", "buy_refund_correction"])
def test_bad_bodies_of_v5(shop, operation):
    token = calls.token(shop)
    for name, body in BODIES.items():
        answer = calls_v5.post(shop, operation, body, by=token)
        assert answer.status == 400, (name, answer.body)
        assert answer.json["error"]["code"] in (32, 40), name
        assert "uuid" not in answer.json, name
    assert stored(shop) == 0


def test_bad_bodies_of_get_token(shop):
    for name, body in BODIES.items():
        answer = call("POST", "/v4/getToken", body)
        assert (answer.status, answer.json["error"]["code"]) in ((400, 40), (400, 13)), name
    for given in ({"login": 5, "pass": PASSWORD}, {"login": "shop"}, {"pass": PASSWORD}, {"login": "", "pass": ""}):
        answer = call("POST", "/v4/getToken", given)
        assert (answer.status, answer.json["error"]["code"]) == (400, 13), given
    assert call("GET", "/v4/getToken").json["error"]["code"] == 13
    long = call("POST", "/v4/getToken", {"login": "x" * 101, "pass": PASSWORD})
    assert (long.status, long.json["error"]["code"]) == (401, 12)


@pytest.mark.parametrize(
    ("content_type", "status"),
    [("text/plain", 415), ("application/x-www-form-urlencoded", 415), ("multipart/form-data; boundary=x", 415),
     ("application/json; charset=windows-1251", 415), ("application/json;charset=UTF-8", 200),
     ('application/json; charset="utf-8"', 200), ("APPLICATION/JSON", 200)],
)  # fmt: skip
def test_content_type(shop, content_type, status):
    body = json.dumps(calls.sell()).encode()
    answer = calls.post(shop, "sell", body, **{"Content-Type": content_type})
    assert answer.status == status
    if status == 415:
        assert answer.json["error"]["code"] == 41


def test_body_without_content_type_is_taken_for_json(shop):
    assert calls.post(shop, "sell", json.dumps(calls.sell()).encode()).status == 200


def test_body_over_the_limit_is_413(shop):
    answer = calls.post(shop, "sell", b" " * (2 * 1024 * 1024 + 1))
    assert answer.status == 413
    assert stored(shop) == 0


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "sell"), ("PUT", "sell"), ("DELETE", "sell"), ("POST", "report/x"), ("PUT", "../getToken")],
)
def test_wrong_methods(shop, method, path):
    answer = call(method, f"/v4/{shop.group}/{path}", headers={"Token": calls.token(shop)})
    assert answer.status in (400, 405)
    assert answer.json["error"]["code"] in (31, 40)


@pytest.mark.parametrize(
    "path",
    [
        "/v4/",
        "/v4/x",
        "/possystem/v4",
        "/possystem/v5",
        "/possystem/v4/",
        "/v4/%00/sell",
        "/v4/" + "x" * 5000 + "/sell",
        "/v4//",
    ],
)
def test_odd_paths(shop, path):
    answer = call("POST", path, calls.sell(), {"Token": calls.token(shop)})
    assert answer.status in (400, 401)
    assert answer.json["error"]["code"] in (20, 31, 40)


def test_what_the_control_of_the_draft_finds_names_fields_of_the_request(shop):
    supplier = {"phones": ["+79991112233"], "name": "x", "inn": "7707083890"}
    item = calls.item(agent_info={"type": "another"}, supplier_info=supplier)
    answer = calls.post(shop, "sell", calls.sell(items=[item]))
    assert (answer.status, answer.json["error"]["code"]) == (400, 32)
    assert "receipt.items[0].supplier_info.inn (" in answer.json["error"]["text"]
    assert stored(shop) == 0


def test_unknown_fields_are_ignored(shop):
    body = calls.sell(colour="red", items=[calls.item(size={"x": [1, 2]})]) | {"extra": None}
    assert calls.post(shop, "sell", body).status == 200


def test_an_error_of_the_server_is_500_with_code_50_and_no_traceback(shop, monkeypatch):
    from openkassa.api import mapped

    def fail(**_):
        raise RuntimeError("canary-in-traceback")

    monkeypatch.setattr(mapped, "receipt_accept", fail)
    answer = calls.post(shop, "sell", calls.sell())
    assert (answer.status, answer.json["error"]["code"]) == (500, 50)
    assert b"canary" not in answer.body


def test_a_database_that_is_away_is_503_and_retry(shop, monkeypatch):
    from django.db import OperationalError

    from openkassa.api import mapped

    def fail(**_):
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(mapped, "receipt_accept", fail)
    answer = calls.post(shop, "sell", calls.sell())
    assert (answer.status, answer.json["error"]["code"], answer.headers["Retry-After"]) == (503, 50, "1")


ODD = [None, "", "x", "x" * 300, "\0", "\ud7ff\ufffd", 0, -1, 1, 1.5, 10**30, 1e308, True, False, [], {}, [[]],
       [{}], {"type": 5}, "vat20", "01.01.2026", "7707083893", "🎉" * 40, ["+79991112233"]]  # fmt: skip


def mutated(body: dict, chance: random.Random) -> dict:
    """`body` with one to three values replaced or removed somewhere in it."""
    body = copy.deepcopy(body)
    for _ in range(chance.randint(1, 3)):
        spots = list(_spots(body))
        holder, key = chance.choice(spots)
        if chance.random() < 0.2:
            del holder[key]
        else:
            holder[key] = copy.deepcopy(chance.choice(ODD))
        if not body:
            break
    return body


def _spots(value):
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(pairs):
        yield value, key
        yield from _spots(inner)


FULL = calls.sell(
    items=[
        calls.item(
            measurement_unit="шт", country_code="643", declaration_number="1", excise=1.5, user_data="x",
            agent_info={"type": "another", "paying_agent": {"operation": "x", "phones": ["+79991112233"]},
                        "receive_payments_operator": {"phones": ["+79991112233"]},
                        "money_transfer_operator": {"phones": ["+79991112233"], "name": "x", "address": "y",
                                                    "inn": "7707083893"}},
            supplier_info={"phones": ["+79991112233"], "name": "x", "inn": "7707083893"},
        )
    ],
    vats=[{"type": "vat22", "sum": 3.79}],
    additional_user_props={"name": "x", "value": "y"},
    cashier="Иванов",
) | {"service": {"callback_url": "https://shop.example/cb"}}  # fmt: skip


SECTORAL = {"federal_id": "030", "date": "21.11.2026", "number": "1944", "value": "UUID=1"}
EXTRAS_V5 = {
    "items": [
        FULL["receipt"]["items"][0]
        | calls_v5.marked(sectoral_item_props=[SECTORAL], mark_quantity={"numerator": 1, "denominator": 2})
    ],
    "client": {"email": "a@b.ru", "birthdate": "01.02.1990", "citizenship": "643", "document_code": "21"},
    "operating_check_props": {"name": "0", "value": "x", "timestamp": "21.11.2026 10:00:00"},
    "sectoral_check_props": [SECTORAL],
    "cashless_payments": [{"sum": 21, "method": 1, "id": "1", "additional_info": "x"}],
    "internet": True,
    "timezone": 2,
    "cashier_inn": "500100732259",
}
FUZZED = [
    (calls.post, "sell", FULL),
    (calls.post, "buy_refund", FULL),
    (calls.post, "sell_correction", calls.correction()),
    (calls_v5.post, "sell", FULL | {"receipt": FULL["receipt"] | EXTRAS_V5}),
    (calls_v5.post, "buy_correction", calls_v5.correction(**EXTRAS_V5)),
]


@pytest.mark.parametrize("seed", range(4))
def test_fuzzed_bodies_are_accepted_or_refused_and_never_fail(shop, seed):
    chance = random.Random(seed)
    token = calls.token(shop)
    accepted = refused = 0
    for number in range(200):
        post, operation, valid = chance.choice(FUZZED)
        body = mutated(valid | {"external_id": f"fuzz-{seed}-{number}"}, chance)
        answer = post(shop, operation, body, by=token)
        assert answer.status in (200, 400), (body, answer.body)
        if answer.status == 200:
            accepted += 1
        elif answer.json["error"]["code"] != 33:
            refused += 1
            assert answer.json["error"]["code"] in (32, 40), (body, answer.body)
            assert "uuid" not in answer.json
    assert stored(shop) == min(accepted, 200)
    assert accepted > 10
    assert refused > 10
