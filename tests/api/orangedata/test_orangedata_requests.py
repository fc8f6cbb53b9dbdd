"""What the OrangeData face answers: signatures, documents, repeats, states, other shops, and faults in its form."""

from __future__ import annotations

import json
import random
import threading
import uuid

import pytest
from tests.api import bad_bodies
from tests.api.atol.test_atol_report import status as status_of
from tests.api.http import call
from tests.api.orangedata import calls
from tests.api.sweep import changed

from openkassa.core.tenancy import within
from openkassa.kassa.receipts.models import Receipt


def stored(client) -> int:
    with within(client.organisation_id):
        return Receipt.objects.count()


@pytest.mark.parametrize(
    ("path", "body"),
    [("documents/", calls.document()), ("documents", calls.document()), ("correction12/", calls.correction12()),
     ("corrections/", calls.correction())],
)  # fmt: skip
def test_a_document_is_made_and_asked_for(client, path, body):
    answer = calls.post(body, path)
    assert (answer.status, answer.body) == (201, b"")
    waiting = calls.status(client, body["id"], path.strip("/"))
    assert (waiting.status, waiting.body) == (202, b"")


def test_a_repeat_is_409_whatever_the_body_is(client):
    assert calls.post(calls.document()).status == 201
    for body in (calls.document(), calls.document(customerContact="other@example.ru")):
        answer = calls.post(body)
        assert (answer.status, len(answer.json["errors"])) == (409, 1)
    assert stored(client) == 1


def test_a_refused_document_leaves_its_id_free(client):
    assert calls.post(calls.document(positions=[])).status == 400
    assert calls.post(calls.document()).status == 201


# -- signatures ------------------------------------------------------------------------------------------------


def test_the_signature_is_of_the_body_as_it_is_sent(client):
    body = json.dumps(calls.document(), ensure_ascii=False, indent=1).encode()
    assert calls.post(body).status == 201


@pytest.mark.parametrize("signature", ["", "x", "AAAA", "я", calls.sign(b"another body")])
def test_wrong_signatures(client, signature):
    answer = calls.post(calls.document(), signature=signature)
    assert (answer.status, len(answer.json["errors"])) == (401, 1)
    assert not stored(client)


def test_a_signature_by_another_key_or_for_an_unknown_key_is_refused_alike(client):
    raw = json.dumps(calls.document()).encode()
    by_other = calls.post(raw, signature=calls.sign(raw, "other"))
    unknown = calls.post(calls.document() | {"key": "nobody"})
    assert (by_other.status, unknown.status) == (401, 401)
    assert by_other.body == unknown.body
    for key in (None, "", ["x"], "x" * 200, "a\0b"):
        assert calls.post(calls.document() | {"key": key}).status == 401


def test_without_a_key_the_inn_names_it(db):
    client = calls.make_client(key="5544332219")
    body = calls.document()
    del body["key"]
    assert calls.post(body).status == 201
    assert stored(client) == 1


def test_a_revoked_key_opens_nothing(client):
    from openkassa.kassa.receipts.channels import channel_key_revoke
    from openkassa.kassa.receipts.selectors import channel_keys

    key = channel_keys(client.organisation_id, client.channel_id)[0]
    channel_key_revoke(organisation_id=client.organisation_id, key_id=key.id)
    assert calls.post(calls.document()).status == 401


def test_a_closed_channel_is_forbidden(client):
    from openkassa.kassa.receipts.channels import channel_change

    channel_change(
        organisation_id=client.organisation_id, channel_id=client.channel_id, name="x", callback_url="",
        expire_after=None, is_active=False,
    )  # fmt: skip
    assert calls.post(calls.document()).status == 403


@pytest.mark.parametrize("text", [calls.public_pem(), calls.public_xml(), f"  {calls.public_xml()}\n"])
def test_public_keys_are_read_as_pem_and_as_xml(text):
    from openkassa.kassa.receipts.public_keys import is_signed, read_public_key

    key = read_public_key(text)
    assert is_signed(key, b"body", calls.sign(b"body"))
    assert not is_signed(key, b"other", calls.sign(b"body"))


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "unreadable"), ("x" * 20_000, "unreadable"), (calls.private_pem(), "private"),
     ("<RSAKeyValue><Modulus>AQAB</Modulus><Exponent>AQAB</Exponent><D>AQAB</D></RSAKeyValue>", "private"),
     ("<RSAKeyValue><Modulus>AQAB</Modulus></RSAKeyValue>", "unreadable"),
     ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "unreadable")],
)  # fmt: skip
def test_what_is_no_public_key_is_named(text, code):
    from openkassa.kassa.receipts.public_keys import BadPublicKey, read_public_key

    with pytest.raises(BadPublicKey) as caught:
        read_public_key(text)
    assert caught.value.code == code


