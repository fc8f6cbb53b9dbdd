"""Rules that clients of Komtet Kassa rely on."""

from __future__ import annotations

import json
import uuid

import pytest
import structlog
from tests.api.http import call
from tests.api.komtet import calls


def stored(queue) -> int:
    from openkassa.kassa.receipts.selectors import receipt_list

    return len(receipt_list(queue.shop.organisation_id))


@pytest.mark.parametrize(("version", "check"), [("v1", calls.check_v1), ("v2", calls.check)])
def test_a_check_becomes_a_task(queue, version, check):
    answer = calls.post(queue, check(), version)
    assert answer.status == 200, answer.json
    task = answer.json
    assert uuid.UUID(task.pop("id"))
    assert task == {"external_id": "order-1", "print_queue_id": 1001, "state": "new"}


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_task_is_asked_for(queue, version):
    made = calls.post(queue, calls.check()).json
    answer = calls.send(queue, "GET", f"/api/shop/{version}/tasks/{made['id']}")
    assert answer.status == 200
    assert answer.json == made | {"error_description": None, "fiscal_data": None}


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_the_queue_is_active(queue, version):
    answer = calls.send(queue, "GET", f"/api/shop/{version}/queues/1001")
    assert (answer.status, answer.json) == (200, {"id": 1001, "name": "Очередь", "state": "active"})


def test_a_stopped_queue_is_passive_and_takes_no_checks(queue):
    from openkassa.core.models import Organisation
    from openkassa.kassa.receipts.channels import forget_channels

    Organisation.objects.filter(id=queue.shop.organisation_id).update(state="suspended")
    forget_channels()
    assert calls.send(queue, "GET", queue.path).json["state"] == "passive"
    answer = calls.post(queue, calls.check())
    assert (answer.status, answer.json["code"]) == (403, "AUT01")
    assert stored(queue) == 0


# -- signatures ------------------------------------------------------------------------------------------------------


def test_the_signature_that_the_official_clients_make():
    """Komtet's Ruby client tests itself against this: key1234 over GET and the whole address."""
    given = calls.signed("GET", "https://kassa.komtet.ru/api/shop/v1/queues/125", b"", "key1234")
    assert given == "cc30e8e8b031d6edc15d88268ee80052"


def refused(answer, code: str = "AUT00") -> None:
    assert answer.status == 403
    assert (answer.json["title"], answer.json["code"]) == ("Ошибка авторизации", code)
    assert calls.SECRET.encode() not in answer.body


@pytest.mark.parametrize(
    "changes",
    [{"X-HMAC-Signature": ""}, {"X-HMAC-Signature": "0" * 32}, {"X-HMAC-Signature": "ъ".encode().decode("latin-1")},
     {"Authorization": ""}, {"Authorization": "nobody"}, {"Authorization": "x" * 500}, {"Authorization": "a\0b"}],
)  # fmt: skip
def test_a_wrong_signature_or_shop_is_refused(queue, changes):
    refused(calls.post(queue, calls.check(), **changes))
    assert stored(queue) == 0


def test_the_signature_covers_method_address_query_and_body(queue):
    from openkassa.core.settings import settings

    base, body = settings().public_url, json.dumps(calls.check()).encode()
    path = f"{queue.path}/task"
    for given in (
        calls.signed("PUT", base + path, body),
        calls.signed("POST", base + path + "/", body),
        calls.signed("POST", base + path + "?x=1", body),
        calls.signed("POST", "https://kassa.komtet.ru" + path, body),
        calls.signed("POST", base + path, body + b" "),
        calls.signed("POST", base + path, body, "another"),
    ):
        refused(calls.post(queue, body, **{"X-HMAC-Signature": given}))
    assert stored(queue) == 0
    assert calls.send(queue, "POST", path + "?x=1", calls.check()).status == 200
    assert calls.send(queue, "POST", path + "/", calls.check()).status == 200
    right = calls.signed("POST", base + path, body)
    assert calls.post(queue, body, **{"X-HMAC-Signature": right.upper()}).status == 200


def test_behind_a_proxy_the_public_address_is_signed(queue, monkeypatch):
    import dataclasses

    from openkassa.api.komtet import signature
    from openkassa.core.settings import settings

    public = dataclasses.replace(settings(), public_url="https://kassa.example.com")
    monkeypatch.setattr(signature, "settings", lambda: public)
    body = json.dumps(calls.check()).encode()
    refused(calls.post(queue, body))
    given = calls.signed("POST", f"https://kassa.example.com{queue.path}/task", body)
    assert calls.post(queue, body, **{"X-HMAC-Signature": given}).status == 200


def test_the_refusal_says_what_has_to_be_signed(queue):
    from openkassa.core.settings import settings

    answer = calls.post(queue, calls.check(), **{"X-HMAC-Signature": "0"})
    assert f"POST + {settings().public_url}{queue.path}/task" in answer.json["description"]


def test_a_revoked_secret_signs_nothing(queue):
    from openkassa.kassa.receipts.channels import channel_key_revoke
    from openkassa.kassa.receipts.models import ChannelKey

    key = ChannelKey.objects.get(kind="komtet", lookup=queue.shop_id)
    channel_key_revoke(organisation_id=queue.shop.organisation_id, key_id=key.id)
    refused(calls.post(queue, calls.check()))


# -- repeats ---------------------------------------------------------------------------------------------------------


def test_a_repeat_is_200_with_the_first_task(queue):
    first = calls.post(queue, calls.check())
    again = calls.post(queue, calls.check())
    assert (again.status, again.json["id"], again.json["state"]) == (200, first.json["id"], "new")
    assert stored(queue) == 1


