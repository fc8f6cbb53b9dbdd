"""What the CloudKassir face answers: receipts, repeats, states, notifications, other shops, and faults in its form."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
import threading
import uuid
from urllib.parse import parse_qs, unquote_plus

import pytest
from tests.api import bad_bodies
from tests.api.cloudkassir import calls
from tests.api.http import call
from tests.api.sweep import changed

from openkassa.core.tenancy import within
from openkassa.kassa.receipts.models import Receipt


def stored(client) -> int:
    with within(client.organisation_id):
        return Receipt.objects.count()


def test_a_receipt_is_made_asked_for_and_shown(client):
    answer = calls.post(client, "receipt", calls.request(), "request-1")
    receipt_id = calls.made(answer)
    assert answer.json == {"Success": True, "Message": "Queued", "Model": {"Id": receipt_id, "ErrorCode": 0}}
    status = calls.post(client, "receipt/status/get", {"Id": receipt_id}).json
    assert status == {"Success": True, "Message": None, "Model": "Queued"}
    shown = calls.post(client, "receipt/get", {"id": receipt_id}).json["Model"]
    assert shown["Items"][0] | {"Label": "Хлеб", "Price": 10.5, "Quantity": 2, "Amount": 21, "Vat": 22, "Method": 4,
                                "Object": 1} == shown["Items"][0]  # fmt: skip
    assert (shown["TaxationSystem"], shown["Email"], shown["Amounts"]["Electronic"]) == (0, "buyer@example.ru", 21)
    more = shown["AdditionalData"]
    assert (more["Id"], more["Type"], more["InvoiceId"], more["Amount"]) == (receipt_id, "Income", "order-1", 21)


def test_a_correction_is_made(client):
    made = calls.made(calls.post(client, "correction-receipt", calls.correction()))
    assert calls.post(client, "correction-receipt/status/get", {"Id": made}).json["Model"] == "Queued"
    assert calls.post(client, "correction-receipt/get", {"Id": made}).json["Success"]


def test_an_unknown_receipt_is_not_found(client):
    for given in (str(uuid.uuid4()), "x"):
        assert calls.post(client, "receipt/status/get", {"Id": given}).json["Model"] == "NotFound"
        assert calls.post(client, "receipt/get", {"Id": given}).json["Success"] is False


# -- keys ----------------------------------------------------------------------------------------------------


def test_the_same_request_id_makes_one_receipt_whatever_the_body_is(client):
    first = calls.made(calls.post(client, "receipt", calls.request(), "r"))
    assert calls.made(calls.post(client, "receipt", calls.request(), "r")) == first
    assert calls.made(calls.post(client, "receipt", calls.request(email="other@example.ru"), "r")) == first
    assert calls.made(calls.post(client, "receipt", calls.request(), "r-2")) != first


def test_the_same_request_id_with_another_invoice_or_type_is_another_receipt(client):
    """The client for Node makes the id of the receipt's content, which two orders may share."""
    made = {calls.made(calls.post(client, "receipt", calls.request(invoice), "r")) for invoice in ("a", "b")}
    made.add(calls.made(calls.post(client, "receipt", calls.request("a") | {"Type": "IncomeReturn"}, "r")))
    assert len(made) == 3 == stored(client)


def test_without_a_request_id_the_invoice_and_what_is_sold_are_the_key(client):
    first = calls.made(calls.post(client, "receipt", calls.request()))
    assert calls.made(calls.post(client, "receipt", calls.request())) == first
    offset = calls.request(amounts={"advancePayment": 21})
    assert calls.made(calls.post(client, "receipt", offset)) != first


def test_without_both_each_request_is_a_receipt_with_a_warning(client):
    from openkassa.kassa.receipts.selectors import receipt_status

    first = calls.made(calls.post(client, "receipt", calls.request(None)))
    assert calls.made(calls.post(client, "receipt", calls.request(None))) != first
    assert any("InvoiceId" in text for text in receipt_status(client.organisation_id, uuid.UUID(first)).warnings)


def test_a_request_id_alone_counts_for_half_a_day(client, travel):
    first = calls.made(calls.post(client, "receipt", calls.request(None), "hash-of-content"))
    travel(11 * 3600)
    assert calls.made(calls.post(client, "receipt", calls.request(None), "hash-of-content")) == first
    travel(13 * 3600)
    second = calls.made(calls.post(client, "receipt", calls.request(None), "hash-of-content"))
    assert second != first
    assert calls.made(calls.post(client, "receipt", calls.request(None), "hash-of-content")) == second


def test_a_refused_request_leaves_its_key_free(client):
    assert not calls.post(client, "receipt", calls.request(Items=[]), "r").json["Success"]
    assert calls.made(calls.post(client, "receipt", calls.request(), "r"))


# -- states and notifications ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "status"),
    [("accepted", "Queued"), ("assigned", "Queued"), ("in_doubt", "Queued"), ("fiscalised", "Processed"),
     ("confirmed", "Processed"), ("refused", "Error"), ("withdrawn", "Error")],
)  # fmt: skip
def test_error_is_said_only_of_what_was_certainly_not_made(state, status):
    from openkassa.api.cloudkassir import words

    assert words.STATUSES[state] == status


