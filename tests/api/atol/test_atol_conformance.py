"""Rules that clients of ATOL Online v4 rely on, each kept by a client that breaks otherwise."""

from __future__ import annotations

import datetime as dt
import re
import uuid

import pytest
from tests.api.atol import calls
from tests.api.http import call
from tests.api.shops import PASSWORD

STAMP = re.compile(r"\d\d\.\d\d\.\d{4} \d\d:\d\d:\d\d")


def count_receipts(shop) -> int:
    from openkassa.kassa.receipts.selectors import receipt_list

    return len(receipt_list(shop.organisation_id))


@pytest.mark.parametrize("base", ["/possystem/v4", "/v4"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_paths_with_and_without_prefix_and_slash(shop, base, slash):
    given = call("POST", f"{base}/getToken{slash}", {"login": shop.login, "pass": PASSWORD})
    headers = {"Token": given.json["token"]}
    sold = call("POST", f"{base}/{shop.group}/sell{slash}", calls.sell(), headers)
    assert sold.status == 200
    assert call("GET", f"{base}/{shop.group}/report/{sold.json['uuid']}{slash}", headers=headers).status == 200


def test_token_by_get_and_by_get_with_a_body(shop):
    by_query = call("GET", f"/v4/getToken?login={shop.login}&pass={PASSWORD}&source=test")
    by_body = call("GET", "/v4/getToken", {"login": shop.login, "pass": PASSWORD})
    for answer in (by_query, by_body):
        assert answer.status == 200
        assert answer.json["error"] is None
        assert len(answer.json["token"]) <= 1000


def test_token_timestamp_is_moscow_time_now(shop):
    stamp = call("POST", "/v4/getToken", {"login": shop.login, "pass": PASSWORD}).json["timestamp"]
    at = dt.datetime.strptime(stamp, "%d.%m.%Y %H:%M:%S").replace(tzinfo=dt.timezone(dt.timedelta(hours=3)))
    assert abs((dt.datetime.now(dt.UTC) - at).total_seconds()) < 5


@pytest.mark.parametrize(("login", "password"), [("shop", "wrong"), ("nobody", PASSWORD), ("shop\0", PASSWORD)])
def test_wrong_credentials_are_401_code_12(shop, login, password):
    answer = call("POST", "/v4/getToken", {"login": login, "pass": password})
    assert answer.status == 401
    assert answer.json.get("token") is None
    error = answer.json["error"]
    assert (error["code"], error["type"], error["text"]) == (12, "system", "Неверный логин или пароль")


def test_token_in_the_query(shop):
    token = calls.token(shop)
    answer = call("POST", f"/v4/{shop.group}/sell?token={token}", calls.sell())
    assert answer.status == 200


@pytest.mark.parametrize(
    ("headers", "code"), [({}, 10), ({"Token": "x"}, 11), ({"Token": "ъ".encode().decode("latin-1")}, 11)]
)
def test_missing_and_unknown_token_are_401(shop, headers, code):
    answer = call("POST", f"/v4/{shop.group}/sell", calls.sell(), headers)
    assert answer.status == 401
    assert answer.json["error"]["code"] == code
    assert count_receipts(shop) == 0


def test_token_is_valid_for_24_hours(shop, travel):
    token = calls.token(shop)
    travel(24 * 3600 - 60)
    assert calls.post(shop, "sell", calls.sell(), by=token).status == 200
    travel(120)
    answer = calls.post(shop, "sell", calls.sell("order-2"), by=token)
    assert (answer.status, answer.json["error"]["code"]) == (401, 11)


def test_token_with_one_changed_character_is_refused(shop):
    token = calls.token(shop)
    for index in range(len(token)):
        other = "0" if token[index] != "0" else "1"
        changed = token[:index] + other + token[index + 1 :]
        answer = calls.report(shop, str(uuid.uuid4()), by=changed)
        assert answer.json["error"]["code"] == 11, index


def test_revoked_credential_closes_its_tokens(shop):
    from openkassa.kassa.receipts.channels import channel_key_revoke

    token = calls.token(shop)
    channel_key_revoke(organisation_id=shop.organisation_id, key_id=shop.key_id)
    answer = calls.post(shop, "sell", calls.sell(), by=token)
    assert (answer.status, answer.json["error"]["code"]) == (401, 11)


def test_suspended_organisation_is_blocked(shop):
    from openkassa.core.models import Organisation
    from openkassa.kassa.receipts.channels import forget_channels

    token = calls.token(shop)
    Organisation.objects.filter(id=shop.organisation_id).update(state="suspended")
    forget_channels()
    answer = calls.post(shop, "sell", calls.sell(), by=token)
    assert (answer.status, answer.json["error"]["code"]) == (403, 14)


@pytest.mark.parametrize("operation", ["sell", "sell_refund", "buy", "buy_refund"])
def test_registering_answers_wait(shop, operation):
    answer = calls.post(shop, operation, calls.sell())
    assert answer.status == 200, answer.body
    body = answer.json
    assert body["status"] == "wait"
    assert body["error"] is None
    assert uuid.UUID(body["uuid"])
    assert STAMP.fullmatch(body["timestamp"])


@pytest.mark.parametrize("operation", ["sell_correction", "buy_correction"])
def test_registering_a_correction(shop, operation):
    answer = calls.post(shop, operation, calls.correction())
    assert answer.status == 200, answer.body
    assert answer.json["status"] == "wait"


def test_pending_report_is_200_with_code_34_and_wait(shop):
    uuid_ = calls.post(shop, "sell", calls.sell()).json["uuid"]
    answer = calls.report(shop, uuid_)
    assert answer.status == 200
    assert answer.json["status"] == "wait"
    assert answer.json["error"]["code"] == 34
    assert STAMP.fullmatch(answer.json["timestamp"])
    assert answer.json["callback_url"] == ""


def test_repeat_is_400_code_33_with_the_first_uuid(shop):
    first = calls.post(shop, "sell", calls.sell()).json["uuid"]
    again = calls.post(shop, "sell", calls.sell() | {"timestamp": "22.11.2026 12:00:00"})
    assert again.status == 400
    assert again.json["uuid"] == first
    assert again.json["error"]["code"] == 33
    assert again.json["status"] == "wait"
    assert count_receipts(shop) == 1


def test_repeat_with_another_body_is_code_33_and_logged(shop, capsys, caplog):
    import structlog

    first = calls.post(shop, "sell", calls.sell()).json["uuid"]
    with structlog.testing.capture_logs() as logs:
        again = calls.post(shop, "sell", calls.sell(items=[calls.item(name="Молоко")]))
    assert (again.status, again.json["error"]["code"], again.json["uuid"]) == (400, 33, first)
    assert [line["event"] for line in logs] == ["receipt_key_conflict"]
    assert count_receipts(shop) == 1


def test_repeat_of_the_same_sale_sent_later_is_not_logged(shop):
    import structlog

    calls.post(shop, "sell", calls.sell())
    later = calls.sell(total=21.0, items=[calls.item(sum=21.00)]) | {"timestamp": "22.11.2026 12:00:00"}
    with structlog.testing.capture_logs() as logs:
        assert calls.post(shop, "sell", later).json["error"]["code"] == 33
    assert logs == []


def test_validation_is_code_32_with_status_fail_and_no_uuid(shop):
    answer = calls.post(shop, "sell", calls.sell(items=[]))
    assert answer.status == 400
    body = answer.json
    assert (body["error"]["code"], body["status"]) == (32, "fail")
    assert "uuid" not in body
    assert STAMP.fullmatch(body["timestamp"])


def test_external_id_is_free_after_a_refusal(shop):
    assert calls.post(shop, "sell", calls.sell(items=[])).status == 400
    assert calls.post(shop, "sell", calls.sell()).status == 200


def test_unknown_operation_is_code_31(shop):
    for operation in ("sell_refund_correction", "gift", "sell/twice"):
        answer = calls.post(shop, operation, calls.sell())
        assert (answer.status, answer.json["error"]["code"]) == (400, 31), operation


def test_unknown_group_is_401_code_20(shop):
    answer = call("POST", "/v4/nobody_1/sell", calls.sell(), {"Token": calls.token(shop)})
    assert (answer.status, answer.json["error"]["code"]) == (401, 20)


def test_unknown_uuid_is_400_code_30_fail(shop):
    for text in (str(uuid.uuid4()), "x", "%00", "1" * 500, ""):
        answer = calls.report(shop, text)
        assert (answer.status, answer.json["error"]["code"], answer.json["status"]) == (400, 30, "fail"), text


def test_report_is_given_for_32_days(shop, travel):
    uuid_ = calls.post(shop, "sell", calls.sell()).json["uuid"]
    travel(32 * 86400 - 60)
    assert calls.report(shop, uuid_).status == 200
    travel(120)
    assert calls.report(shop, uuid_).json["error"]["code"] == 30


@pytest.mark.parametrize(
    "address", ["", "~", "http://shop.example/a;b", "ftp://shop.example", "http://x@y/", "h" * 300]
)
def test_callback_address_that_fails_the_mask_is_only_a_warning(shop, address):
    body = calls.sell() | {"service": {"callback_url": address}}
    uuid_ = calls.post(shop, "sell", body).json["uuid"]
    answer = calls.report(shop, uuid_).json
    assert answer["warnings"]["callback_url"] == "callback_url не соответствует маске"
    assert answer["callback_url"] == ""


@pytest.mark.parametrize(
    "address", ["http://shop.example:8080/hook?a=1&b=2", "https://127.0.0.1/x", "http://магазин.рф/чек"]
)
def test_callback_address_that_passes_the_mask(shop, address):
    uuid_ = calls.post(shop, "sell", calls.sell() | {"service": {"callback_url": address}}).json["uuid"]
    answer = calls.report(shop, uuid_).json
    assert answer["callback_url"] == address
    assert "callback_url" not in answer.get("warnings", {})


def test_callback_mask_takes_linear_time():
    import time

    from openkassa.api.addresses import callback_address

    started = time.perf_counter()
    assert callback_address("http://" + "a" * 240 + "!") == ""
    assert time.perf_counter() - started < 0.05


def test_another_tenants_group_and_uuid_are_answered_as_unknown_ones(shop, other_shop):
    theirs = calls.post(other_shop, "sell", calls.sell(company=calls.receipt()["company"] | {"inn": other_shop.inn}))
    assert theirs.status == 200, theirs.body
    mine = calls.token(shop)
    foreign = call("POST", f"/v4/{other_shop.group}/sell", calls.sell(), {"Token": mine}).json
    unknown = call("POST", "/v4/nobody_1/sell", calls.sell(), {"Token": mine}).json
    assert shape(foreign) == shape(unknown)
    foreign = calls.report(shop, theirs.json["uuid"], by=mine)
    unknown = calls.report(shop, str(uuid.uuid4()), by=mine)
    assert foreign.status == unknown.status == 400
    assert shape(foreign.json) == shape(unknown.json)


def test_same_external_id_of_two_tenants_makes_two_receipts(shop, other_shop):
    company = calls.receipt()["company"] | {"inn": other_shop.inn}
    one = calls.post(shop, "sell", calls.sell())
    two = calls.post(other_shop, "sell", calls.sell(company=company))
    assert one.status == two.status == 200
    assert one.json["uuid"] != two.json["uuid"]


def shape(body: dict) -> dict:
    """An error body without what differs from call to call."""
    text = re.sub(r'"[^"]*"', '""', body["error"]["text"])
    return {**body, "timestamp": "", "error": {**body["error"], "error_id": "", "text": text}}
