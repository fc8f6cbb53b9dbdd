"""Requests at once: one Idempotency-Key makes one receipt, and so does one external_id."""

from __future__ import annotations

import contextlib
import os
import signal
import threading

import pytest
from tests.api.http import Answer
from tests.api.v1.calls import sale, send
from tests.support.children import Child

CALLERS = 16


def at_once(shop, bodies: list[dict], **headers: str) -> list[Answer]:
    from django.db import connections

    answers: list[Answer] = []
    start = threading.Barrier(len(bodies))

    def one(body: dict) -> None:
        try:
            start.wait()
            answers.append(send(shop, "POST", "/receipts", body, **headers))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def stored(shop) -> int:
    return len(send(shop, "GET", "/receipts").json["receipts"])


@pytest.mark.django_db(transaction=True)
def test_the_same_receipt_at_once_is_made_once(shop):
    answers = at_once(shop, [sale()] * CALLERS)
    assert sorted(answer.status for answer in answers) == [200] * (CALLERS - 1) + [201]
    assert len({answer.json["id"] for answer in answers}) == 1
    assert stored(shop) == 1


@pytest.mark.django_db(transaction=True)
def test_different_receipts_under_one_idempotency_key_at_once(shop):
    answers = at_once(shop, [sale(f"order-{n}") for n in range(CALLERS)], Idempotency_Key="k1")
    assert sorted(answer.status for answer in answers) == [201] + [409] * (CALLERS - 1)
    made = next(answer.json["id"] for answer in answers if answer.status == 201)
    assert {answer.json["receipt_id"] for answer in answers if answer.status == 409} == {made}
    assert stored(shop) == 1


@pytest.mark.django_db(transaction=True)
def test_without_storing_the_key_each_of_them_is_made(shop, monkeypatch):
    """Negative control of the test above."""
    from openkassa.api import sql

    monkeypatch.setattr(sql, "request_key_insert", lambda **_: True)
    at_once(shop, [sale(f"order-{n}") for n in range(CALLERS)], Idempotency_Key="k1")
    assert stored(shop) == CALLERS


def _killed_before_the_key_is_stored(shop) -> None:
    def call() -> None:
        from openkassa.api import sql

        sql.request_key_insert = lambda **_: os.kill(os.getpid(), signal.SIGKILL)
        send(shop, "POST", "/receipts", sale("order-1"), Idempotency_Key="k1")

    assert Child(call).wait() == -9


@pytest.mark.django_db(transaction=True)
def test_a_caller_killed_between_receipt_and_key_leaves_neither(shop):
    _killed_before_the_key_is_stored(shop)
    assert send(shop, "POST", "/receipts", sale("order-2"), Idempotency_Key="k1").status == 201
    assert stored(shop) == 1


@pytest.mark.django_db(transaction=True)
def test_without_one_transaction_the_killed_callers_repeat_is_a_second_receipt(shop, monkeypatch):
    from openkassa.api.v1 import request_keys

    monkeypatch.setattr(request_keys, "atomic", contextlib.nullcontext)
    _killed_before_the_key_is_stored(shop)
    send(shop, "POST", "/receipts", sale("order-2"), Idempotency_Key="k1")
    assert stored(shop) == 2
