"""Prepayments: what is open, the offset made of the first, never more than was prepaid."""

from __future__ import annotations

import contextlib
import threading
import uuid

import pytest
from tests.api.v1.calls import documented, fiscalise, sale, send

GOODS = {"name": "Диван", "price": 100_000, "quantity": "1", "vat": "22"}


def prepaid_item(**changes):
    return GOODS | {"method": "full_prepayment", "vat": "22/122"} | changes


def advance(amount: int):
    return {
        "name": "Аванс",
        "price": amount,
        "quantity": "1",
        "vat": "22/122",
        "method": "advance",
        "object": "payment",
    }


def prepaid(shop, external_id: str = "p1", *items, **changes) -> str:
    given = list(items) or [prepaid_item()]
    total = sum(one["price"] * int(one["quantity"]) for one in given)
    body = sale(external_id, items=given, payments={"electronic": total}, **changes)
    answer = send(shop, "POST", "/receipts", body)
    assert answer.status == 201, answer.body
    return documented(shop, answer.json["id"])


def offset(shop, prepayment: str, external_id: str = "o1", **changes):
    return send(shop, "POST", f"/receipts/{prepayment}/offset", {"external_id": external_id} | changes)


def refund(shop, receipt: str, external_id: str = "r1", **changes):
    return send(shop, "POST", f"/receipts/{receipt}/refund", {"external_id": external_id} | changes)


def left(shop) -> dict[str, int]:
    page = send(shop, "GET", "/prepayments").json
    return {one["external_id"]: one["left"] for one in page["prepayments"]}


def draft(shop, answer):
    from openkassa.kassa.receipts.selectors import receipt_draft

    assert answer.status == 201, answer.body
    return receipt_draft(shop.organisation_id, uuid.UUID(answer.json["id"]))


def test_the_offset_of_everything_is_the_sale_of_the_goods(shop):
    first = prepaid(shop)
    answer = offset(shop, first)
    made = draft(shop, answer)
    (line,) = made.items
    assert (line.name, line.method, line.vat, line.amount) == ("Диван", 4, 11, 100_000)
    assert (made.payments.prepaid, made.payments.total) == (100_000, 100_000)
    assert (answer.json["refers_to"], answer.json["warnings"]) == (first, [])
    assert left(shop) == {}


def test_a_repeat_of_an_offset_answers_with_the_first(shop):
    first = prepaid(shop)
    made, again = offset(shop, first), offset(shop, first)
    assert (again.status, again.json["id"]) == (200, made.json["id"])
    assert offset(shop, first, language="ky").json["code"] == "external_id_taken"
    keyed = {"external_id": "o2"}, {"external_id": "o3"}
    second = f"/receipts/{prepaid(shop, 'p2')}/offset"
    made, again = (send(shop, "POST", second, body, Idempotency_Key="k1") for body in (keyed[0], keyed[0]))
    assert (made.status, again.status, again.json["id"]) == (201, 200, made.json["id"])
    assert send(shop, "POST", second, keyed[1], Idempotency_Key="k1").json["code"] == "idempotency_key_taken"


@pytest.mark.parametrize(
    ("prepaid_at", "goods_at", "full", "code"),
    [
        ("2025-12-30", "2026-01-02", "20", 11),
        ("2025-12-30", "2025-12-31", "20", 1),
        ("2026-02-01", "2026-02-02", "22", 11),
    ],
)
def test_goods_have_the_rate_of_the_day_they_are_handed_over(shop, travel, prepaid_at, goods_at, full, code):
    import datetime as dt

    from openkassa.core.clock import now

    def go_to(day: str) -> None:
        moment = dt.datetime.fromisoformat(f"{day}T12:00:00+00:00")
        travel((moment - now()).total_seconds())

    go_to(prepaid_at)
    first = prepaid(shop, "p1", prepaid_item(vat=f"{full}/1{full}"))
    go_to(goods_at)
    made = draft(shop, offset(shop, first))
    assert made.items[0].vat == code