def test_short_keys_and_other_kinds_are_refused():
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    from openkassa.kassa.receipts.public_keys import BadPublicKey, read_public_key

    for key, code in ((rsa.generate_private_key(public_exponent=65537, key_size=1024), "short"),
                      (ec.generate_private_key(ec.SECP256R1()), "kind")):  # fmt: skip
        pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        with pytest.raises(BadPublicKey) as caught:
            read_public_key(pem)
        assert caught.value.code == code


def test_check_my_request_says_what_was_signed(client):
    from openkassa.api.face import Incoming
    from openkassa.api.orangedata.face import signature
    from openkassa.kassa.receipts.channels import channel_for_check

    body = json.dumps(calls.document()).encode()
    channel = channel_for_check(client.organisation_id, client.channel_id)
    for given, good in ((calls.sign(body), True), (calls.sign(body + b" "), False), ("", False)):
        headers = {"x-signature": given} if given else {}
        found = signature(Incoming(method="POST", path="/api/v2/documents/", headers=headers, body=body), channel)
        assert (found.signed, found.given, found.good) == (body, given, good)


# -- states ----------------------------------------------------------------------------------------------------


def told(client, state: str, **changes):
    """(answer to the question for a document in `state`, its callback)."""
    from openkassa.api.orangedata.face import callback
    from openkassa.kassa.receipts.selectors import receipt_by_external

    assert calls.post(calls.document(customer="Иванов", **changes)).status == 201
    made = receipt_by_external(client.organisation_id, client.channel_id, "order-1")
    document = {} if state in ("fiscalised", "confirmed") else {"document": None}
    given = status_of(
        state=state, receipt_id=made.receipt_id, organisation_id=client.organisation_id, channel_id=client.channel_id,
        channel_kind="orangedata", total=2100, error_text="Код не проверен", **document,
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        from openkassa.api.orangedata import views

        patch.setattr(views, "receipt_by_external", lambda *_: given)
        return calls.status(client, "order-1"), callback(given)


@pytest.mark.parametrize("state", ["fiscalised", "confirmed"])
def test_the_result_tells_of_the_document_and_not_of_the_buyer(client, state):
    answer, callback = told(client, state)
    assert answer.status == 200
    result = answer.json
    assert json.loads(callback.body) == result
    content = result.pop("content")
    assert content["positions"][0]["text"] == "Хлеб"
    assert not {"customerContact", "customer"} & content.keys()
    assert result.pop("ofdWebsite")
    assert result.pop("ofdinn").isdigit()
    assert result == {
        "id": "order-1", "deviceSN": "OK0001", "deviceRN": "0000000001012345", "fsNumber": "9999078900001234",
        "ofdName": "OpenKassa OFD", "fnsWebsite": "www.nalog.gov.ru", "companyINN": client.inn,
        "companyName": "ООО shop", "documentNumber": 133, "shiftNumber": 23, "documentIndex": 6,
        "processedAt": "2026-11-21T12:16:00", "change": 0, "fp": "3449555941", "callbackUrl": "https://shop.example/cb",
    }  # fmt: skip


def test_change_is_told(client):
    close = {"payments": [{"type": 1, "amount": 50}], "taxationSystem": 0}
    assert told(client, "fiscalised", checkClose=close)[0].json["change"] == 29


@pytest.mark.parametrize(
    ("state", "code"), [("accepted", 202), ("assigned", 202), ("in_doubt", 202), ("refused", 422), ("withdrawn", 524)]
)
def test_524_is_said_only_of_what_was_withdrawn(client, state, code):
    answer, callback = told(client, state)
    assert answer.status == code
    assert callback is None
    if code != 202:
        assert answer.json == {"errors": ["Код не проверен"]}


def test_unknown_documents_and_those_of_other_shops_are_404(client, other_client):
    assert calls.post(calls.document() | {"inn": other_client.inn, "key": other_client.key}).status == 201
    assert calls.status(other_client, "order-1").status == 202
    for answer in (calls.status(client, "order-1"), calls.status(client, "nothing"), calls.status(client, "%00"),
                   call("GET", "/api/v2/documents/x/status/1")):  # fmt: skip
        assert (answer.status, list(answer.json)) == (404, ["errors"])


def test_one_id_of_two_shops_makes_two_documents(client, other_client):
    assert calls.post(calls.document()).status == 201
    assert calls.post(calls.document() | {"inn": other_client.inn, "key": other_client.key}).status == 201


# -- bad input -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["documents/", "corrections/", "correction12/"])
def test_bad_bodies(client, path):
    for name, body in bad_bodies.malformed(calls.document()).items():
        answer = calls.post(body, path)
        assert answer.status in (400, 401), name
        assert answer.json["errors"], name
    assert not stored(client)


def test_what_the_control_of_the_draft_finds_names_fields_of_the_request(client):
    answer = calls.post(calls.document(positions=[calls.position(agentType=64, supplierINN="7707083890")]))
    assert answer.status == 400
    assert answer.json["errors"][0].startswith("content.positions[0].supplierINN: ")


def test_content_type_and_size(client):
    assert calls.post(calls.document(), **{"Content-Type": "text/plain"}).status == 415
    assert calls.post(b" " * (2 * 1024 * 1024 + 1)).status == 413


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "documents", 405), ("POST", "documents/5544332219/status/1", 405), ("GET", "documents/1", 404),
     ("GET", "documents/5544332219/state/1", 404), ("POST", "itemcode/", 404), ("GET", "devices/status/1", 404),
     ("POST", "", 404)],
)  # fmt: skip
def test_odd_requests(client, method, path, status):
    answer = call(method, f"/api/v2/{path}", b"")
    assert (answer.status, list(answer.json)) == (status, ["errors"])


