"""What the YooKassa face answers: objects, repeats, lists, other shops, and errors in YooKassa's form."""

from __future__ import annotations

import json
import random
import threading
import uuid

import pytest
from tests.api import bad_bodies
from tests.api.http import call
from tests.api.listeners import listening
from tests.api.sweep import changed
from tests.api.yookassa import calls

from openkassa.core.tenancy import within
from openkassa.kassa.receipts.models import Receipt


def stored(client) -> list:
    from openkassa.kassa.receipts.selectors import receipt_list

    return receipt_list(client.organisation_id)


def test_a_receipt_is_made_and_shown(client):
    answer = calls.create(client, calls.receipt(tax_system_code=1))
    assert answer.status == 200, answer.body
    made = answer.json
    assert uuid.UUID(made.pop("id")) == stored(client)[0].receipt_id
    assert made == {
        "type": "payment", "payment_id": "215d8da0-000f-50be-b000-0003308c89be", "status": "pending",
        "items": [{
            "description": "Хлеб", "quantity": "2.000", "amount": {"value": "10.50", "currency": "RUB"}, "vat_code": 11,
            "payment_mode": "full_payment", "payment_subject": "commodity", "measure": "piece",
        }],
        "settlements": [{"type": "cashless", "amount": {"value": "21.00", "currency": "RUB"}}],
        "tax_system_code": 1, "internet": True,
    }  # fmt: skip
    assert calls.get(client, f"/{answer.json['id']}").json == answer.json
    assert calls.get(client, f"/{answer.json['id']}/").json == answer.json


def test_the_answer_says_every_field_again(client):
    industry = [{"federal_id": "030", "document_date": "2020-11-18", "document_number": "123/43", "value": "x=1"}]
    item = calls.item(
        excise="20.10", country_of_origin_code="DE", customs_declaration_number="10714040/140917/0090376",
        agent_type="agent", supplier={"name": "ООО Поставщик", "inn": "7707083893", "phone": "+79000000000"},
        payment_subject_industry_details=industry, payment_subject="marked", mark_mode="0", planned_status=1,
        mark_code_info={"gs_1m": "0104650063110008215Tyu7*kM>b\x1d93abcd"},
    )  # fmt: skip
    operating = {"operation_id": 1, "value": "v", "created_at": "2026-11-21T09:00:00.000Z"}
    body = calls.receipt(items=[item], receipt_industry_details=industry, timezone=2, internet=True)
    body["receipt_operational_details"] = operating
    made = calls.create(client, body).json
    assert made["items"] == [item]
    assert made["receipt_industry_details"] == industry
    assert made["receipt_operational_details"] == operating
    assert (made["timezone"], made["internet"]) == (2, True)


def test_a_refund_is_named_by_the_refund_or_by_the_payment(client):
    by_refund = calls.create(client, calls.receipt(type="refund", payment_id=None, refund_id="refund-1")).json
    assert (by_refund["refund_id"], "payment_id" in by_refund) == ("refund-1", False)
    by_payment = calls.create(client, calls.receipt(type="refund", payment_id="payment-1")).json
    assert (by_payment["payment_id"], by_payment["type"]) == ("payment-1", "refund")


def test_the_same_key_makes_one_receipt_whatever_the_body_is(client):
    first = calls.create(client, calls.receipt(), "key-1")
    assert calls.create(client, calls.receipt(), "key-1").body == first.body
    other = calls.create(client, calls.receipt(payment_id="another"), "key-1")
    assert (other.status, other.body) == (200, first.body)
    assert len(stored(client)) == 1
    assert calls.create(client, calls.receipt(), "key-2").json["id"] != first.json["id"]


def test_a_key_is_needed(client):
    for key in ("", "x" * 129):
        answer = calls.create(client, calls.receipt(), **{"Idempotence-Key": key})
        assert (answer.status, answer.json["parameter"]) == (400, "Idempotence-Key")
    assert not stored(client)


def test_a_refused_request_leaves_its_key_free(client):
    assert calls.create(client, calls.receipt(items=[]), "key-1").status == 400
    assert calls.create(client, calls.receipt(), "key-1").status == 200


# -- lists ---------------------------------------------------------------------------------------------------


