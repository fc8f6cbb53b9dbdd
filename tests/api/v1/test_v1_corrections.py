"""Putting a wrong receipt right: shown first, both documents or none, once."""

from __future__ import annotations

import contextlib
import threading
import uuid

import pytest
from tests.api.shops import make_shop
from tests.api.v1.calls import documented, fiscalise, item, sale, send

CASH = {"right": {"payments": {"cash": 2100}}}


def sold(shop, external_id: str = "order-1", **changes) -> str:
    answer = send(shop, "POST", "/receipts", sale(external_id, **changes))
    assert answer.status == 201, answer.body
    return documented(shop, answer.json["id"])


def preview(shop, wrong: str, body=CASH):
    return send(shop, "POST", f"/receipts/{wrong}/correction/preview", body)


def correct(shop, wrong: str, external_id: str = "c1", **body):
    return send(shop, "POST", f"/receipts/{wrong}/correction", {"external_id": external_id, **(body or CASH)})


def draft(shop, receipt: dict):
    from openkassa.kassa.receipts.selectors import receipt_draft

    return receipt_draft(shop.organisation_id, uuid.UUID(receipt["id"]))


def count(shop) -> int:
    return len(send(shop, "GET", "/receipts?limit=200").json["receipts"])


def test_the_preview_shows_both_documents_and_stores_nothing(shop):
    wrong = sold(shop)
    answer = preview(shop, wrong)
    assert answer.status == 200, answer.body
    reversal, right = answer.json["receipts"]
    assert (reversal["operation"], reversal["form"], reversal["payments"]["electronic"]) == ("sale_refund", 31, 2100)
    assert (right["operation"], right["form"], right["payments"]["cash"]) == ("sale", 31, 2100)
    for one in (reversal, right):
        assert (one["extra"], one["order"], one["total"]) == ("283447322", None, 2100)
        assert one["settlement_date"] is not None
        assert one["vat"] == [{"vat": "22", "amount": 379}]
        assert one["items"][0]["quantity"] == "2"
    assert count(shop) == 1


def test_both_are_made_as_shown_and_refer_to_the_wrong_one(shop):
    wrong = sold(shop)
    answer = correct(shop, wrong)
    assert answer.status == 201, answer.body
    reversal, right = answer.json["receipts"]
    assert [one["external_id"] for one in (reversal, right)] == ["c1/reversal", "c1/right"]
    assert [one["operation"] for one in (reversal, right)] == ["sale_refund", "sale"]
    assert {one["refers_to"] for one in (reversal, right)} == {wrong}
    assert draft(shop, right).payments.cash == 2100
    assert draft(shop, reversal).items == draft(shop, right).items


def test_a_repeat_answers_with_the_first_two(shop):
    wrong = sold(shop)
    first, again = correct(shop, wrong), correct(shop, wrong)
    assert (first.status, again.status) == (201, 200)
    assert [one["id"] for one in again.json["receipts"]] == [one["id"] for one in first.json["receipts"]]
    assert count(shop) == 3
    other = correct(shop, wrong, right={"payments": {"prepaid": 2100}})
    assert (other.status, other.json["code"]) == (409, "external_id_taken")


def test_another_correction_of_the_same_receipt_is_refused(shop):
    wrong = sold(shop)
    first = correct(shop, wrong).json["receipts"][0]["id"]
    for answer in (correct(shop, wrong, "c2"), preview(shop, wrong)):
        assert (answer.status, answer.json["code"]) == (409, "correction_impossible")
        assert first in answer.json["detail"]
    assert count(shop) == 3


def test_what_was_reversed_is_not_refunded_and_the_right_one_is(shop):
    wrong = sold(shop)
    right = correct(shop, wrong).json["receipts"][1]["id"]
    refused = send(shop, "POST", f"/receipts/{wrong}/refund", {"external_id": "r1"})
    assert (refused.status, refused.json["code"]) == (409, "refund_exceeds")
    fiscalise(shop, right)
    made = send(shop, "POST", f"/receipts/{right}/refund", {"external_id": "r1"})
    assert (made.status, made.json["form"], made.json["operation"]) == (201, 3, "sale_refund")
    assert draft(shop, made.json).correction is draft(shop, made.json).extra is None


def test_what_was_refunded_is_not_corrected(shop):
    wrong = sold(shop)
    send(shop, "POST", f"/receipts/{wrong}/refund", {"external_id": "r1", "items": [{"line": 0, "quantity": "1"}]})
    assert correct(shop, wrong).json["code"] == "correction_impossible"


def test_after_a_withdrawn_reversal_it_can_be_made_again_alone(shop):
    wrong = sold(shop)
    reversal = correct(shop, wrong).json["receipts"][0]["id"]
    send(shop, "POST", f"/receipts/{reversal}/withdraw")
    assert correct(shop, wrong, "c2").json["code"] == "correction_impossible"
    again = correct(shop, wrong, "c2", right=None)
    assert again.status == 201, again.body
    assert [one["operation"] for one in again.json["receipts"]] == ["sale_refund"]