def test_parts_of_a_prepayment(shop):
    first = prepaid(shop, "p1", prepaid_item(quantity="3"), prepaid_item(name="Стул", price=5_000, quantity="2"))
    one = draft(shop, offset(shop, first, "o1", lines=[{"line": 0, "quantity": "1"}, {"line": 1, "quantity": "2"}]))
    assert [(line.name, str(line.quantity)) for line in one.items] == [("Диван", "1"), ("Стул", "2")]
    assert left(shop) == {"p1": 200_000}
    again = offset(shop, first, "o2", lines=[{"line": 1, "quantity": "1"}])
    assert (again.status, again.json["code"]) == (409, "offset_exceeds")
    rest = draft(shop, offset(shop, first, "o3"))
    assert [(line.name, str(line.quantity)) for line in rest.items] == [("Диван", "2")]
    assert left(shop) == {}
    assert offset(shop, first, "o4").json["code"] == "offset_exceeds"


def test_an_advance_is_offset_by_named_goods_and_the_rest_is_paid(shop):
    first = prepaid(shop, "p1", advance(30_000))
    nameless = offset(shop, first)
    assert (nameless.status, nameless.json["code"]) == (409, "offset_impossible")
    unpaid = offset(shop, first, items=[GOODS])
    assert (unpaid.status, unpaid.json["code"]) == (409, "offset_exceeds")
    assert "осталось 300.00" in unpaid.json["detail"]
    made = draft(shop, offset(shop, first, items=[GOODS], rest={"cash": 70_000}))
    assert (made.payments.prepaid, made.payments.cash, made.items[0].method) == (30_000, 70_000, 4)
    assert left(shop) == {}


def test_part_of_an_advance(shop):
    first = prepaid(shop, "p1", advance(300_000))
    assert offset(shop, first, "o1", items=[GOODS]).status == 201
    assert left(shop) == {"p1": 200_000}
    assert offset(shop, first, "o2", items=[GOODS], discount=1_000).json["total"] == 99_000
    assert left(shop) == {"p1": 101_000}


def test_what_is_not_paid_at_hand_over_is_credit(shop):
    first = prepaid(shop, "p1", advance(30_000))
    made = draft(shop, offset(shop, first, items=[GOODS], rest={"credit": 70_000}))
    assert (made.items[0].method, made.payments.credit, made.payments.prepaid) == (5, 70_000, 30_000)


def test_a_partial_prepayment_needs_the_goods_at_their_price(shop):
    first = prepaid(shop, "p1", prepaid_item(method="prepayment", price=30_000))
    assert offset(shop, first).json["code"] == "offset_impossible"
    assert offset(shop, first, items=[GOODS], rest={"electronic": 70_000}).status == 201


def test_a_refund_of_a_prepayment_counts(shop):
    first = prepaid(shop, "p1", prepaid_item(quantity="3"))
    assert refund(shop, first, "r1", items=[{"line": 0, "quantity": "1"}]).status == 201
    assert left(shop) == {"p1": 200_000}
    assert offset(shop, first, "o1", lines=[{"line": 0, "quantity": "3"}]).json["code"] == "offset_exceeds"
    assert offset(shop, first, "o2").json["total"] == 200_000
    assert refund(shop, first, "r2").json["code"] == "refund_exceeds"
    assert left(shop) == {}


def test_the_rest_of_an_advance_is_refunded(shop):
    first = prepaid(shop, "p1", advance(300_000))
    offset(shop, first, "o1", items=[GOODS])
    made = draft(shop, refund(shop, first))
    assert (made.total, made.items[0].amount, made.items[0].price) == (200_000, 200_000, 200_000)
    assert left(shop) == {}


@pytest.mark.parametrize("gone", ["offset", "refund"])
def test_what_was_withdrawn_is_open_again(shop, gone):
    first = prepaid(shop)
    made = offset(shop, first) if gone == "offset" else refund(shop, first)
    assert left(shop) == {}
    send(shop, "POST", f"/receipts/{made.json['id']}/withdraw")
    assert left(shop) == {"p1": 100_000}
    send(shop, "POST", f"/receipts/{made.json['id']}/withdraw")
    assert left(shop) == {"p1": 100_000}
    assert offset(shop, first, "o2").status == 201


