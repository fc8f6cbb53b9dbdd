"""States of a document, the callback that moves it on, and the second attempt at what has failed."""

from __future__ import annotations

import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import pytest
from tests.api.modulkassa import calls
from tests.api.v1.calls import documented

pytestmark = pytest.mark.django_db


class Hook:
    """A shop's server that notes the requests for its response URL and answers as it is set."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str, bytes]] = []
        self.answers: list[int] = []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                hook.heard.append((self.command, self.path, body))
                self.send_response(hook.answers.pop(0) if hook.answers else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_POST = do_GET

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/index.php?r=modulkassa%2Fbackend&check_id=17"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def hook(monkeypatch):
    from openkassa.core import outgoing
    from openkassa.kassa.receipts import callbacks

    made, client = Hook(), outgoing.OutgoingClient(private=True)
    monkeypatch.setattr(callbacks, "strangers", lambda: client)
    yield made
    made.server.shutdown()


@pytest.fixture
def till(shop):
    return calls.connect(shop)


def sold(till, id_: str = "order-1", **changes) -> str:
    assert calls.post(till, calls.document(id_, **changes)).status == 200
    return next(str(status.receipt_id) for status in calls.stored(till) if status.external_id == id_)


def state(till, id_: str = "order-1", version: str = "v1") -> dict:
    answer = calls.ask(till, "GET", f"/{version}/doc/{id_}/status")
    assert answer.status == 200, answer.body
    return answer.json


def move(till, receipt_id: str, *states: str, **fields) -> None:
    from openkassa.core.tenancy import within
    from openkassa.kassa.receipts.models import ReceiptState

    with within(till.organisation_id):
        for name in states:
            last = fields if name == states[-1] else {}
            ReceiptState.objects.filter(receipt_id=receipt_id).update(state=name, **last)


def tell(till, receipt_id: str, event: str = "fiscalised") -> None:
    from openkassa.core.clock import now
    from openkassa.kassa.receipts import callbacks

    callbacks.callbacks_enqueue(organisation_id=till.organisation_id, receipt_ids=[receipt_id], event=event, at=now())


def deliver(till) -> None:
    from openkassa.core.clock import now
    from openkassa.core.tenancy import within
    from openkassa.kassa.receipts import callbacks
    from openkassa.kassa.receipts.models import Callback

    with within(till.organisation_id):
        Callback.objects.filter(state="waiting").update(next_at=now())
    assert callbacks.callbacks_deliver(organisation_id=till.organisation_id) == 1


@pytest.mark.parametrize(
    ("states", "word"),
    [((), "QUEUED"), (("assigned",), "PENDING"), (("assigned", "in_doubt"), "PENDING"),
     (("assigned", "in_doubt", "accepted"), "QUEUED")],
)  # fmt: skip
def test_what_is_not_finished_is_never_failed(till, states, word):
    receipt_id = sold(till)
    if states:
        move(till, receipt_id, *states)
    body = state(till)
    assert (body["status"], body["fiscalInfo"], body["failureInfo"]) == (word, None, None)


@pytest.mark.parametrize("confirmed", [False, True])
def test_without_an_address_the_document_is_completed_at_once(till, shop, confirmed):
    receipt_id = documented(shop, sold(till))
    if confirmed:
        move(till, receipt_id, "confirmed")
    body = state(till, version="v2")
    assert (body["status"], body["message"]) == ("COMPLETED", "Document successfully completed")
    info = body["fiscalInfo"]
    assert info.pop("date").endswith("+00:00")
    assert info.pop("qr").startswith("t=20")
    assert info == {
        "shiftNumber": 1, "checkNumber": 1, "kktNumber": "1", "fnNumber": "9999078900005488", "fnDocNumber": 1,
        "fnDocMark": 283447322, "sum": 21, "checkType": "SALE", "ecrRegistrationNumber": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    "word",
    ["SALE", "RETURN", "BUY", "BUY_RETURN", "SALE_CORRECTION", "SALE_RETURN_CORRECTION", "BUY_CORRECTION",
     "BUY_RETURN_CORRECTION"],
)  # fmt: skip
def test_check_type_is_the_type_that_was_asked_for(till, shop, word):
    assert calls.post(till, calls.correction("c", docType=word)).status == 200
    documented(shop, str(calls.stored(till)[0].receipt_id))
    assert state(till, "c")["fiscalInfo"]["checkType"] == word


def test_it_waits_for_the_callback_until_the_shop_answers_200(till, shop, hook):
    receipt_id = documented(shop, sold(till, responseURL=hook.url))
    assert state(till)["status"] == "PRINTED"
    tell(till, receipt_id)
    assert state(till)["status"] == "PRINTED"
    for answer in (500, 201, 302):
        hook.answers.append(answer)
        deliver(till)
        assert state(till)["status"] == "WAIT_FOR_CALLBACK"
    deliver(till)
    body = state(till)
    assert (body["status"], body["message"]) == ("COMPLETED", "Document successfully completed with callback")
    assert len(hook.heard) == 4
    for method, path, content in hook.heard:
        assert (method, content, urlsplit(path).path) == ("GET", b"", "/index.php")
        query = parse_qsl(urlsplit(path).query, strict_parsing=True)
        assert query == [
            ("r", "modulkassa/backend"), ("check_id", "17"), ("status", "SUCCESS"), ("qr", body["fiscalInfo"]["qr"]),
        ]  # fmt: skip


def test_a_callback_that_is_given_up_waits_for_ever(till, shop, hook):
    from openkassa.core.tenancy import within
    from openkassa.kassa.receipts.models import Callback

    receipt_id = documented(shop, sold(till, responseURL=hook.url))
    tell(till, receipt_id)
    with within(till.organisation_id):
        Callback.objects.update(state="failed", attempts=9)
    assert state(till)["status"] == "WAIT_FOR_CALLBACK"


@pytest.mark.parametrize(
    ("url", "expected"),
    [("https://shop.example/cb", "https://shop.example/cb?check_id=a%2Fb&status=FAILED"),
     ("https://shop.example/cb?x=", "https://shop.example/cb?x=&check_id=a%2Fb&status=FAILED"),
     ("https://shop.example/?check_id=#top", "https://shop.example/?check_id=&status=FAILED#top")],
)  # fmt: skip
def test_the_result_is_added_to_the_addresss_own_query(url, expected):
    from openkassa.api.modulkassa.report import with_query

    assert with_query(url, {"check_id": "a/b"}, {"status": "FAILED"}) == expected


def test_a_failed_document_is_not_told_of(till, shop, hook):
    """A client takes any call for success, so there is none; the log of deliveries says why."""
    from openkassa.kassa.receipts.selectors import receipt_callbacks

    receipt_id = sold(till, responseURL=hook.url)
    move(till, receipt_id, "withdrawn")
    tell(till, receipt_id, "withdrawn")
    deliver(till)
    assert hook.heard == []
    ((callback, (delivery,)),) = receipt_callbacks(till.organisation_id, uuid.UUID(receipt_id))
    assert (callback.state, delivery.status) == ("delivered", None)
    assert delivery.error == "not told: the protocol has no word for withdrawn"
    assert state(till)["status"] == "FAILED"


@pytest.mark.parametrize(
    ("code", "kind"),
    [("fn_06", "FN_MEMORY_OVERFLOW"), ("fn_05", "FN_EXPIRED"), ("fn_12", "FN_EXPIRED"), ("fn_09", "FN_GENERIC_FAILURE"),
     ("device_refused", "NON_FN_FAILURE"), (None, "NON_FN_FAILURE")],
)  # fmt: skip
def test_types_of_failure(till, code, kind):
    move(till, sold(till), "assigned", "refused", error_code=code, error_text="не хватает реквизита")
    body = state(till)
    assert (body["status"], body["fiscalInfo"]) == ("FAILED", None)
    assert body["failureInfo"] == {"type": kind, "message": "не хватает реквизита"}


def requeue(till, id_: str = "order-1"):
    return calls.ask(till, "PUT", f"/v2/doc/{id_}/re-queue")


@pytest.mark.parametrize("ended", [("withdrawn",), ("assigned", "refused")])
def test_a_failed_document_is_tried_again_once(till, shop, ended):
    from openkassa.kassa.receipts.selectors import receipt_draft

    first = sold(till, phone="+79991112233", responseURL="https://shop.example/cb")
    move(till, first, *ended)
    answer = requeue(till)
    assert (answer.status, answer.json["status"]) == (200, "QUEUED")
    assert requeue(till).status == 409
    second, original = calls.stored(till)
    assert str(original.receipt_id) == first
    assert (second.external_id, second.callback_url) == ("order-1", "https://shop.example/cb")
    assert receipt_draft(till.organisation_id, second.receipt_id) == receipt_draft(
        till.organisation_id, original.receipt_id
    )
    documented(shop, str(second.receipt_id))
    assert state(till)["status"] == "PRINTED"
    assert requeue(till).status == 409
    assert calls.post(till, calls.document()).json["status"] == "PRINTED"
    assert len(calls.stored(till)) == 2


@pytest.mark.parametrize("states", [(), ("assigned",), ("assigned", "in_doubt"), ("assigned", "in_doubt", "accepted")])
def test_what_may_yet_be_made_is_not_tried_again(till, states):
    receipt_id = sold(till)
    if states:
        move(till, receipt_id, *states)
    answer = requeue(till)
    assert answer.status == 409
    assert "FAILED" in answer.json["message"]
    assert len(calls.stored(till)) == 1


def test_attempts_come_to_an_end(till, monkeypatch):
    from openkassa.kassa.receipts import again

    monkeypatch.setattr(again, "ATTEMPTS", 2)
    for attempt in range(2):
        newest = sold(till) if attempt == 0 else str(calls.stored(till)[0].receipt_id)
        move(till, newest, "withdrawn")
        assert requeue(till).status == (200 if attempt == 0 else 409)
    assert "пришлите его под новым id" in requeue(till).json["message"]
    assert len(calls.stored(till)) == 2


def test_unknown_documents_and_those_of_others(till, other_shop):
    theirs = calls.connect(other_shop)
    sold(theirs, "theirs")
    for id_ in ("theirs", "nothing", "x" * 200, "%00", "a%0A2"):
        assert calls.ask(till, "GET", f"/v1/doc/{id_}/status").status == 404
        assert requeue(till, id_).status == 404


def test_no_id_is_the_key_of_an_attempt(till):
    first = sold(till, "a")
    move(till, first, "withdrawn")
    assert calls.post(till, calls.document("a\n2")).status == 400
    assert calls.post(till, calls.document(" a")).json["status"] == "FAILED", "spaces around an id are not part of it"


def test_the_pool_is_ready_when_a_register_is(till, shop):
    from openkassa.api.readiness import forget_readiness
    from openkassa.core.clock import now
    from openkassa.core.tenancy import within
    from openkassa.kassa.registers.models import CashRegister, Pool, RegisterStatus

    def ask() -> str:
        forget_readiness()
        return calls.ask(till, "GET", "/v1/status").json["status"]

    assert ask() == "ASSOCIATED"
    with within(shop.organisation_id):
        pool = Pool.objects.get()
        register = CashRegister.objects.create(
            organisation_id=shop.organisation_id, serial="7", fn="9999078900005499", pool_id=pool.id, name="K7"
        )
        RegisterStatus.objects.create(
            organisation_id=shop.organisation_id, register_id=register.id, pool_id=pool.id, seen_at=now()
        )
        assert ask() == "FAILED"
        CashRegister.objects.filter(id=register.id).update(state="working")
    assert ask() == "READY"
    with within(shop.organisation_id):
        RegisterStatus.objects.update(problem="device_away")
    assert ask() == "FAILED"