def ids(answer) -> list[str]:
    assert answer.status == 200, answer.body
    assert answer.json["type"] == "list"
    return [one["id"] for one in answer.json["items"]]


def test_lists_by_payment_and_refund(client):
    first = calls.create(client, calls.receipt(payment_id="p-1")).json["id"]
    second = calls.create(client, calls.receipt(payment_id="p-1")).json["id"]
    calls.create(client, calls.receipt(payment_id="p-2"))
    refund = calls.create(client, calls.receipt(type="refund", payment_id=None, refund_id="p-1")).json["id"]
    by_payment = calls.create(client, calls.receipt(type="refund", payment_id="p-1")).json["id"]
    assert ids(calls.get(client, payment_id="p-1")) == [by_payment, refund, second, first]
    assert ids(calls.get(client, refund_id="p-1")) == [refund]
    assert ids(calls.get(client, payment_id="none")) == []


def test_pages_follow_the_cursor(client):
    made = [calls.create(client, calls.receipt(payment_id="p")).json["id"] for _ in range(5)]
    seen, cursor = [], None
    while True:
        query = {"limit": 2, "payment_id": "p"} | ({"cursor": cursor} if cursor else {})
        answer = calls.get(client, **query)
        seen += ids(answer)
        cursor = answer.json.get("next_cursor")
        if cursor is None:
            break
    assert seen == made[::-1]


def test_a_key_that_is_the_payments_id_is_found_by_it_too(client):
    by_chance = calls.create(client, calls.receipt(payment_id="p-1"), "p-1").json["id"]
    usual = calls.create(client, calls.receipt(payment_id="p-1")).json["id"]
    assert ids(calls.get(client, payment_id="p-1")) == [usual, by_chance]


def test_lists_by_status_and_time(client):
    from openkassa.kassa.receipts.services import receipt_withdraw

    first = calls.create(client, calls.receipt()).json["id"]
    second = calls.create(client, calls.receipt()).json["id"]
    receipt_withdraw(organisation_id=client.organisation_id, receipt_id=uuid.UUID(second), reason="x")
    assert ids(calls.get(client, status="pending")) == [first]
    assert ids(calls.get(client, status="canceled")) == [second]
    assert ids(calls.get(client, status="succeeded")) == []
    assert ids(calls.get(client, **{"created_at.gte": "2000-01-01T00:00:00.000Z"})) == [second, first]
    assert ids(calls.get(client, **{"created_at.lt": "2000-01-01T00:00:00+03:00"})) == []
    assert ids(calls.get(client, **{"created_at.gt": "2000-01-01T00:00:00", "created_at.lte": "2001-01-01"})) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [("limit", "0"), ("limit", "101"), ("limit", "x"), ("cursor", "x"), ("status", "done"), ("created_at.gte", "x"),
     ("payment_id", "x" * 65), ("refund_id", "a\0")],
)  # fmt: skip
def test_bad_queries_name_the_parameter(client, name, value):
    answer = calls.get(client, **{name: value})
    assert (answer.status, answer.json["code"], answer.json["parameter"]) == (400, "invalid_request", name)


# -- states --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "status"),
    [("accepted", "pending"), ("assigned", "pending"), ("in_doubt", "pending"), ("fiscalised", "succeeded"),
     ("confirmed", "succeeded"), ("refused", "canceled"), ("withdrawn", "canceled")],
)  # fmt: skip
def test_canceled_is_said_only_of_what_was_certainly_not_made(state, status):
    from tests.api.atol.test_atol_report import status as status_of
    from tests.api.yookassa.test_yookassa_mapping import drafted

    from openkassa.api.yookassa import report

    draft, _ = drafted()
    made = report.receipt(status_of(state=state, external_id="p-1"), draft, 4, 180)
    assert made["status"] == status
    fiscal = {
        "fiscal_document_number": "133", "fiscal_storage_number": "9999078900001234",
        "fiscal_attribute": "3449555941", "registered_at": "2026-11-21T09:00:00.000Z",
        "fiscal_provider_id": str(uuid.UUID(int=1)),
    }  # fmt: skip
    assert {name: made[name] for name in fiscal if name in made} == (fiscal if status == "succeeded" else {})