def test_a_refunded_offset_gives_the_prepayment_back(shop):
    first = prepaid(shop)
    made = offset(shop, first).json["id"]
    fiscalise(shop, made)
    back = draft(shop, refund(shop, made))
    assert back.payments.prepaid == 100_000
    assert left(shop) == {"p1": 100_000}
    assert draft(shop, refund(shop, first, "r2")).payments.electronic == 100_000
    assert left(shop) == {}


def test_a_corrected_offset_takes_the_right_sum(shop):
    first = prepaid(shop, "p1", advance(300_000))
    wrong = documented(shop, offset(shop, first, "o1", items=[GOODS]).json["id"])
    body = {"external_id": "c1", "right": {"items": [GOODS | {"price": 150_000}]}}
    assert send(shop, "POST", f"/receipts/{wrong}/correction", body).status == 201
    assert left(shop) == {"p1": 150_000}


def test_a_corrected_prepayment_is_open_in_its_place(shop):
    first = prepaid(shop)
    body = {"external_id": "c1", "right": {"items": [prepaid_item(price=90_000)]}}
    right = send(shop, "POST", f"/receipts/{first}/correction", body).json["receipts"][1]["id"]
    assert left(shop) == {}
    fiscalise(shop, right)
    assert left(shop) == {"c1/right": 90_000}
    assert offset(shop, first).json["code"] == "offset_exceeds"
    made = draft(shop, offset(shop, right))
    assert (made.form, made.correction, made.extra, made.total) == (3, None, None, 90_000)


def test_an_offset_prepayment_is_not_corrected(shop):
    first = prepaid(shop)
    offset(shop, first)
    answer = send(shop, "POST", f"/receipts/{first}/correction", {"external_id": "c1"})
    assert (answer.status, answer.json["code"]) == (409, "correction_impossible")


def test_an_offset_composed_by_the_shop_counts_too(shop):
    first = prepaid(shop, "p1", advance(30_000))
    own = sale("own", items=[GOODS], payments={"prepaid": 30_000, "cash": 70_000}, refers_to=first)
    made = send(shop, "POST", "/receipts", own)
    assert (made.status, made.json["refers_to"]) == (201, first)
    assert send(shop, "POST", "/receipts", own).status == 200
    more = send(shop, "POST", "/receipts", own | {"external_id": "own-2"})
    assert (more.status, more.json["code"]) == (409, "offset_exceeds")
    without = sale("own-3", refers_to=first)
    assert send(shop, "POST", "/receipts", without).json["field"] == "refers_to"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"colour": 1}, "colour"),
        ({"external_id": ""}, "external_id"),
        ({"lines": []}, "lines"),
        ({"lines": [{"line": -1}]}, "lines[0].line"),
        ({"items": []}, "items"),
        ({"items": [GOODS | {"vat": "18"}]}, "items[0].vat"),
        ({"items": [GOODS], "lines": [{"line": 0}]}, "lines"),
        ({"discount": 5}, "discount"),
        ({"rest": {"prepaid": 5}}, "rest.prepaid"),
        ({"rest": {"cash": -5}}, "rest.cash"),
        ({"buyer": {"email": "x"}}, "buyer.email"),
        ({"callback_url": "ftp://x"}, "callback_url"),
    ],
)
def test_wrong_fields_are_named_and_nothing_is_stored(shop, body, field):
    answer = offset(shop, prepaid(shop), **body)
    assert (answer.status, answer.json["field"]) == (422, field), answer.body
    assert left(shop) == {"p1": 100_000}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"lines": [{"line": 5}]}, "offset_exceeds"),
        ({"lines": [{"line": 0}, {"line": 0}]}, "offset_exceeds"),
        ({"lines": [{"line": 0, "quantity": "0"}]}, "offset_exceeds"),
        ({"rest": {"cash": 100_000}}, "offset_exceeds"),
        ({"rest": {"cash": 200_000}}, "offset_exceeds"),
        ({"items": [GOODS | {"price": 100_001}]}, "offset_exceeds"),
    ],
)
def test_sums_that_do_not_fit(shop, body, code):
    answer = offset(shop, prepaid(shop), **body)
    assert (answer.status, answer.json["code"]) == (409, code), answer.body
    assert left(shop) == {"p1": 100_000}


