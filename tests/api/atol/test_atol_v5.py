"""What v5 adds to v4: operations, a channel shared with v4, registers of FFD 1.2 alone."""

from __future__ import annotations

import pytest
from tests.api.atol import calls, calls_v5
from tests.api.http import call
from tests.api.shops import PASSWORD, make_shop


def stored(shop) -> int:
    from openkassa.kassa.receipts.selectors import receipt_list

    return len(receipt_list(shop.organisation_id))


@pytest.mark.parametrize("base", ["/possystem/v5", "/v5"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_paths_with_and_without_prefix_and_slash(shop, base, slash):
    given = call("POST", f"{base}/getToken{slash}", {"login": shop.login, "pass": PASSWORD})
    headers = {"Token": given.json["token"]}
    sold = call("POST", f"{base}/{shop.group}/sell{slash}", calls_v5.sell(), headers)
    assert (sold.status, sold.json["status"], sold.json["error"]) == (200, "wait", None), sold.body
    report = call("GET", f"{base}/{shop.group}/report/{sold.json['uuid']}{slash}", headers=headers)
    assert (report.status, report.json["error"]["code"]) == (200, 34)


def test_the_recorded_body_of_a_real_client_is_accepted(shop):
    """A mark code without a processing mode, on a payment: a strict server would break this client."""
    answer = calls_v5.post(shop, "sell", calls_v5.LAMODA.encode())
    assert (answer.status, answer.json["status"]) == (200, "wait"), answer.body


@pytest.mark.parametrize("operation", ["sell", "sell_refund", "buy", "buy_refund"])
def test_receipts(shop, operation):
    assert calls_v5.post(shop, operation, calls_v5.sell()).json["status"] == "wait"


@pytest.mark.parametrize(
    "operation", ["sell_correction", "sell_refund_correction", "buy_correction", "buy_refund_correction"]
)
def test_corrections_with_items(shop, operation):
    answer = calls_v5.post(shop, operation, calls_v5.correction())
    assert (answer.status, answer.json["status"]) == (200, "wait"), answer.body


def test_refund_corrections_are_no_operations_of_v4(shop):
    for operation in ("sell_refund_correction", "buy_refund_correction"):
        answer = calls.post(shop, operation, calls.correction())
        assert (answer.status, answer.json["error"]["code"]) == (400, 31)


def test_tokens_and_external_ids_are_those_of_v4(shop):
    token = calls.token(shop)
    first = calls.post(shop, "sell", calls.sell(), by=token)
    again = calls_v5.post(shop, "sell", calls_v5.sell(), by=token)
    assert (again.status, again.json["error"]["code"]) == (400, 33)
    assert again.json["uuid"] == first.json["uuid"]
    assert stored(shop) == 1


@pytest.mark.parametrize("ffd", [2, 3])
def test_registers_before_ffd_1_2_are_not_for_v5(db, ffd):
    shop = make_shop("old", ffd=ffd)
    answer = calls_v5.post(shop, "sell", calls_v5.sell())
    assert (answer.status, answer.json["error"]["code"]) == (401, 21)
    assert stored(shop) == 0
    body = calls.sell()
    assert calls.post(shop, "sell", body).status == 200


def test_findings_about_the_draft_name_fields_of_the_request(shop):
    for changes, field in (
        ({"items": [calls_v5.marked(planned_status=3)]}, "receipt.items[0].planned_status"),
        ({"items": [calls_v5.marked(mark_quantity={"numerator": 3, "denominator": 2})]},
         "receipt.items[0].mark_quantity.numerator"),
        ({"cashier_inn": "123456789012"}, "receipt.cashier_inn"),
    ):  # fmt: skip
        answer = calls_v5.post(shop, "sell", calls_v5.sell(**changes))
        assert (answer.status, answer.json["error"]["code"]) == (400, 32), changes
        assert f"{field} (" in answer.json["error"]["text"], answer.json
    assert stored(shop) == 0


def test_a_doubtful_code_is_accepted_with_a_warning_in_the_report(shop):
    uuid = calls_v5.post(shop, "sell", calls_v5.LAMODA.encode()).json["uuid"]
    warnings = str(calls.report(shop, uuid).json["warnings"])
    assert "нераспознанный" in warnings