def test_a_receipt_that_should_not_have_been_is_only_reversed(shop):
    answer = correct(shop, sold(shop), right=None)
    assert [one["operation"] for one in answer.json["receipts"]] == ["sale_refund"]


@pytest.mark.parametrize(("ffd", "forms"), [(2, [3, 3]), (3, [31, 31]), (4, [31, 31])])
def test_the_format_of_the_pool_decides_the_documents(db, ffd, forms):
    shop = make_shop("other-format", ffd=ffd)
    wrong = sold(shop, operation="sale_refund")
    reversal, right = correct(shop, wrong).json["receipts"]
    assert [reversal["form"], right["form"]] == forms
    assert [reversal["operation"], right["operation"]] == ["sale", "sale_refund"]
    assert [draft(shop, one).extra for one in (reversal, right)] == ["283447322"] * 2


def test_by_order_names_the_order(shop):
    answer = correct(shop, sold(shop), order="12-3/45", **CASH)
    for one in answer.json["receipts"]:
        base = draft(shop, one).correction
        assert (base.by_order, base.number) == (True, "12-3/45")


def test_the_right_receipt_takes_the_rest_from_the_wrong_one(shop):
    wrong = sold(shop, place="https://other.example")
    answer = correct(shop, wrong, right={"items": [item(price=1000)], "discount": 100})
    right = draft(shop, answer.json["receipts"][1])
    assert (right.total, right.payments.electronic, right.place) == (1900, 1900, "https://other.example")
    assert right.buyer.contact == "buyer@example.ru"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"right": {"colour": 1}}, "right.colour"),
        ({"right": {"items": []}}, "right.items"),
        ({"right": {"items": [item(vat="18")]}}, "right.items[0].vat"),
        ({"right": {"items": [item(quantity="0")]}}, "right.items[0].quantity"),
        ({"right": {"payments": {"cash": 1}}}, "right.payments"),
        ({"right": {"discount": 1}}, "right.discount"),
        ({"right": {"taxation": "patent"}}, "right.taxation"),
        ({"right": {"buyer": {"email": "x"}}}, "right.buyer.email"),
        ({"order": ""}, "order"),
        ({"order": "x" * 33}, "order"),
    ],
)
def test_wrong_fields_are_named_and_nothing_is_stored(shop, body, field):
    wrong = sold(shop)
    for answer in (preview(shop, wrong, body), correct(shop, wrong, **body)):
        assert (answer.status, answer.json["field"]) == (422, field), answer.body
    assert count(shop) == 1


def test_when_the_right_one_is_refused_the_reversal_is_not_made(shop):
    answer = correct(shop, sold(shop, "order-2"), "c9", right={"supplier": {"inn": "7707083890"}})
    assert (answer.status, answer.json["field"]) == (422, "right.supplier.inn")
    assert send(shop, "GET", "/receipts?external_id=c9/reversal").json["receipts"] == []


def test_only_fiscalised_receipts_of_the_channel(shop, other_shop):
    waiting = send(shop, "POST", "/receipts", sale("w")).json["id"]
    assert correct(shop, waiting).json["code"] == "correction_impossible"
    theirs = sold(other_shop)
    for path in ("/correction", "/correction/preview"):
        assert send(shop, "POST", f"/receipts/{theirs}{path}", {"external_id": "x"}).status == 404
        assert send(shop, "POST", f"/receipts/x{path}", {"external_id": "x"}).status == 404
        assert send(shop, "GET", f"/receipts/{waiting}{path}").status == 405


@pytest.mark.django_db(transaction=True)
def test_corrections_at_once_reverse_a_receipt_once(shop, monkeypatch):
    assert _race(shop, sold(shop), monkeypatch) == [201, 409, 409, 409]


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_corrections_at_once_reverse_it_again_and_again(shop, monkeypatch):
    """Negative control of the test above."""
    from django.db.models.query import QuerySet

    wrong = sold(shop)
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_: self)
    assert _race(shop, wrong, monkeypatch) == [201] * CALLERS


CALLERS = 4
WINDOW_SECONDS = 3  # the unguarded ones meet at once; the guarded first one waits it out


def _race(shop, wrong: str, monkeypatch) -> list[int]:
    """Status codes, sorted. Each caller that found nothing made yet waits for the others before it stores."""
    from django.db import connections

    from openkassa.kassa.receipts import corrections

    statuses: list[int] = []
    all_have_read = threading.Barrier(CALLERS)
    stored = corrections.receipt_accept

    def accept(**given):
        with contextlib.suppress(threading.BrokenBarrierError):
            all_have_read.wait(WINDOW_SECONDS)
        return stored(**given)

    def one(number: int) -> None:
        try:
            statuses.append(correct(shop, wrong, f"c{number}").status)
        finally:
            connections.close_all()

    monkeypatch.setattr(corrections, "receipt_accept", accept)
    threads = [threading.Thread(target=one, args=(number,)) for number in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(statuses)
