"""The shop is told once what became of a receipt, again while it does not answer, and never at a private address."""

from __future__ import annotations

import datetime as dt
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from openkassa.core import outgoing
from openkassa.core.clock import now
from openkassa.core.tenancy import within
from openkassa.kassa.receipts import callbacks
from openkassa.kassa.receipts.models import Callback, CallbackDelivery


class Shop:
    """A shop's server that notes what it is told and answers as it is set."""

    def __init__(self) -> None:
        self.heard: list[dict] = []
        self.answers: list[int] = []
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                shop.heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(shop.answers.pop(0) if shop.answers else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/kassa"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def shop(monkeypatch):
    """A shop at a loopback address, which this installation lets callbacks go to."""
    made, client = Shop(), outgoing.OutgoingClient(private=True)
    monkeypatch.setattr(callbacks, "strangers", lambda: client)
    yield made
    made.server.shutdown()


def told_of_another(world, url: str) -> None:
    sold = world.sell(callback_url=url)
    callbacks.callbacks_enqueue(
        organisation_id=world.organisation_id, receipt_ids=[sold.receipt_id], event="fiscalised", at=now()
    )


def told(world, url: str) -> Callback:
    told_of_another(world, url)
    return only(world)


def only(world) -> Callback:
    with within(world.organisation_id):
        return Callback.objects.get()


def deliveries(world) -> list[CallbackDelivery]:
    with within(world.organisation_id):
        return list(CallbackDelivery.objects.order_by("id"))


def deliver(world) -> int:
    return callbacks.callbacks_deliver(organisation_id=world.organisation_id)


def test_a_callback_that_is_answered_is_delivered_and_not_sent_again(world, shop):
    told(world, shop.url)
    assert deliver(world) == 1
    assert only(world).state == "delivered"
    assert deliver(world) == 0
    assert len(shop.heard) == 1
    assert [delivery.status for delivery in deliveries(world)] == [200]


def test_a_callback_that_fails_is_sent_again_later_and_given_up_after_three_days(world, shop, travel):
    shop.answers = [500, 200]
    told(world, shop.url)
    deliver(world)
    waiting = only(world)
    assert waiting.state == "waiting" and waiting.next_at > now()
    assert deliver(world) == 0, "not before its time"
    travel(60)
    deliver(world)
    assert only(world).state == "delivered"
    assert [delivery.status for delivery in deliveries(world)] == [500, 200]


def test_a_shop_that_never_answers_is_given_up(world, shop, travel):
    shop.answers = [500] * 100
    told(world, shop.url)
    for _ in range(100):
        deliver(world)
        if only(world).state != "waiting":
            break
        travel(max((only(world).next_at - now()).total_seconds(), 0) + 1)
    assert only(world).state == "failed"
    assert 10 < len(shop.heard) < 60
    last = deliveries(world)[-1]
    assert last.at - only(world).created_at > dt.timedelta(days=2)
    callbacks.callback_resend(organisation_id=world.organisation_id, callback_id=only(world).id)
    shop.answers = []
    deliver(world)
    assert only(world).state == "delivered"


def test_a_private_address_is_refused_and_logged(world):
    made = Shop()
    told(world, made.url)
    deliver(world)
    made.server.shutdown()
    assert made.heard == []
    assert only(world).state == "waiting"
    assert deliveries(world)[0].status is None and deliveries(world)[0].error


def test_a_receipt_is_told_of_once_for_each_event(world, shop):
    sold = world.sell(callback_url=shop.url)
    for _ in range(3):
        callbacks.callbacks_enqueue(
            organisation_id=world.organisation_id, receipt_ids=[sold.receipt_id], event="fiscalised", at=now()
        )
    deliver(world)
    assert len(shop.heard) == 1


def test_what_a_slow_shop_leaves_no_time_for_is_not_sent_by_two(world, shop, monkeypatch, travel):
    """Another worker may claim again what this one would still have sent, so this one stops before the claim ends."""
    for _ in range(6):
        told_of_another(world, shop.url)
    heard, seconds = 0, 0
    send = callbacks._send

    def slowly(*which):
        nonlocal heard, seconds
        outcome = send(*which)
        heard, seconds = heard + 1, seconds + 14
        travel(14)
        return outcome

    monkeypatch.setattr(callbacks, "_send", slowly)
    assert deliver(world) == 3
    assert seconds < callbacks.CLAIM.total_seconds()
    assert deliver(world) == 0, "the others are claimed still"
    travel(callbacks.CLAIM.total_seconds())
    assert deliver(world) == 3
    assert heard == len(shop.heard) == 6
