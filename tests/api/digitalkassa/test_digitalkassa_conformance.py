"""Requests as public clients of digitalkassa and Innokassa send them, and what those clients read of the answers.

Forms of: sushi-market/digitalkassa-sdk e937211 (v2.1), innokassa/mdk 2.0.0 b8363b8 (v2), and mdk cb28c32, which posts
to `receipts/online_store/` and has a list in `notify`.
"""

from __future__ import annotations

import pytest
from tests.api.digitalkassa import calls
from tests.api.http import call
from tests.api.v1.calls import documented

pytestmark = pytest.mark.django_db

SDK = {
    "type": 1,
    "items": [
        {"type": 1, "name": "Ролл «Филадельфия»", "price": 450.0, "quantity": 2.0, "amount": 900.0,
         "payment_method": 4, "unit": 0, "vat": 6, "excise": None, "barcode": None, "additional_props": None,
         "declaration_number": None, "country_code": None, "marking": None, "agent": None},
    ],
    "taxation": 1, "is_internet": 1, "timezone": 2,
    "notify": {"emails": ["buyer@example.ru"], "phone": "+79991112233"},
    "amount": {"cash": None, "cashless": 900.0, "prepayment": None, "postpayment": None, "barter": None},
    "loc": {"billing_place": "https://shop.example", "device_number": None},
    "cashless_payments": {"payment_sum": None, "payment_method_flag": None, "payment_identifiers": None,
                          "additional_info": None},
    "customer": None, "additional_attribute": None, "cashier": {"name": "Иванова", "tin": None},
    "service": {"callback_url": None},
}  # fmt: skip
MDK = {
    "type": 2, "taxation": 1, "order_id": "o1",
    "items": [{"item_id": "7", "type": 1, "name": "Товар", "price": 100.5, "quantity": 1, "amount": 100.5,
               "payment_method": 4, "vat": 1}],
    "amount": {"cashless": 100.5}, "notify": {"emails": ["buyer@example.ru"]},
    "loc": {"billing_place": "https://shop.example"}, "customer": {"name": "Иван"},
}  # fmt: skip
OLD_MDK = {
    "type": 1, "taxation": 1,
    "items": [{"type": 10, "name": "Товар", "price": 50, "quantity": 2, "amount": 100, "payment_method": 1, "vat": 3}],
    "amount": {"prepayment": 0, "cashless": 100}, "notify": [{"type": "phone", "value": "9991112233"}],
    "customer": {"name": "Иван"}, "loc": {"billing_place": "https://shop.example"},
}  # fmt: skip
FORMS = {
    "sdk": ("v2.1", calls.SALE, SDK),
    "mdk": ("v2", "20261121:195324-cms-mdk-o1-fa9beb1b", MDK),
    "old mdk": ("v2", "online_store/0b2f4b5b8d8c4f0a9f0b6a1de0b7a0f3", OLD_MDK),
}


@pytest.fixture
def group(shop):
    return calls.connect(shop)


@pytest.mark.parametrize("client", FORMS)
def test_receipts_of_clients_are_queued_then_done(group, shop, client):
    version, id_, body = FORMS[client]
    answer = calls.post(group, body, id_, version)
    assert answer.status == 202, answer.body
    assert answer.json["service"] == {"callback_url": None, "receipt_url": None}
    plain = id_.removeprefix("online_store/")
    assert calls.ask(group, "GET", f"/receipts/{plain}", version=version).status == 202
    documented(shop, str(calls.stored(group)[0].receipt_id))
    done = calls.ask(group, "GET", f"/receipts/{plain}", version=version)
    repeat = calls.post(group, body, id_, version)
    assert (done.status, repeat.status, repeat.json) == (200, 200, done.json)
    result = done.json
    assert result["service"].pop("receipt_url").endswith("/receipt/9999078900005488/1/283447322")
    assert result["doc"].pop("reg_time")[10] == "T"
    assert result["doc"] == {"shift_num": 1, "index": 1, "fiscal_sign": 283447322, "fiscal_num": 1}
    assert result["cashbox"] == {"rn": "", "factory_num": "1", "ffd": "1.2", "fn_num": "9999078900005488"}


