"""`POST /validate`: what a request of any face would become. Nothing is stored, and the face itself would agree."""

from __future__ import annotations

import json

import pytest
from tests.api.atol import calls as atol
from tests.api.v1 import calls

from openkassa.kassa.receipts.selectors import receipt_list


def tried(shop, path: str, body: object, **changes):
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return calls.send(shop, "POST", "/validate", {"path": path, "body": text, **changes})


def test_a_good_atol_request_is_shown_as_the_receipt_it_would_be(shop):
    answer = tried(shop, f"/possystem/v4/{shop.group}/sell", atol.sell())
    assert answer.status == 200, answer.body
    told = answer.json
    assert (told["good"], told["face"], told["faults"], told["receipt_id"]) == (True, "atol", [], None)
    assert told["document"]["form"] == 3
    assert "КАССОВЫЙ ЧЕК" in told["document"]["printed"] and "None" not in told["document"]["printed"]
    assert "1059" in told["document"]["fields"]
    assert receipt_list(shop.organisation_id) == []


def test_it_finds_what_the_face_itself_would_refuse_for(shop):
    """Negative control: the same body sent for good is refused for the very fields that were named."""
    body = atol.sell(total=5, items=[atol.item(name="x" * 129)])
    told = tried(shop, f"/possystem/v4/{shop.group}/sell", body).json
    assert not told["good"] and told["document"] is None
    refused = atol.post(shop, "sell", body)
    assert refused.status == 400
    assert told["faults"]
    for fault in told["faults"]:
        assert fault["field"] in refused.json["error"]["text"]
    assert receipt_list(shop.organisation_id) == []


def test_faults_of_the_control_carry_the_fields_of_the_face(shop):
    body = atol.sell(items=[atol.item(payment_object="commodity", country_code="12a")])
    told = tried(shop, f"/possystem/v4/{shop.group}/sell", body).json
    assert [fault["field"] for fault in told["faults"]] == ["receipt.items[0].country_code"]


def test_a_key_that_is_taken_names_the_receipt(shop):
    first = calls.send(shop, "POST", "/receipts", calls.sale("order-7")).json["id"]
    told = tried(shop, "/api/v1/receipts", calls.sale("order-7")).json
    assert (told["good"], told["face"], told["receipt_id"]) == (True, "v1", first)


def test_a_whole_address_is_taken_too(shop):
    told = tried(shop, f"https://kassa.example/possystem/v4/{shop.group}/sell?token=x", atol.sell()).json
    assert told["face"] == "atol" and told["good"]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[1]",
        '"x"',
        "null",
        '{"receipt": 5}',
        "[" * 5000,
        "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
    ],
)
def test_a_body_of_another_kind_is_a_fault_and_no_error(shop, body):
    answer = tried(shop, f"/possystem/v4/{shop.group}/sell", body)
    assert answer.status == 200 and not answer.json["good"] and answer.json["faults"]


@pytest.mark.parametrize(
    ("given", "status", "field"),
    [
        ({"path": "/nowhere", "body": ""}, 422, "path"),
        ({"path": "", "body": ""}, 422, "path"),
        ({"path": "/api/v1/receipts"}, 422, "body"),
        ({"path": "/api/v1/receipts", "body": 5}, 422, "body"),
        ({"path": "x" * 3000, "body": ""}, 422, "path"),
        ({"path": "/api/v1/receipts", "body": "", "headers": {"a": 1}}, 422, "headers[...]"),
        ({"path": "/api/v1/receipts", "body": "", "extra": 1}, 422, "extra"),
        ({"path": "http://[", "body": ""}, 422, "path"),
    ],
)
def test_a_wrong_question_is_a_problem_with_its_field(shop, given, status, field):
    answer = calls.send(shop, "POST", "/validate", given)
    assert (answer.status, answer.json.get("field")) == (status, field), answer.body


def test_another_organisations_channel_is_not_looked_into(shop, other_shop):
    """A code of somebody else's channel is as unknown as any: the own registers answer."""
    told = tried(shop, f"/possystem/v4/{other_shop.group}/sell", atol.sell(), channel=other_shop.group).json
    assert told["good"]
    foreign = atol.sell()
    foreign["receipt"]["company"]["inn"] = other_shop.inn
    told = tried(shop, f"/possystem/v4/{other_shop.group}/sell", foreign, channel=other_shop.group).json
    assert [fault["field"] for fault in told["faults"]] == ["receipt.company.inn"]
