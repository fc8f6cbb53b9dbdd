"""Answers of OrangeData: HTTP codes, errors as `{"errors": [...]}`, and the result of a document."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import msgspec
from django.http import HttpResponse

from openkassa.api import numbers
from openkassa.core.settings import settings
from openkassa.fiscal.ffd.profile import FNS_SITE
from openkassa.fiscal.fn.emulation import OPERATOR_INN
from openkassa.kassa.receipts.channels import ChannelContext
from openkassa.kassa.receipts.selectors import ReceiptStatus

JSON: Final = "application/json; charset=utf-8"
OPERATOR: Final = "OpenKassa OFD"
WITHDRAWN: Final = 524  # expired in the queue: clients send the document again under a new id
REFUSED: Final = 422
BUYER: Final = ("customercontact", "customer", "customerinn", "customerinfo")  # never shown: nobody signs a question
encode = msgspec.json.Encoder(decimal_format="number").encode
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001  till-local time has no zone


def errors(status: int, *texts: str) -> HttpResponse:
    response = HttpResponse(encode({"errors": list(texts)}), status=status, content_type=JSON)
    if status == 503:
        response["Retry-After"] = "1"
    return response


def result(status: ReceiptStatus, channel: ChannelContext, request: bytes | None) -> dict[str, Any]:
    """The document that a request became. `request`: as it came, while it is kept."""
    document = status.document
    if document is None:
        raise ValueError("a result tells of a document")
    content = _content(request)
    made = _EPOCH + dt.timedelta(seconds=document.local_time)
    return {
        "id": status.external_id,
        "deviceSN": document.serial,
        "deviceRN": document.rnm,
        "fsNumber": document.fn,
        "ofdName": OPERATOR,
        "ofdWebsite": settings().ofd_public_url,
        "ofdinn": OPERATOR_INN,
        "fnsWebsite": FNS_SITE,
        "companyINN": channel.inn,
        "companyName": channel.profile.user,
        "documentNumber": document.fd,
        "shiftNumber": document.shift,
        "documentIndex": document.number,
        "processedAt": made.isoformat(),
        "content": content,
        "change": _change(content, status.total),
        "fp": str(document.fiscal_sign),
        "callbackUrl": status.callback_url or None,
    }


def failure(status: ReceiptStatus) -> tuple[int, str]:
    """(HTTP code, text) of a document that was certainly not made."""
    return WITHDRAWN if status.state == "withdrawn" else REFUSED, status.error_text or "Документ не создан"


def _content(request: bytes | None) -> dict[str, Any] | None:
    """What was asked for, without who bought."""
    try:
        content = msgspec.json.decode(request or b"")["content"]
    except (msgspec.DecodeError, KeyError, TypeError):
        return None
    if not isinstance(content, dict):
        return None
    return {name: value for name, value in content.items() if name.lower() not in BUYER}


def _change(content: dict[str, Any] | None, total: int) -> Any:
    """What the buyer got back, roubles."""
    close = (content or {}).get("checkClose")
    payments = close.get("payments") if isinstance(close, dict) else None
    try:
        paid = sum(round(float(one["amount"]) * 100) for one in payments or ())
    except (TypeError, KeyError, ValueError):
        return 0
    return numbers.roubles(max(paid - total, 0)) if paid else 0
