"""What a report says in each state; callbacks say the same."""

from __future__ import annotations

import datetime as dt
import json
import uuid

import pytest

AT = dt.datetime(2026, 11, 21, 9, 0, tzinfo=dt.UTC)


def status(**changes):
    from openkassa.kassa.receipts.selectors import DocumentFacts, ReceiptStatus

    document = DocumentFacts(
        fn="9999078900001234", fd=133, shift=23, number=6, fiscal_sign=3449555941,
        local_time=int(dt.datetime(2026, 11, 21, 12, 16, tzinfo=dt.UTC).timestamp()), made_at=AT,
        rnm="0000000001012345", serial="OK0001", register_id=uuid.uuid4(),
    )  # fmt: skip
    fields = {
        "receipt_id": uuid.UUID(int=1), "organisation_id": uuid.UUID(int=2), "channel_id": uuid.UUID(int=3),
        "channel_kind": "atol", "channel_code": "shop_1", "external_id": "order-1", "form": 3, "operation": 1,
        "total": 159850, "taxation": 1, "lines": 1, "refers_to_id": None, "callback_url": "https://shop.example/cb",
        "warnings": (), "accepted_at": AT, "state": "fiscalised", "changed_at": AT, "error_code": None,
        "error_text": None, "acknowledgement": None, "document": document,
    }  # fmt: skip
    return ReceiptStatus(**(fields | changes))


@pytest.mark.parametrize("state", ["fiscalised", "confirmed"])
def test_done_means_fiscalised(state):
    from openkassa.api.atol.face import callback

    body = json.loads(callback(status(state=state)).body)
    payload = body.pop("payload")
    assert body.pop("timestamp")
    assert body == {
        "uuid": str(uuid.UUID(int=1)), "error": None, "status": "done", "callback_url": "https://shop.example/cb",
        "group_code": "shop_1", "daemon_code": "openkassa", "device_code": "OK0001", "external_id": "order-1",
    }  # fmt: skip
    assert payload.pop("ofd_receipt_url").endswith("/receipt/9999078900001234/133/3449555941")
    assert payload.pop("ofd_inn").isdigit()
    assert payload == {
        "total": 1598.5, "fns_site": "www.nalog.gov.ru", "fn_number": "9999078900001234", "shift_number": 23,
        "receipt_datetime": "21.11.2026 12:16:00", "fiscal_receipt_number": 6, "fiscal_document_number": 133,
        "ecr_registration_number": "0000000001012345", "fiscal_document_attribute": 3449555941,
    }  # fmt: skip


@pytest.mark.parametrize("state", ["accepted", "assigned", "in_doubt"])
def test_not_finished_is_wait(state):
    from openkassa.api.atol.report import report

    body = report(status(state=state, document=None), AT)
    assert (body["status"], body["error"]["code"]) == ("wait", 34)


@pytest.mark.parametrize(
    ("code", "number", "type_"),
    [
        ("fn_0e", 110, "driver"),
        ("fn_09", 161, "driver"),
        ("device_refused", 0, "unknown"),
        (None, 0, "unknown"),
    ],
)
def test_refused_is_fail_and_never_code_1(code, number, type_):
    from openkassa.api.atol.report import report

    body = report(status(state="refused", document=None, error_code=code, error_text="неверная сумма"), AT)
    assert (body["status"], body["payload"]) == ("fail", None)
    assert (body["error"]["code"], body["error"]["type"]) == (number, type_)
    assert "неверная сумма" in body["error"]["text"]


def test_withdrawn_is_code_1_of_type_timeout():
    from openkassa.api.atol.report import report

    body = report(status(state="withdrawn", document=None, error_code="expired"), AT)
    assert (body["status"], body["error"]["code"], body["error"]["type"]) == ("fail", 1, "timeout")


def test_callbacks_of_both_faces_are_registered():
    from openkassa.api.atol.report import report
    from openkassa.kassa.receipts.callbacks import _renderers

    told = json.loads(_renderers["atol"](status()).body)
    assert {**told, "timestamp": ""} == {**json.loads(json.dumps(report(status(), AT), default=float)), "timestamp": ""}
    v1 = json.loads(_renderers["v1"](status(channel_kind="v1")).body)
    assert (v1["state"], v1["document"]["fd"]) == ("fiscalised", 133)
    assert v1["document"]["qr"] == "t=20261121T1216&s=1598.50&fn=9999078900001234&i=133&fp=3449555941&n=1"


def test_marks_of_a_done_receipt_tell_how_their_check_ended(monkeypatch):
    from openkassa.api.atol import report
    from openkassa.kassa.receipts.marks import MarkResult

    found = [
        MarkResult(line=0, kind="gs1m", code="0104600439931256215Oqvgqwhcf6xN", control="1", result=15),
        MarkResult(line=2, kind="ean13", code="4606203090785", control="2", result=0),
    ]
    monkeypatch.setattr(report, "receipt_marks", lambda _status: found)
    assert report.report(status(marks=2), AT)["payload"]["marks_result"] == [
        {"position": 0, "mark_code": "MDEwNDYwMDQzOTkzMTI1NjIxNU9xdmdxd2hjZjZ4Tg==", "result": 15},
        {"position": 2, "mark_code": "4606203090785", "result": 0},
    ]
    assert "marks_result" not in report.report(status(), AT)["payload"]


def test_warnings_of_a_receipt_stand_by_field():
    from openkassa.api.atol.report import report

    given = ("callback_url: callback_url не соответствует маске", "receipt.items[0].vat: один", "общий текст: два")
    assert report(status(warnings=given), AT)["warnings"] == {
        "callback_url": "callback_url не соответствует маске",
        "receipt.items[0].vat": "один",
        "receipt": "общий текст: два",
    }


def test_every_fault_of_a_receipt_has_a_driver_code():
    from openkassa.api.atol.report import DRIVER_CODES
    from openkassa.kassa.fiscalisation.batches import RECEIPT_FAULTS

    assert set(DRIVER_CODES) == {f"fn_{fault:02x}" for fault in RECEIPT_FAULTS}
