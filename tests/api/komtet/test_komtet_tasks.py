"""What a task says in each state, and its callback over HTTP: signed with the shop's secret."""

from __future__ import annotations

import json

import pytest
from tests.api.atol.test_atol_report import status
from tests.api.komtet import calls
from tests.api.listeners import listening


def task(**changes):
    from openkassa.api.komtet import tasks

    return tasks.task(status(channel_kind="komtet", channel_code="1001", **changes))


@pytest.mark.parametrize("state", ["fiscalised", "confirmed"])
def test_done_means_fiscalised(state):
    made = task(state=state)
    assert made.pop("id")
    assert made == {
        "external_id": "order-1", "print_queue_id": 1001, "state": "done", "error_description": None,
        "fiscal_data": {"i": "133", "fn": "9999078900001234", "t": "20261121T1216", "n": 1, "fp": "3449555941",
                        "s": "1598.50", "sn": "OK0001", "rn": "0000000001012345"},
    }  # fmt: skip


@pytest.mark.parametrize("state", ["accepted", "assigned", "in_doubt"])
def test_what_may_yet_become_a_receipt_is_new(state):
    made = task(state=state, document=None)
    assert (made["state"], made["error_description"], made["fiscal_data"]) == ("new", None, None)


@pytest.mark.parametrize(("state", "text"), [("refused", "неверная сумма"), ("withdrawn", None)])
def test_an_error_is_a_receipt_that_will_never_be(state, text):
    made = task(state=state, document=None, error_text=text)
    assert (made["state"], made["error_description"]) == ("error", text or "Касса не приняла чек")
    assert made["fiscal_data"] is None


def test_a_queue_without_a_number_has_its_name():
    from openkassa.api.komtet.tasks import queue_number

    assert [queue_number(code) for code in ("1001", "007", "main", "1" * 20)] == [1001, "007", "main", "1" * 20]


def test_warnings_stand_in_the_task():
    assert task(warnings=("positions[0].vat: x",))["warnings"] == ["positions[0].vat: x"]


@pytest.fixture
def shop_server(monkeypatch):
    with listening(monkeypatch) as listener:
        yield listener


def test_a_callback_is_signed_like_a_request(queue, shop_server):
    from openkassa.kassa.receipts.callbacks import callbacks_deliver
    from openkassa.kassa.receipts.services import receipt_withdraw

    made = calls.post(queue, calls.check(callback_url=shop_server.url)).json
    organisation_id = queue.shop.organisation_id
    receipt_withdraw(organisation_id=organisation_id, receipt_id=made["id"], reason="отменён")
    assert callbacks_deliver(organisation_id=organisation_id) == 1
    [heard] = shop_server.heard
    given, body = heard.headers["x-hmac-signature"], heard.body
    assert heard.path == "/kassa"
    assert given == calls.signed("POST", shop_server.url, body)
    assert given != calls.signed("POST", shop_server.url, body, "another")
    told = json.loads(body)
    assert (told["external_id"], told["state"], told["error_description"]) == ("order-1", "error", "отменён")
    assert told == calls.send(queue, "GET", f"/api/shop/v2/tasks/{made['id']}").json


def test_the_queues_own_address_is_called_where_the_check_names_none(queue, shop_server):
    from openkassa.core.tenancy import within
    from openkassa.kassa.receipts.callbacks import callbacks_deliver
    from openkassa.kassa.receipts.channels import channel_change
    from openkassa.kassa.receipts.models import Channel
    from openkassa.kassa.receipts.services import receipt_withdraw

    organisation_id = queue.shop.organisation_id
    with within(organisation_id):
        channel = Channel.objects.get(kind="komtet")
    channel_change(
        organisation_id=organisation_id,
        channel_id=channel.id,
        name="Очередь",
        callback_url=shop_server.url,
        expire_after=None,
        is_active=True,
    )
    made = calls.post(queue, calls.check()).json
    receipt_withdraw(organisation_id=organisation_id, receipt_id=made["id"], reason="отменён")
    callbacks_deliver(organisation_id=organisation_id)
    [heard] = shop_server.heard
    given, body = heard.headers["x-hmac-signature"], heard.body
    assert given == calls.signed("POST", shop_server.url, body)


def test_check_my_request_shows_what_has_to_be_signed(queue):
    from openkassa.api.check import channel_for, request_check
    from openkassa.api.face import Incoming
    from openkassa.api.komtet.face import FACE
    from openkassa.core.clock import now
    from openkassa.core.settings import settings
    from openkassa.kassa.receipts.channels import channel_by_name

    own = channel_by_name("komtet", queue.shop_id)
    channel = channel_for(FACE, own, "1001")
    body = json.dumps(calls.check()).encode()
    path = f"{queue.path}/task"
    right = calls.signed("POST", settings().public_url + path, body)
    for given, good in ((right, True), ("0" * 32, False)):
        incoming = Incoming(method="POST", path=path, headers={"x-hmac-signature": given}, body=body)
        checked = request_check(face=FACE, incoming=incoming, channel=channel, at=now())
        assert (checked.faults, checked.good) == ((), good)
        assert checked.signature.signed == f"POST{settings().public_url}{path}".encode() + body
        assert checked.signature.expected == right
    wrong = Incoming(
        method="POST", path=path, body=json.dumps(calls.check(cashier={"name": "x", "inn": "1" * 12})).encode()
    )
    assert [field for field, _ in request_check(face=FACE, incoming=wrong, channel=channel, at=now()).faults] == [
        "cashier.inn"
    ]
    elsewhere = Incoming(method="POST", path="/api/shop/v2/orders", body=body)
    assert [field for field, _ in request_check(face=FACE, incoming=elsewhere, channel=channel, at=now()).faults] == [
        "path"
    ]