@pytest.mark.django_db(transaction=True)
def test_a_channel_with_an_address_is_notified(monkeypatch):
    from openkassa.kassa.receipts.callbacks import callbacks_deliver
    from openkassa.kassa.receipts.models import Channel
    from openkassa.kassa.receipts.services import receipt_withdraw

    client = calls.make_client()
    with listening(monkeypatch) as shop:
        with within(client.organisation_id):
            Channel.objects.filter(id=client.channel_id).update(callback_url=shop.url)
        made = calls.create(client, calls.receipt()).json
        receipt_withdraw(organisation_id=client.organisation_id, receipt_id=uuid.UUID(made["id"]), reason="x")
        callbacks_deliver(organisation_id=client.organisation_id)
        assert json.loads(shop.heard[0].body) == {
            "type": "notification", "event": "receipt.canceled", "object": made | {"status": "canceled"},
        }  # fmt: skip


# -- who asks ------------------------------------------------------------------------------------------------


def test_another_shops_receipt_is_unknown(client, other_client):
    theirs = calls.create(other_client, calls.receipt(payment_id="p-1")).json["id"]
    unknown = calls.get(client, f"/{uuid.uuid4()}")
    answer = calls.get(client, f"/{theirs}")
    assert (answer.status, answer.json["code"]) == (404, "not_found")
    assert {**answer.json, "id": ""} == {**unknown.json, "id": ""}
    assert ids(calls.get(client, payment_id="p-1")) == []


def test_the_same_key_of_two_shops_makes_two_receipts(client, other_client):
    assert (
        calls.create(client, calls.receipt(), "k").json["id"]
        != calls.create(other_client, calls.receipt(), "k").json["id"]
    )


@pytest.mark.parametrize(
    "header",
    ["", "Basic", "Basic !!!", "Bearer token", "Basic " + "A" * 5000, calls.basic("501156", "wrong"),
     calls.basic("", "x"), calls.basic("nobody"), calls.basic("a\0b")],
)  # fmt: skip
def test_wrong_credentials(client, header):
    answer = calls.create(client, calls.receipt(), Authorization=header)
    assert (answer.status, answer.json["type"], answer.json["code"]) == (401, "error", "invalid_credentials")
    assert not stored(client)


def test_a_closed_channel_is_forbidden(client):
    from openkassa.kassa.receipts.channels import channel_change

    channel_change(
        organisation_id=client.organisation_id, channel_id=client.channel_id, name="x", callback_url="",
        expire_after=None, is_active=False,
    )  # fmt: skip
    answer = calls.create(client, calls.receipt())
    assert (answer.status, answer.json["code"]) == (403, "forbidden")


# -- bad input -----------------------------------------------------------------------------------------------


def test_bad_bodies(client):
    for name, body in bad_bodies.malformed(calls.receipt()).items():
        answer = calls.create(client, body)
        assert (answer.status, answer.json["type"], answer.json["code"]) == (400, "error", "invalid_request"), name
        assert len(answer.body) < 20_000, name
    assert not stored(client)


def test_all_faults_are_named_at_once(client):
    answer = calls.create(client, calls.receipt(items=[calls.item(vat_code=13)], timezone=12))
    assert answer.json["parameter"] == "items[0].vat_code"
    assert "items[0].vat_code" in answer.json["description"]
    assert "timezone" in answer.json["description"]


def test_what_the_control_of_the_draft_finds_names_fields_of_the_request(client):
    supplier = {"name": "x", "inn": "7707083890"}
    answer = calls.create(client, calls.receipt(items=[calls.item(agent_type="agent", supplier=supplier)]))
    assert (answer.status, answer.json["parameter"]) == (400, "items[0].supplier.inn")


@pytest.mark.parametrize(
    ("content_type", "status"),
    [("text/plain", 415), ("application/x-www-form-urlencoded", 415), ("application/json; charset=cp1251", 415),
     ("application/json", 200), ("APPLICATION/JSON; charset=UTF-8", 200)],
)  # fmt: skip
def test_content_type(client, content_type, status):
    answer = calls.create(client, json.dumps(calls.receipt()).encode(), **{"Content-Type": content_type})
    assert answer.status == status