def test_a_repeat_with_another_body_is_the_first_task_and_logged(queue):
    first = calls.post(queue, calls.check())
    with structlog.testing.capture_logs() as logs:
        again = calls.post(queue, calls.check(positions=[calls.position(name="Молоко")]))
    assert (again.status, again.json["id"]) == (200, first.json["id"])
    assert [line["event"] for line in logs] == ["receipt_key_conflict"]
    assert stored(queue) == 1


def test_versions_share_the_external_ids_of_a_queue(queue):
    first = calls.post(queue, calls.check_v1(), "v1")
    assert calls.post(queue, calls.check(), "v2").json["id"] == first.json["id"]


def test_a_sale_and_its_refund_may_share_the_number_of_an_order(queue):
    sale = calls.post(queue, calls.check(17))
    refund = calls.post(queue, calls.check("17", intent="sellReturn"))
    assert sale.json["id"] != refund.json["id"]
    assert sale.json["external_id"] == refund.json["external_id"] == "17"
    assert stored(queue) == 2


def test_an_external_id_is_free_after_a_refusal(queue):
    assert calls.post(queue, calls.check(positions=[])).status == 422
    assert calls.post(queue, calls.check()).status == 200


# -- many at once ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("version", "check"), [("v1", calls.check_v1), ("v2", calls.check)])
def test_many_checks_become_an_object_of_tasks(queue, version, check):
    path = f"/api/shop/{version}/queues/1001/multi-tasks"
    answer = calls.send(queue, "POST", path, [check("b"), check("a"), check(3)])
    assert answer.status == 200, answer.json
    assert list(answer.json) == ["b", "a", "3"]
    assert {task["external_id"] for task in answer.json.values()} == {"b", "a", "3"}
    again = calls.send(queue, "POST", path, [check("a"), check("c")])
    assert again.json["a"]["id"] == answer.json["a"]["id"]
    assert stored(queue) == 4


def test_of_many_checks_none_is_taken_when_one_is_wrong(queue):
    path = f"{queue.path}/multi-tasks"
    mapping = [calls.check("a"), calls.check("b", positions=[])]
    control = [calls.check("a"), calls.check("b", cashier={"name": "x", "inn": "123456789012"})]
    twice = [calls.check("a"), calls.check("a", intent="sellReturn")]
    for body, field in ((mapping, "[1].positions"), (control, "b: cashier.inn"), (twice, "[1].external_id")):
        answer = calls.send(queue, "POST", path, body)
        assert (answer.status, answer.json["code"]) == (422, "VLD00"), answer.json
        assert field in answer.json["description"]
    for body in ([], [calls.check("a")] * 101, {}, None):
        assert calls.send(queue, "POST", path, body if body is not None else b"null").status == 422
    assert stored(queue) == 0


# -- what is not there -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "orders?start=0&limit=10"), ("POST", "orders"), ("GET", "orders/5"), ("PUT", "orders/5"),
     ("DELETE", "orders/5"), ("GET", "employees?start=0&limit=10&type=courier"), ("POST", "employees"),
     ("DELETE", "employees/7")],
)  # fmt: skip
@pytest.mark.parametrize("version", ["v1", "v2"])
def test_orders_and_employees_are_refused_by_name(queue, version, method, path):
    body = {} if method in ("POST", "PUT") else None
    answer = calls.send(queue, method, f"/api/shop/{version}/{path}", body)
    assert (answer.status, answer.json["code"]) == (422, "NSP00")
    assert "только чеки" in answer.json["description"]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [("GET", "queues/1002", 404, "QUE00"), ("POST", "queues/1002/task", 404, "QUE00"),
     ("GET", "tasks/5", 404, "TSK00"), ("GET", f"tasks/{uuid.UUID(int=5)}", 404, "TSK00"),
     ("GET", "tasks/" + "x" * 500, 404, "TSK00"), ("GET", "", 404, "URL00"), ("GET", "tasks", 404, "URL00"),
     ("GET", "queues/1001/x", 404, "URL00"), ("GET", "queues/1001/task", 405, "URL01"),
     ("PUT", "queues/1001/task", 405, "URL01"), ("POST", "queues/1001", 405, "URL01"),
     ("DELETE", "tasks/5", 405, "URL01")],
)  # fmt: skip
def test_addresses_that_are_not_there(queue, method, path, status, code):
    body = {} if method in ("POST", "PUT") else None
    answer = calls.send(queue, method, f"/api/shop/v2/{path}", body)
    assert (answer.status, answer.json["code"]) == (status, code)
    assert set(answer.json) == {"title", "code", "description"}


def test_our_own_api_keeps_its_addresses(queue):
    assert call("GET", "/api/v1/receipts").status == 401


def test_another_tenants_queue_and_task_are_answered_as_unknown_ones(queue, other_queue):
    theirs = calls.post(other_queue, calls.check()).json["id"]
    for foreign, unknown in (
        (f"/api/shop/v2/tasks/{theirs}", f"/api/shop/v2/tasks/{uuid.UUID(int=7)}"),
        ("/api/shop/v2/queues/2002", "/api/shop/v2/queues/3003"),
    ):
        found, missing = calls.send(queue, "GET", foreign), calls.send(queue, "GET", unknown)
        assert found.status == missing.status == 404
        assert (found.json["title"], found.json["code"]) == (missing.json["title"], missing.json["code"])
    posted = calls.send(queue, "POST", "/api/shop/v2/queues/2002/task", calls.check())
    assert (posted.status, posted.json["code"]) == (404, "QUE00")
    assert stored(queue) == 0


def test_the_same_external_id_of_two_tenants_makes_two_receipts(queue, other_queue):
    one, two = calls.post(queue, calls.check()), calls.post(other_queue, calls.check())
    assert one.status == two.status == 200
    assert one.json["id"] != two.json["id"]
