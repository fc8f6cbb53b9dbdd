"""v1: accepting, repeating, finding."""

from __future__ import annotations

import uuid

import pytest
from tests.api.http import call
from tests.api.v1.calls import item, sale, send


def test_new_receipt_is_201_with_its_address(shop):
    answer = send(shop, "POST", "/receipts", sale())
    assert answer.status == 201
    body = answer.json
    assert answer.headers["Location"] == f"/api/v1/receipts/{body['id']}"
    assert (body["state"], body["operation"], body["total"], body["form"]) == ("accepted", "sale", 2100, 3)
    assert send(shop, "GET", f"/receipts/{body['id']}").json == body


def test_the_same_again_is_200_with_the_first_receipt(shop):
    first = send(shop, "POST", "/receipts", sale())
    spaced = dict(reversed(sale().items()))
    again = send(shop, "POST", "/receipts", spaced)
    assert (again.status, again.json["id"]) == (200, first.json["id"])


def test_another_body_under_the_same_id_is_409_naming_the_first(shop):
    first = send(shop, "POST", "/receipts", sale())
    other = send(shop, "POST", "/receipts", sale(items=[item(name="Молоко")]))
    assert other.status == 409
    assert other.headers["Content-Type"] == "application/problem+json"
    assert (other.json["code"], other.json["receipt_id"]) == ("external_id_taken", first.json["id"])
    assert other.json["what_to_do"]


def test_idempotency_key_guards_a_request_with_a_new_external_id(shop):
    first = send(shop, "POST", "/receipts", sale(), Idempotency_Key="k1")
    again = send(shop, "POST", "/receipts", sale(), Idempotency_Key="k1")
    assert (again.status, again.json["id"]) == (200, first.json["id"])
    other = send(shop, "POST", "/receipts", sale("order-2"), Idempotency_Key="k1")
    assert (other.status, other.json["code"]) == (409, "idempotency_key_taken")
    assert other.json["receipt_id"] == first.json["id"]
    assert len(send(shop, "GET", "/receipts").json["receipts"]) == 1


def test_idempotency_key_of_a_refused_request_stays_free(shop):
    assert send(shop, "POST", "/receipts", sale(total=1), Idempotency_Key="k1").status == 422
    assert send(shop, "POST", "/receipts", sale(), Idempotency_Key="k1").status == 201


def test_idempotency_keys_are_per_channel(shop, other_shop):
    assert send(shop, "POST", "/receipts", sale(), Idempotency_Key="k1").status == 201
    assert send(other_shop, "POST", "/receipts", sale(), Idempotency_Key="k1").status == 201


@pytest.mark.parametrize("key", ["", "x" * 201])
def test_idempotency_key_has_a_form(shop, key):
    assert send(shop, "POST", "/receipts", sale(), Idempotency_Key=key).json["code"] == "parameter_invalid"


def test_totals_that_do_not_match_name_both_sums_and_the_difference(shop):
    body = send(shop, "POST", "/receipts", sale(total=2550)).json
    total = next(error for error in body["errors"] if error["code"] == "total_differs")
    assert total["field"] == "total"
    assert total["detail"] == "total 25.50 не равен сумме позиций 21.00, разница 4.50"
    body = send(shop, "POST", "/receipts", sale(payments={"cash": 2000})).json
    assert body["code"] == "payments_differ"
    assert body["detail"] == "сумма payments 20.00 не равна сумме чека 21.00, разница -1.00"
    body = send(shop, "POST", "/receipts", sale(items=[item(amount=2000)], payments={"cash": 2000})).json
    assert "разница -1.00" in body["detail"]


def test_discount_is_spread_over_the_items(shop):
    from openkassa.kassa.receipts.selectors import receipt_draft

    items = [item(price=10000, quantity="1"), item(name="Чай", price=5000, quantity="1")]
    answer = send(shop, "POST", "/receipts", sale(items=items, discount=1000, payments={"cash": 14000}))
    assert answer.status == 201, answer.body
    draft = receipt_draft(shop.organisation_id, uuid.UUID(answer.json["id"]))
    assert [line.amount for line in draft.items] == [9333, 4667]


def test_a_receipt_like_one_made_minutes_ago_is_accepted_with_a_warning(shop, travel):
    first = send(shop, "POST", "/receipts", sale("order-1"))
    assert first.json["warnings"] == []
    alike = send(shop, "POST", "/receipts", sale("order-2"))
    assert alike.status == 201
    assert alike.json["warnings"][0]["field"] == "external_id"
    assert first.json["id"] in alike.json["warnings"][0]["detail"]
    travel(301)
    assert send(shop, "POST", "/receipts", sale("order-3")).json["warnings"] == []


def test_what_differs_or_is_anothers_is_not_taken_for_alike(shop, other_shop):
    send(shop, "POST", "/receipts", sale("order-1"))
    for number, changes in enumerate((
        {"buyer": {"email": "another@example.ru"}},
        {"operation": "sale_refund"},
        {"items": [item(name="Молоко")]},
        {"correction": {"date": "2026-01-01"}},
    )):  # fmt: skip
        answer = send(shop, "POST", "/receipts", sale(f"other-{number}", **changes))
        assert "external_id" not in [warning.get("field") for warning in answer.json["warnings"]], changes
    assert send(other_shop, "POST", "/receipts", sale("order-2")).json["warnings"] == []