def told(client, state: str):
    """(the message of a receipt in `state`, its id)."""
    from tests.api.atol.test_atol_report import status as status_of

    from openkassa.api.cloudkassir.face import callback

    made = uuid.UUID(calls.made(calls.post(client, "receipt", calls.request())))
    document = {} if state == "fiscalised" else {"document": None}
    given = status_of(
        state=state, receipt_id=made, organisation_id=client.organisation_id, channel_id=client.channel_id,
        channel_kind="cloudkassir", external_id="order-1", total=2100, **document,
    )  # fmt: skip
    return callback(given), made


def test_the_notification_is_a_signed_form(client):
    message, made = told(client, "fiscalised")
    body = message.body.decode()
    expected = base64.b64encode(hmac.new(calls.SECRET.encode(), message.body, hashlib.sha256).digest()).decode()
    assert message.headers["Content-HMAC"] == expected
    plain = base64.b64encode(hmac.new(calls.SECRET.encode(), unquote_plus(body).encode(), hashlib.sha256).digest())
    assert message.headers["X-Content-HMAC"] == plain.decode()
    fields = {name: values[0] for name, values in parse_qs(body).items()}
    assert (fields["Id"], fields["Type"], fields["Inn"], fields["Amount"]) == (str(made), "Income", client.inn, "21")
    assert (fields["DocumentNumber"], fields["FiscalSign"], fields["InvoiceId"]) == ("133", "3449555941", "order-1")
    assert json.loads(fields["Receipt"])["Items"][0]["Label"] == "Хлеб"
    assert fields["DateTime"] == "2026-11-21T12:16:00"


@pytest.mark.parametrize("state", ["refused", "withdrawn"])
def test_nothing_is_told_of_a_receipt_that_was_not_made(client, state):
    assert told(client, state)[0] is None


@pytest.mark.parametrize(
    ("status", "body", "taken"),
    [(200, b'{"code":0}', True), (200, b'{"code": 0, "x": 1}', True), (200, b"", False), (200, b'{"code":13}', False),
     (200, b"OK", False), (200, b"[0]", False), (200, b'{"code":false}', False), (500, b'{"code":0}', False)],
)  # fmt: skip
def test_only_code_0_takes_a_notification(status, body, taken):
    from openkassa.api.cloudkassir.report import is_taken
    from openkassa.core.outgoing import Outcome

    assert is_taken(Outcome(status=status, milliseconds=1, body_start=body)) is taken


@pytest.mark.django_db(transaction=True)
def test_a_withdrawn_receipt_ends_its_callback_without_a_request(monkeypatch):
    from tests.api.listeners import listening

    from openkassa.kassa.receipts.callbacks import callbacks_deliver
    from openkassa.kassa.receipts.models import Callback
    from openkassa.kassa.receipts.services import receipt_withdraw

    with listening(monkeypatch) as shop:
        client = calls.make_client(callback_url=shop.url)
        made = uuid.UUID(calls.made(calls.post(client, "receipt", calls.request())))
        receipt_withdraw(organisation_id=client.organisation_id, receipt_id=made, reason="x")
        assert callbacks_deliver(organisation_id=client.organisation_id) == 1
        assert not shop.heard
    with within(client.organisation_id):
        assert Callback.objects.get().state == "delivered"


# -- who asks --------------------------------------------------------------------------------------------------


def test_another_shops_receipt_is_not_found(client, other_client):
    theirs = calls.made(calls.post(other_client, "receipt", calls.request() | {"Inn": other_client.inn}))
    assert calls.post(client, "receipt/status/get", {"Id": theirs}).json["Model"] == "NotFound"
    assert calls.post(client, "receipt/get", {"Id": theirs}).json["Success"] is False


@pytest.mark.parametrize(
    "header", ["", "Basic", "Bearer x", calls.basic("pk_1", "wrong"), calls.basic("nobody"), "Basic !"]
)
def test_wrong_credentials(client, header):
    answer = calls.post(client, "receipt", calls.request(), Authorization=header)
    assert (answer.status, answer.json["Success"]) == (401, False)
    assert not stored(client)


def test_a_closed_channel_is_forbidden(client):
    from openkassa.kassa.receipts.channels import channel_change

    channel_change(
        organisation_id=client.organisation_id, channel_id=client.channel_id, name="x", callback_url="",
        expire_after=None, is_active=False,
    )  # fmt: skip
    assert calls.post(client, "receipt", calls.request()).status == 403


# -- bad input -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["receipt", "correction-receipt", "receipt/get", "receipt/status/get"])
def test_bad_bodies(client, path):
    valid = calls.correction() if path.startswith("correction") else calls.request()
    for name, body in bad_bodies.malformed(valid).items():
        answer = calls.post(client, path, body)
        assert answer.status in (200, 400), name
        assert answer.json["Success"] is False, name
        assert answer.json["Message"], name
    assert not stored(client)