@pytest.mark.parametrize(("error", "status"), [("OperationalError", 503), ("RuntimeError", 500)])
def test_our_faults(client, monkeypatch, error, status):
    from django import db

    from openkassa.api import mapped

    def fail(**_):
        raise (db.OperationalError if error == "OperationalError" else RuntimeError)("canary-in-traceback")

    monkeypatch.setattr(mapped, "receipt_accept", fail)
    answer = calls.post(calls.document())
    assert (answer.status, list(answer.json)) == (status, ["errors"])
    assert b"canary" not in answer.body
    assert answer.headers.get("Retry-After") == ("1" if status == 503 else None)


FULL = calls.document(
    positions=[calls.position(
        supplierINN="7707083893", supplierInfo={"phoneNumbers": ["+79990000000"], "name": "x"}, agentType=64,
        agentInfo={"paymentAgentOperation": "op"}, excise=1, manufacturerCountryCode="643", itemCode="4606203090785",
        industryAttribute={"foivId": "030", "causeDocumentDate": "18.11.2020", "causeDocumentNumber": "1",
                           "value": "v"},
        fractionalQuantity={"numerator": 1, "denominator": 2}, plannedStatus=1, quantityMeasurementUnit=0,
    )],
    customerInfo={"birthDate": "01.02.1990", "citizenship": 643}, additionalUserAttribute={"name": "k", "value": "v"},
    operationalAttribute={"date": "2026-11-21T12:00:00", "id": 1, "value": "d"},
)  # fmt: skip


@pytest.mark.parametrize(
    ("path", "valid"),
    [("documents/", FULL), ("correction12/", calls.correction12()), ("corrections/", calls.correction())],
)
@pytest.mark.slow
def test_every_odd_field_is_accepted_or_refused(client, path, valid):
    accepted = 0
    for number, (change, odd) in enumerate(changed(valid)):
        if isinstance(odd, dict) and odd.get("id") == valid["id"]:
            odd["id"] = f"sweep-{number}"
        answer = calls.post(odd, path)
        assert answer.status in (201, 400, 401), (change, answer.body)
        accepted += answer.status == 201
    assert stored(client) == accepted > 3


@pytest.mark.parametrize("seed", range(2))
def test_fuzzed_bodies_are_accepted_or_refused_and_never_fail(client, seed):
    chance = random.Random(seed)
    accepted = 0
    for number in range(100):
        answer = calls.post(bad_bodies.mutated(FULL | {"id": f"{seed}-{number}"}, chance))
        assert answer.status in (201, 400, 401, 409), answer.body
        accepted += answer.status == 201
    assert stored(client) == accepted > 1


# -- many at once ----------------------------------------------------------------------------------------------

CALLERS = 64


def at_once() -> list[int]:
    from django.db import connections

    raw = json.dumps(calls.document()).encode()
    signature = calls.sign(raw)
    answers: list[int] = []
    start = threading.Barrier(CALLERS)

    def one() -> None:
        try:
            start.wait()
            answers.append(calls.post(raw, signature=signature).status)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one) for _ in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.django_db(transaction=True)
def test_64_identical_documents_make_one_receipt():
    client = calls.make_client()
    assert sorted(at_once()) == [201] + [409] * (CALLERS - 1)
    assert stored(client) == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_key_they_make_many(monkeypatch):
    """Negative control of the test above."""
    from openkassa.api import mapped

    guarded = mapped.receipt_accept
    monkeypatch.setattr(
        mapped, "receipt_accept", lambda **given: guarded(**given | {"external_key": str(uuid.uuid4())})
    )
    client = calls.make_client()
    assert set(at_once()) == {201}
    assert stored(client) == CALLERS