def test_only_fiscalised_prepayments_of_the_channel(shop, other_shop):
    waiting = send(shop, "POST", "/receipts", sale("w", items=[prepaid_item()], payments={"cash": 100_000})).json["id"]
    assert offset(shop, waiting).json["code"] == "offset_impossible"
    assert left(shop) == {}
    plain = documented(shop, send(shop, "POST", "/receipts", sale("s")).json["id"])
    assert offset(shop, plain).json["code"] == "offset_impossible"
    theirs = prepaid(other_shop)
    assert offset(shop, theirs).status == offset(shop, "x").status == 404
    assert left(shop) == {}
    assert send(shop, "GET", f"/receipts/{waiting}/offset").status == 405


def test_the_list_goes_back_page_by_page(shop):
    for number in range(5):
        prepaid(shop, f"p{number}")
    found, after = [], ""
    while True:
        page = send(shop, "GET", f"/prepayments?limit=2&after={after}").json
        found += [one["external_id"] for one in page["prepayments"]]
        if page["next"] is None:
            break
        after = page["next"]
    assert found == ["p4", "p3", "p2", "p1", "p0"]
    for query in ("limit=0", "limit=x", "after=x", "state=open"):
        answer = send(shop, "GET", f"/prepayments?{query}")
        assert (answer.status, answer.json["field"]) == (400, query.partition("=")[0])


@pytest.mark.django_db(transaction=True)
def test_offsets_and_refunds_at_once_never_exceed_the_prepayment(shop, monkeypatch):
    assert _race(shop, prepaid(shop), monkeypatch) == [201, 409, 409, 409]
    assert left(shop) == {}


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_the_database_still_refuses_more_than_was_prepaid(shop, monkeypatch):
    from django.db.models.query import QuerySet

    first = prepaid(shop)
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_: self)
    assert _race(shop, first, monkeypatch) == [201, 409, 409, 409]


@pytest.mark.django_db(transaction=True)
def test_without_lock_and_constraint_more_is_offset_than_was_prepaid(shop, monkeypatch, owner_connection):
    """Negative control of both guards."""
    from django.db.models.query import QuerySet

    first = prepaid(shop)
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_: self)
    table, name = "kassa_receipts_prepayment", "prepayment_not_exceeded"
    owner_connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    try:
        assert _race(shop, first, monkeypatch) == [201] * CALLERS
    finally:
        owner_connection.execute(f"UPDATE {table} SET taken = amount WHERE taken > amount")
        owner_connection.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK (taken >= 0 AND taken <= amount)")


CALLERS = 4
WINDOW_SECONDS = 3  # the unguarded ones meet at once; the guarded first one waits it out


def _race(shop, prepayment: str, monkeypatch) -> list[int]:
    """Status codes, sorted, of two offsets and two refunds of everything. Each that found enough left waits for the
    others before it stores."""
    from django.db import connections

    from openkassa.kassa.receipts import offsets, refunds

    statuses: list[int] = []
    all_have_read = threading.Barrier(CALLERS)
    stored = offsets.receipt_accept

    def accept(**given):
        with contextlib.suppress(threading.BrokenBarrierError):
            all_have_read.wait(WINDOW_SECONDS)
        return stored(**given)

    def one(number: int) -> None:
        try:
            call = offset if number % 2 else refund
            statuses.append(call(shop, prepayment, f"x{number}").status)
        finally:
            connections.close_all()

    monkeypatch.setattr(offsets, "receipt_accept", accept)
    monkeypatch.setattr(refunds, "receipt_accept", accept)
    threads = [threading.Thread(target=one, args=(number,)) for number in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(statuses)