def test_what_the_control_of_the_draft_finds_names_fields_of_the_request(client):
    item = calls.item(agentSign=6, purveyorData={"name": "x", "inn": "7707083890"})
    answer = calls.post(client, "receipt", calls.request(Items=[item]))
    assert answer.json["Success"] is False
    assert "CustomerReceipt.Items[0].PurveyorData.Inn" in answer.json["Message"]


def test_content_type_and_size(client):
    body = json.dumps(calls.request()).encode()
    for content_type in ("text/plain", "application/x-www-form-urlencoded"):
        assert calls.post(client, "receipt", body, **{"Content-Type": content_type}).status == 415
    assert calls.post(client, "receipt", b" " * (2 * 1024 * 1024 + 1)).status == 413
    assert calls.post(client, "receipt", body).status == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/kkt/receipt", 405), ("POST", "/kkt/", 404), ("POST", "/kkt/nothing", 404),
     ("POST", "/kkt/receipt/x", 404), ("POST", "/kkt/receipt/status", 404)],
)  # fmt: skip
def test_odd_requests(client, method, path, status):
    answer = call(method, path, calls.request(), {"Authorization": calls.basic(client.public_id)})
    assert (answer.status, answer.json["Success"]) == (status, False)


@pytest.mark.parametrize(("error", "status"), [("OperationalError", 503), ("RuntimeError", 500)])
def test_our_faults(client, monkeypatch, error, status):
    from django import db

    from openkassa.api import mapped

    def fail(**_):
        raise (db.OperationalError if error == "OperationalError" else RuntimeError)("canary-in-traceback")

    monkeypatch.setattr(mapped, "receipt_accept", fail)
    answer = calls.post(client, "receipt", calls.request())
    assert (answer.status, answer.json["Success"]) == (status, False)
    assert b"canary" not in answer.body


FULL = calls.request(
    Items=[calls.item(
        excise="1.00", countryOriginCode="643", agentSign=6, agentData={"agentOperationName": "x"},
        purveyorData={"name": "x", "phone": "79990000000"}, rawMarkCode="4606203090785", groupSeparator="|",
        markPartQuantity={"numerator": 1, "denominator": 2}, unitCode=0, ean13="4606203090785",
        industryRequisiteCollection=[
            {"code": "030", "documentDate": "2020-11-18", "documentNumber": "1", "requisiteValue": "x"}
        ],
    )],
    customerInfo="x", userRequisiteData={"requisiteKey": "x", "requisiteValue": "y"},
    operationReceiptRequisite={"operationIdentifier": 1, "operationDate": "2026-11-21T12:00:00", "operationData": "d"},
    nonCashPayments=[{"amount": "21.00", "paymentMethod": 1, "paymentId": "p"}], customerBirthday="01.02.1990",
)  # fmt: skip


@pytest.mark.parametrize(("path", "valid"), [("receipt", FULL), ("correction-receipt", calls.correction())])
@pytest.mark.slow
def test_every_odd_field_is_accepted_or_refused(client, path, valid):
    accepted = set()
    for change, odd in changed(valid):
        answer = calls.post(client, path, odd)
        assert answer.status in (200, 400), (change, answer.body)
        if answer.json["Success"]:
            accepted.add(answer.json["Model"]["Id"])
    assert stored(client) == len(accepted) > 3


@pytest.mark.parametrize("seed", range(2))
def test_fuzzed_bodies_are_accepted_or_refused_and_never_fail(client, seed):
    chance = random.Random(seed)
    accepted = set()
    for number in range(100):
        answer = calls.post(client, "receipt", bad_bodies.mutated(FULL, chance), f"{seed}-{number}")
        assert answer.status == 200, answer.body
        if answer.json["Success"]:
            accepted.add(answer.json["Model"]["Id"])
    assert stored(client) == len(accepted) > 1


# -- many at once ----------------------------------------------------------------------------------------------

CALLERS = 64


def at_once(client, request_id: str | None) -> list[str]:
    from django.db import connections

    made: list[str] = []
    start = threading.Barrier(CALLERS)

    def one() -> None:
        try:
            start.wait()
            made.append(calls.made(calls.post(client, "receipt", calls.request(), request_id)))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one) for _ in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return made


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("request_id", ["the-same", None])
def test_64_identical_requests_make_one_receipt(request_id):
    client = calls.make_client()
    made = at_once(client, request_id)
    assert (len(made), len(set(made)), stored(client)) == (CALLERS, 1, 1)


@pytest.mark.django_db(transaction=True)
def test_without_the_key_they_make_many(monkeypatch):
    """Negative control of the test above."""
    from openkassa.api import mapped

    guarded = mapped.receipt_accept
    monkeypatch.setattr(
        mapped, "receipt_accept", lambda **given: guarded(**given | {"external_key": str(uuid.uuid4())})
    )
    assert len(set(at_once(calls.make_client(), "the-same"))) == CALLERS
