"""The state of a document, and the callback that tells the shop of it."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from openkassa.api import numbers
from openkassa.api.modulkassa import words
from openkassa.core.outgoing import Outcome
from openkassa.fiscal.ffd.tags import CORRECTION_FORMS
from openkassa.fiscal.fn.errors import ErrorCode
from openkassa.kassa.receipts.callbacks import Message
from openkassa.kassa.receipts.models import CallbackState
from openkassa.kassa.receipts.selectors import DocumentFacts, ReceiptStatus, callback_progress

MESSAGES: Final = {
    "QUEUED": "Document queued for printing",
    "PENDING": "Document is being printed",
    "PRINTED": "Document successfully printed",
    "WAIT_FOR_CALLBACK": "Document successfully printed, the response URL has not answered 200 yet",
    "COMPLETED": "Document successfully completed",
    "FAILED": "Document failed",
}

# Type of failure by what the fiscal storage refused a receipt for; NON_FN where the refusal is not the storage's.
FAILURES: Final = {
    f"fn_{ErrorCode.ARCHIVE_FULL:02x}": "FN_MEMORY_OVERFLOW",
    f"fn_{ErrorCode.TERM_OVER:02x}": "FN_EXPIRED",
    f"fn_{ErrorCode.SIGNER_EXHAUSTED:02x}": "FN_EXPIRED",
}
FN_FAILURE: Final = "FN_GENERIC_FAILURE"
OTHER_FAILURE: Final = "NON_FN_FAILURE"


def queued(at: dt.datetime, fn_state: str, warnings: tuple[str, ...]) -> dict[str, Any]:
    """The state of a document that was accepted `at`."""
    return _state("QUEUED", fn_state, at, warnings)


def state(status: ReceiptStatus, fn_state: str) -> dict[str, Any]:
    """The state of a document whose last attempt is `status`.

    FAILED is said of refused and withdrawn receipts alone: what is in doubt is PENDING until it is known.
    """
    fields: dict[str, Any] = {}
    if status.is_fiscalised and status.document is not None:
        word = told(status)
        fields["fiscalInfo"] = _fiscal_info(status, status.document)
    elif status.state in ("refused", "withdrawn"):
        word = "FAILED"
        fields["failureInfo"] = _failure(status)
    else:
        word = "QUEUED" if status.state == "accepted" else "PENDING"
    body = _state(word, fn_state, status.changed_at, status.warnings) | fields
    if word == "COMPLETED" and status.callback_url:
        body["message"] += " with callback"
    return body


def told(status: ReceiptStatus) -> str:
    """How far a fiscalised document is: PRINTED until its callback is tried, COMPLETED when there is nothing to tell
    or the shop has answered 200."""
    if not status.callback_url:
        return "COMPLETED"
    progress = callback_progress(status.organisation_id, status.receipt_id)
    if progress is None or progress == (CallbackState.WAITING, 0):
        return "PRINTED"
    return "COMPLETED" if progress[0] == CallbackState.DELIVERED else "WAIT_FOR_CALLBACK"


def callback(status: ReceiptStatus) -> Message | None:
    """GET with the result in the query of the shop's own address; 200 alone means that the shop has it.

    Only success is told: a client for Bitrix takes any call for success and reads no status.
    """
    if not status.is_fiscalised:
        return None
    result = {"status": "SUCCESS", "qr": status.qr}
    return Message(
        url=with_query(status.callback_url, {"check_id": status.external_id}, result), method="GET", taken=_taken
    )


def with_query(url: str, unless_there: dict[str, str], always: dict[str, str]) -> str:
    """`url` with more parameters in its query. A shop that has `check_id` in its address reads its own."""
    parts = urlsplit(url)
    known = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    more = {name: value for name, value in unless_there.items() if name not in known} | always
    query = "&".join(part for part in (parts.query, urlencode(more, quote_via=quote)) if part)
    return urlunsplit(parts._replace(query=query))


def _taken(outcome: Outcome) -> bool:
    return outcome.ok and outcome.status == 200


def _state(word: str, fn_state: str, at: dt.datetime, warnings: tuple[str, ...]) -> dict[str, Any]:
    body: dict[str, Any] = {
        "status": word,
        "fnState": fn_state,
        "fiscalInfo": None,
        "failureInfo": None,
        "message": MESSAGES[word],
        "timeStatusChanged": _time(at),
    }
    return body | {"warnings": list(warnings)} if warnings else body


def _fiscal_info(status: ReceiptStatus, document: DocumentFacts) -> dict[str, Any]:
    operation = words.Operation(status.operation, correction=status.form in CORRECTION_FORMS)
    return {
        "shiftNumber": document.shift,
        "checkNumber": document.number,
        "kktNumber": document.serial,
        "fnNumber": document.fn,
        "fnDocNumber": document.fd,
        "fnDocMark": document.fiscal_sign,
        "date": _time(document.made_at),
        "sum": numbers.roubles(status.total),
        "checkType": words.CHECK_TYPES[operation],
        "qr": status.qr,
        "ecrRegistrationNumber": document.rnm,
    }


def _failure(status: ReceiptStatus) -> dict[str, Any]:
    code = status.error_code or ""
    kind = FAILURES.get(code, FN_FAILURE if code.startswith("fn_") else OTHER_FAILURE)
    return {"type": kind, "message": status.error_text or "Чек отозван до того, как попал на кассу"}


def _time(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).replace(microsecond=0).isoformat()