def test_what_the_forms_become(group):
    for version, id_, body in FORMS.values():
        assert calls.post(group, body, id_, version).status == 202
    stored = {(status.external_id, status.operation, status.total) for status in calls.stored(group)}
    assert stored == {(calls.SALE, 1, 90000), ("0b2f4b5b8d8c4f0a9f0b6a1de0b7a0f3", 1, 10000)}, "one id, one receipt"


def test_a_repeat_makes_no_second_receipt(group):
    assert [calls.post(group, calls.receipt()).status for _ in range(2)] == [202, 202]
    assert calls.post(group, calls.receipt(amount={"cash": 21})).status == 202
    assert len(calls.stored(group)) == 1


def test_a_sale_and_a_correction_may_share_an_id(group):
    assert calls.post(group, calls.receipt(), "a:1").status == 202
    assert calls.ask(group, "GET", "/receipts/correction/a:1").status == 404
    assert calls.post(group, calls.correction(), "correction/a:1").status == 202
    assert calls.ask(group, "GET", "/receipts/correction/a:1").status == 202
    assert sorted(status.form for status in calls.stored(group)) == [3, 31]


def test_the_group(group):
    answer = calls.ask(group, "GET", "")
    assert (answer.status, answer.json) == (
        200, {"type": "online_store", "taxation": 1, "billing_place_list": ["https://shop.example"]},
    )  # fmt: skip
    assert calls.ask(group, "GET", "/", version="v2").json == answer.json


@pytest.mark.parametrize(
    ("states", "status"),
    [((), 202), (("assigned",), 202), (("assigned", "in_doubt"), 202), (("assigned", "in_doubt", "accepted"), 202),
     (("assigned", "refused"), 422), (("withdrawn",), 422)],
)  # fmt: skip
def test_only_what_was_certainly_not_made_is_an_error(group, states, status):
    from openkassa.core.tenancy import within
    from openkassa.kassa.receipts.models import ReceiptState

    calls.post(group, calls.receipt())
    with within(group.organisation_id):
        for state in states:
            ReceiptState.objects.update(state=state)
    for answer in (calls.ask(group, "GET", f"/receipts/{calls.SALE}"), calls.post(group, calls.receipt())):
        assert answer.status == status
        if status == 422:
            (error,) = answer.json
            assert (error["type"], error["path"]) == ("not_fiscalized", "/")
            assert "новым receipt_id" in error["desc"]
    assert len(calls.stored(group)) == 1


def test_others_and_unknown_ids_are_404(group, other_shop):
    theirs = calls.connect(other_shop, code="2000")
    assert calls.post(theirs, calls.receipt(), "theirs").status == 202
    for id_ in ("theirs", "nothing", "correction/theirs", "x" * 200, "a%0Ab"):
        answer = calls.ask(group, "GET", f"/receipts/{id_}")
        assert (answer.status, answer.json[0]["type"]) == (404, "not_found")
    stranger = call("GET", "/v2.1/c_groups/2000", headers=calls.basic(group.actor, group.token))
    unknown = call("GET", "/v2.1/c_groups/2001", headers=calls.basic(group.actor, group.token))
    assert (stranger.status, unknown.status) == (404, 404)


def test_callback_says_what_became_of_it(group, shop):
    import json

    from openkassa.api.digitalkassa.report import callback

    calls.post(group, calls.receipt(service={"callback_url": "https://shop.example/cb"}), "a:1")
    documented(shop, str(calls.stored(group)[0].receipt_id))
    message = callback(calls.stored(group)[0])
    told = json.loads(message.body)
    assert (message.method, message.url) == ("POST", "https://shop.example/cb")
    assert (told.pop("receipt_id"), told.pop("correction"), told.pop("status")) == ("a:1", False, "completed")
    assert told == calls.ask(group, "GET", "/receipts/a:1").json


def test_callback_of_a_receipt_that_was_not_made(group):
    import json

    from openkassa.api.digitalkassa.report import callback
    from openkassa.core.tenancy import within
    from openkassa.kassa.receipts.models import ReceiptState

    calls.post(group, calls.correction(service={"callback_url": "https://shop.example/cb"}), "correction/c")
    with within(group.organisation_id):
        ReceiptState.objects.update(state="withdrawn")
    told = json.loads(callback(calls.stored(group)[0]).body)
    assert (told["status"], told["correction"], told["errors"][0]["type"]) == ("failed", True, "not_fiscalized")
