"""What became of a receipt: the answer to its address, and the callback."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import msgspec

from openkassa.api.addresses import receipt_address
from openkassa.api.digitalkassa.errors import listed
from openkassa.fiscal.ffd.tags import CORRECTION_FORMS, FFD_NAMES
from openkassa.kassa.receipts.callbacks import Message
from openkassa.kassa.receipts.channels import channel_by_id
from openkassa.kassa.receipts.selectors import DocumentFacts, ReceiptStatus

DONE, QUEUED, NOT_MADE = 200, 202, 422
NOT_MADE_KIND: Final = "not_fiscalized"
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001  till-local time has no zone
_encode = msgspec.json.Encoder(decimal_format="number").encode


def result(status: ReceiptStatus) -> tuple[int, Any]:
    """(HTTP status, body). Only a refused or withdrawn receipt is an error: clients give it up then, and no document of
    it was made. What is in doubt is queued until it is known."""
    if status.is_fiscalised and status.document is not None:
        return DONE, _done(status, status.document)
    if status.state in ("refused", "withdrawn"):
        return NOT_MADE, listed(NOT_MADE_KIND, ("", _why(status)))
    return QUEUED, queued(status.callback_url, status.warnings)


def queued(callback_url: str, warnings: tuple[str, ...]) -> dict[str, Any]:
    body: dict[str, Any] = {"service": {"callback_url": callback_url or None, "receipt_url": None}}
    return body | {"warnings": list(warnings)} if warnings else body


def callback(status: ReceiptStatus) -> Message:
    """POST of the result, told apart by `receipt_id` and `status`; the form is ours, since no source has one."""
    http, body = result(status)
    told: dict[str, Any] = {"receipt_id": status.external_id, "correction": status.form in CORRECTION_FORMS}
    if http == DONE:
        told |= {"status": "completed", **body}
    else:
        told |= {"status": "failed", "errors": body}
    return Message(url=status.callback_url, body=_encode(told))


def _done(status: ReceiptStatus, document: DocumentFacts) -> dict[str, Any]:
    made = _EPOCH + dt.timedelta(seconds=document.local_time)
    channel = channel_by_id(status.organisation_id, status.channel_id)
    body: dict[str, Any] = {
        "doc": {
            "reg_time": made.isoformat(),
            "shift_num": document.shift,
            "index": document.number,
            "fiscal_sign": document.fiscal_sign,
            "fiscal_num": document.fd,
        },
        "cashbox": {
            "rn": document.rnm,
            "factory_num": document.serial,
            "ffd": FFD_NAMES[channel.profile.ffd] if channel is not None else None,
            "fn_num": document.fn,
        },
        "service": {"callback_url": status.callback_url or None, "receipt_url": receipt_address(document)},
    }
    return body | {"warnings": list(status.warnings)} if status.warnings else body


def _why(status: ReceiptStatus) -> str:
    text = status.error_text or ("чек отозван" if status.state == "withdrawn" else "касса не приняла чек")
    return f"Чек не пробит: {text}. Исправьте его и пришлите под новым receipt_id"
