"""The report of a receipt, which is also the body of its callback."""

from __future__ import annotations

import base64
import datetime as dt
from typing import Any, Final

from openkassa.api import numbers
from openkassa.api.addresses import receipt_address
from openkassa.api.atol import errors
from openkassa.api.atol.words import BASE64_MARKS
from openkassa.fiscal.ffd.profile import FNS_SITE
from openkassa.fiscal.fn.emulation import OPERATOR_INN
from openkassa.kassa.receipts.marks import MarkResult, receipt_marks
from openkassa.kassa.receipts.selectors import DocumentFacts, ReceiptStatus

REPORT_DAYS: Final = 32
DAEMON: Final = "openkassa"
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001  till-local time has no zone
EXPIRED: Final = errors.Kind(200, 1, "Превышено время ожидания в очереди")
REFUSED: Final = errors.Kind(200, 0, "Касса не приняла чек")

# Driver codes of the protocol by what the fiscal storage refused a receipt for (`fiscal.fn.errors`).
DRIVER_CODES: Final = {
    "fn_09": 161,  # wrong parameters: missing requisites
    "fn_0a": 190,  # not allowed in this FFD: bad version
    "fn_0b": 190,  # tag not allowed: bad version
    "fn_0e": 110,  # too many items: bad number of items
    "fn_10": 110,  # content too long: bad number of items
}


def is_kept(status: ReceiptStatus, at: dt.datetime) -> bool:
    """Whether the receipt is young enough to be reported."""
    return at - status.accepted_at <= dt.timedelta(days=REPORT_DAYS)


def report(status: ReceiptStatus, at: dt.datetime) -> dict[str, Any]:
    """The body that `GET …/report/{uuid}` answers with at `at`.

    Code 1 makes clients sell again under a new external_id, so it is given for a withdrawn receipt alone: that one
    was never with a register.
    """
    common = {"timestamp": errors.timestamp(at), "callback_url": status.callback_url, **_warnings(status)}
    if status.is_fiscalised and status.document is not None:
        return {
            "uuid": str(status.receipt_id),
            "error": None,
            "status": "done",
            "payload": _payload(status, status.document),
            **common,
            "group_code": status.channel_code,
            "daemon_code": DAEMON,
            "device_code": status.document.serial,
            "external_id": status.external_id,
        }
    if status.state in ("refused", "withdrawn"):
        return {
            "uuid": str(status.receipt_id),
            "error": _failure(status),
            "status": "fail",
            "payload": None,
            **common,
            "group_code": status.channel_code,
            "daemon_code": DAEMON,
            "device_code": "",
            "external_id": status.external_id,
        }
    return {
        "uuid": str(status.receipt_id),
        "error": errors.error_body(errors.NOT_FOUND_YET, id_=status.receipt_id),
        "status": "wait",
        "payload": None,
        **common,
        "external_id": status.external_id,
    }


def _payload(status: ReceiptStatus, document: DocumentFacts) -> dict[str, Any]:
    made = _EPOCH + dt.timedelta(seconds=document.local_time)
    payload: dict[str, Any] = {
        "total": numbers.roubles(status.total),
        "fns_site": FNS_SITE,
        "fn_number": document.fn,
        "shift_number": document.shift,
        "receipt_datetime": made.strftime("%d.%m.%Y %H:%M:%S"),
        "fiscal_receipt_number": document.number,
        "fiscal_document_number": document.fd,
        "ecr_registration_number": document.rnm,
        "fiscal_document_attribute": document.fiscal_sign,
        "ofd_inn": OPERATOR_INN,
        "ofd_receipt_url": receipt_address(document),
    }
    if status.marks:
        payload["marks_result"] = [_mark(mark) for mark in receipt_marks(status)]
    return payload


def _mark(mark: MarkResult) -> dict[str, Any]:
    """Tag 2106 of a line; the code as v5 sends it."""
    code = base64.b64encode(mark.code.encode()).decode() if mark.kind in BASE64_MARKS else mark.code
    return {"position": mark.line, "mark_code": code, "result": mark.result}


def _failure(status: ReceiptStatus) -> dict[str, Any]:
    """`error` of a failed report."""
    if status.state == "withdrawn":
        return errors.error_body(EXPIRED, detail=status.error_text or "", type_="timeout", id_=status.receipt_id)
    code = DRIVER_CODES.get(status.error_code or "", REFUSED.code)
    kind = errors.Kind(REFUSED.http, code, REFUSED.text)
    type_ = "driver" if code else "unknown"
    return errors.error_body(kind, detail=status.error_text or "", type_=type_, id_=status.receipt_id)


def _warnings(status: ReceiptStatus) -> dict[str, Any]:
    """Warnings by field; texts without a field stand under "receipt"."""
    found: dict[str, str] = {}
    for warning in status.warnings:
        field, mark, text = warning.partition(": ")
        if not mark or " " in field:
            field, text = "receipt", warning
        found[field] = f"{found[field]}; {text}" if field in found else text
    return {"warnings": found} if found else {}