def test_a_huge_body_is_413(client):
    answer = calls.create(client, b" " * (2 * 1024 * 1024 + 1))
    assert (answer.status, answer.json["type"]) == (413, "error")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("PUT", "/v3/receipts", 405), ("DELETE", "/v3/receipts/1", 405), ("POST", "/v3/receipts/1", 405),
     ("GET", "/v3/receipts/x", 404), ("GET", "/v3/receipts/1/2", 404), ("GET", "/v3/", 404),
     ("POST", "/v3/nothing", 404)],
)  # fmt: skip
def test_odd_requests(client, method, path, status):
    answer = call(method, path, headers={"Authorization": calls.basic(client.shop_id)})
    assert (answer.status, answer.json["type"]) == (status, "error")


@pytest.mark.parametrize(("error", "status"), [("OperationalError", 503), ("RuntimeError", 500)])
def test_our_faults(client, monkeypatch, error, status):
    from django import db

    from openkassa.api import mapped

    def fail(**_):
        raise (db.OperationalError if error == "OperationalError" else RuntimeError)("canary-in-traceback")

    monkeypatch.setattr(mapped, "receipt_accept", fail)
    answer = calls.create(client, calls.receipt())
    assert (answer.status, answer.json["code"]) == (status, "internal_server_error")
    assert b"canary" not in answer.body
    assert answer.headers.get("Retry-After") == ("1" if status == 503 else None)


FULL = calls.receipt(
    items=[calls.item(
        excise="1.00", country_of_origin_code="RU", agent_type="agent", supplier={"name": "x", "phone": "79000000000"},
        mark_quantity={"numerator": 1, "denominator": 2}, mark_code_info={"ean_13": "4606203090785"},
        payment_subject_industry_details=[
            {"federal_id": "030", "document_date": "2020-11-18", "document_number": "1", "value": "x"}
        ],
    )],
    receipt_operational_details={"operation_id": 1, "value": "v", "created_at": "2026-11-21T09:00:00Z"},
    additional_user_props={"name": "x", "value": "y"},
)  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_fuzzed_bodies_are_accepted_or_refused_and_never_fail(client, seed):
    chance = random.Random(seed)
    accepted = refused = 0
    for number in range(100):
        answer = calls.create(client, bad_bodies.mutated(FULL, chance), f"{seed}-{number}")
        assert answer.status in (200, 400), answer.body
        accepted, refused = accepted + (answer.status == 200), refused + (answer.status == 400)
    assert len(stored(client)) == min(accepted, 50)
    assert accepted > 1
    assert refused > 1


@pytest.mark.slow
def test_every_odd_field_is_accepted_or_refused(client):
    faults, accepted = [], 0
    for change, odd in changed(FULL):
        answer = calls.create(client, odd)
        accepted += answer.status == 200
        if answer.status not in (200, 400) or answer.json.get("type") not in ("error", "payment", "refund"):
            faults.append(f"{change}: {answer.status} {answer.body[:200]!r}")
    assert not faults
    with within(client.organisation_id):
        assert Receipt.objects.count() == accepted


# -- many at once --------------------------------------------------------------------------------------------

CALLERS = 64


def at_once(client) -> list[tuple[int, str]]:
    from django.db import connections

    answers: list[tuple[int, str]] = []
    start = threading.Barrier(CALLERS)

    def one() -> None:
        try:
            start.wait()
            answer = calls.create(client, calls.receipt(), "the-same-key")
            answers.append((answer.status, answer.json["id"]))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one) for _ in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.django_db(transaction=True)
def test_64_identical_requests_make_one_receipt():
    client = calls.make_client()
    answers = at_once(client)
    assert {status for status, _ in answers} == {200}
    assert len({made for _, made in answers}) == 1 == len(stored(client))


@pytest.mark.django_db(transaction=True)
def test_without_the_key_they_make_many(monkeypatch):
    """Negative control of the test above."""
    from openkassa.api import mapped

    guarded = mapped.receipt_accept
    monkeypatch.setattr(
        mapped, "receipt_accept", lambda **given: guarded(**given | {"external_key": str(uuid.uuid4())})
    )
    assert len({made for _, made in at_once(calls.make_client())}) == CALLERS
