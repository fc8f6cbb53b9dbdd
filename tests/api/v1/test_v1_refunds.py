"""Refunds by id: built from the original, never more than was sold."""

from __future__ import annotations

import contextlib
import threading
import uuid

import pytest
from tests.api.v1.calls import fiscalise, item, sale, send, sold


def refund(shop, receipt_id: str, external_id: str, **changes):
    return send(shop, "POST", f"/receipts/{receipt_id}/refund", {"external_id": external_id} | changes)


def draft_of(shop, answer):
    from openkassa.kassa.receipts.selectors import receipt_draft

    return receipt_draft(shop.organisation_id, uuid.UUID(answer.json["id"]))


def test_whole_refund_repeats_the_sale(shop):
    original = sold(shop)
    answer = refund(shop, original, "r1")
    assert answer.status == 201, answer.body
    assert (answer.json["operation"], answer.json["total"], answer.json["refers_to"]) == ("sale_refund", 2100, original)
    draft = draft_of(shop, answer)
    assert (draft.payments.electronic, draft.buyer.contact) == (2100, "buyer@example.ru")


def test_repeat_of_a_refund_answers_with_the_first(shop):
    original = sold(shop)
    first = refund(shop, original, "r1")
    again = refund(shop, original, "r1")
    assert (again.status, again.json["id"]) == (200, first.json["id"])
    assert refund(shop, original, "r1", language="ky").json["code"] == "external_id_taken"


def test_second_whole_refund_is_refused(shop):
    original = sold(shop)
    refund(shop, original, "r1")
    answer = refund(shop, original, "r2")
    assert (answer.status, answer.json["code"]) == (409, "refund_exceeds")


def test_parts_make_the_whole_to_the_kopeck(shop):
    items = [item(price=3333, quantity="3"), item(name="Масло", price=777, quantity="1")]
    original = sold(shop, items=items, discount=100, payments={"cash": 6000, "electronic": 4676})
    first = refund(shop, original, "r1", items=[{"line": 0, "quantity": "1"}])
    assert first.status == 201, first.body
    second = refund(shop, original, "r2")
    assert second.status == 201, second.body
    assert first.json["total"] + second.json["total"] == 10676
    parts = [draft_of(shop, answer).payments for answer in (first, second)]
    assert sum(part.cash for part in parts) == 6000
    assert sum(part.electronic for part in parts) == 4676


def test_more_than_is_left_of_a_line_is_refused(shop):
    original = sold(shop)
    assert refund(shop, original, "r1", items=[{"line": 0, "quantity": "1.5"}]).status == 201
    answer = refund(shop, original, "r2", items=[{"line": 0, "quantity": "1"}])
    assert (answer.status, answer.json["code"]) == (409, "refund_exceeds")
    assert "осталось 0.5" in answer.json["detail"]


@pytest.mark.parametrize(
    ("items", "code"),
    [
        ([{"line": 5}], "refund_impossible"),
        ([{"line": 0}, {"line": 0}], "refund_impossible"),
        ([{"line": 0, "quantity": "0"}], "refund_exceeds"),
        ([{"line": 0, "quantity": "3"}], "refund_exceeds"),
    ],
)
def test_wrong_lines(shop, items, code):
    answer = refund(shop, sold(shop), "r1", items=items)
    assert (answer.status, answer.json["code"]) == (409, code)


def test_a_withdrawn_refund_counts_no_more(shop):
    original = sold(shop)
    first = refund(shop, original, "r1").json["id"]
    send(shop, "POST", f"/receipts/{first}/withdraw")
    assert refund(shop, original, "r2").status == 201


def test_only_fiscalised_sales_are_refunded(shop):
    waiting = send(shop, "POST", "/receipts", sale("w")).json["id"]
    assert refund(shop, waiting, "r1").json["code"] == "refund_impossible"
    original = sold(shop)
    of_refund = refund(shop, original, "r2").json["id"]
    fiscalise(shop, of_refund)
    assert refund(shop, of_refund, "r3").json["code"] == "refund_impossible"


def test_a_refund_composed_by_the_shop_counts_too(shop):
    original = sold(shop)
    own = sale("own", operation="sale_refund", refers_to=original, items=[item(quantity="1")],
               payments={"electronic": 1050})  # fmt: skip
    assert send(shop, "POST", "/receipts", own).status == 201
    assert refund(shop, original, "r1").json["total"] == 1050
    more = send(shop, "POST", "/receipts", own | {"external_id": "own-2"})
    assert (more.status, more.json["code"]) == (409, "refund_exceeds")


def test_payments_of_a_refund_have_to_make_its_total(shop):
    original = sold(shop)
    wrong = refund(shop, original, "r1", payments={"cash": 100})
    assert (wrong.status, wrong.json["code"]) == (409, "refund_impossible")
    assert refund(shop, original, "r1", payments={"cash": 2100}).status == 201


@pytest.mark.django_db(transaction=True)
def test_refunds_at_once_never_exceed_the_sale(shop, monkeypatch):
    original = sold(shop)
    assert _race(shop, original, monkeypatch) == [2100]


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_refunds_at_once_exceed_the_sale(shop, monkeypatch):
    """Negative control of the test above."""
    from django.db.models.query import QuerySet

    original = sold(shop)
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_: self)
    assert _race(shop, original, monkeypatch) == [2100] * CALLERS


CALLERS = 4
WINDOW_SECONDS = 3  # the unguarded ones meet at once; the guarded first one waits it out


def _race(shop, original: str, monkeypatch) -> list[int]:
    """Totals of the refunds that were accepted. Each caller that has found enough left waits for the others,
    for WINDOW_SECONDS at most, before it stores its refund."""
    from django.db import connections

    from openkassa.kassa.receipts import refunds

    totals: list[int] = []
    all_have_read = threading.Barrier(CALLERS)
    stored = refunds.receipt_accept

    def accept(**given):
        with contextlib.suppress(threading.BrokenBarrierError):
            all_have_read.wait(WINDOW_SECONDS)
        return stored(**given)

    def one(number: int) -> None:
        try:
            answer = refund(shop, original, f"r{number}")
            if answer.status == 201:
                totals.append(answer.json["total"])
        finally:
            connections.close_all()

    monkeypatch.setattr(refunds, "receipt_accept", accept)
    threads = [threading.Thread(target=one, args=(number,)) for number in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return totals