def test_lookup_by_external_id(shop, other_shop):
    made = send(shop, "POST", "/receipts", sale()).json
    assert send(shop, "GET", "/receipts?external_id=order-1").json == {"receipts": [made], "next": None}
    assert send(shop, "GET", "/receipts?external_id=order-2").json["receipts"] == []
    assert send(other_shop, "GET", "/receipts?external_id=order-1").json["receipts"] == []


def test_list_goes_back_page_by_page(shop):
    made = [send(shop, "POST", "/receipts", sale(f"order-{n}")).json["id"] for n in range(5)]
    found, after = [], ""
    while True:
        page = send(shop, "GET", f"/receipts?limit=2&after={after}").json
        found += [receipt["id"] for receipt in page["receipts"]]
        if page["next"] is None:
            break
        after = page["next"]
    assert found == made[::-1]


def test_list_filters(shop):
    send(shop, "POST", "/receipts", sale("a"))
    refund = send(shop, "POST", "/receipts", sale("b", operation="sale_refund")).json["id"]

    def found(query: str) -> list[str]:
        return [receipt["external_id"] for receipt in send(shop, "GET", f"/receipts?{query}").json["receipts"]]

    assert found("operation=sale_refund") == ["b"]
    assert found("state=accepted") == ["b", "a"]
    assert found("state=confirmed") == []
    assert found("total=2100&limit=1") == ["b"]
    assert found("accepted_to=2020-01-01T00:00:00Z") == []
    assert found("accepted_from=2020-01-01T00:00:00Z") == ["b", "a"]
    assert found(f"after={refund}") == ["a"]


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=1000", "limit=x", "limit=²", "after=x", "state=lost", "operation=sell", "colour=red",
     "accepted_from=yesterday", "accepted_from=2026-11-21T12:00:00", "total=-1", "accepted_to=0001-01-01T00:00:00Z"],
)  # fmt: skip
def test_wrong_parameters_are_named(shop, query):
    answer = send(shop, "GET", f"/receipts?{query}")
    assert (answer.status, answer.json["code"]) == (400, "parameter_invalid")
    assert answer.json["field"] == query.partition("=")[0]


def test_batch_gives_each_receipt_its_own_result(shop):
    answer = send(
        shop, "POST", "/receipts/batch", {"receipts": [sale("a"), sale("b", total=1), sale("a"), {"x": 1}, 7]}
    )
    assert answer.status == 200
    results = answer.json["results"]
    assert [result["status"] for result in results] == [201, 422, 200, 422, 422]
    assert results[0]["receipt"]["id"] == results[2]["receipt"]["id"]
    assert results[3]["problem"]["code"] == "field_invalid"


def test_batch_of_more_than_100_is_refused_whole(shop):
    answer = send(shop, "POST", "/receipts/batch", {"receipts": [sale(str(n)) for n in range(101)]})
    assert (answer.status, answer.json["field"]) == (422, "receipts")
    assert send(shop, "GET", "/receipts").json["receipts"] == []


def test_withdrawing_a_waiting_receipt(shop):
    made = send(shop, "POST", "/receipts", sale()).json["id"]
    gone = send(shop, "POST", f"/receipts/{made}/withdraw", {"reason": "передумал"})
    assert (gone.status, gone.json["state"]) == (200, "withdrawn")
    assert send(shop, "POST", f"/receipts/{made}/withdraw").status == 200


def test_withdrawing_a_receipt_that_a_register_has(shop):
    from tests.api.v1.calls import sold

    answer = send(shop, "POST", f"/receipts/{sold(shop)}/withdraw")
    assert (answer.status, answer.json["code"]) == (409, "not_waiting")


@pytest.mark.parametrize("header", [None, "Basic x", "Bearer ", "Bearer wrong", "bearer canary-key-other"])
def test_without_a_good_key_401(shop, header):
    headers = {"Authorization": header} if header else {}
    answer = call("GET", "/api/v1/receipts", headers=headers)
    assert answer.status == 401
    assert answer.json["code"] in ("key_missing", "key_unknown")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("path", ["", "/refund", "/withdraw"])
def test_another_tenants_receipt_is_as_unknown_as_any(shop, other_shop, path):
    theirs = send(other_shop, "POST", "/receipts", sale()).json["id"]
    method, body = ("POST", {"external_id": "r"}) if path == "/refund" else ("POST" if path else "GET", None)
    foreign = send(shop, method, f"/receipts/{theirs}{path}", body)
    unknown = send(shop, method, f"/receipts/{uuid.uuid4()}{path}", body)
    nonsense = send(shop, method, f"/receipts/x{path}", body)
    assert foreign.status == 404
    assert foreign.json == unknown.json == nonsense.json


def test_a_correction_may_refer_to_a_receipt_of_the_channel_only(shop, other_shop):
    theirs = send(other_shop, "POST", "/receipts", sale()).json["id"]
    mine = send(shop, "POST", "/receipts", sale()).json["id"]
    correction = {"date": "2026-11-20"}
    bad = send(shop, "POST", "/receipts", sale("c", correction=correction, refers_to=theirs))
    assert (bad.status, bad.json["field"]) == (404, "refers_to")
    good = send(shop, "POST", "/receipts", sale("c", correction=correction, refers_to=mine))
    assert (good.status, good.json["form"], good.json["refers_to"]) == (201, 31, mine)
