"""CloudKassir over HTTP: receipts and corrections are made, asked for and shown.

One entry takes every path under /kkt/, so that each answer, of unknown paths and of faults too, has the API's form.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid

import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from openkassa.api.basic import basic_pair
from openkassa.api.body import BadBody, WrongField, decode_any_case, read_json
from openkassa.api.cloudkassir import answers, receipts, report, wire, words
from openkassa.api.faults import Invalid
from openkassa.api.fields import field_of
from openkassa.api.mapped import Mapped, accept
from openkassa.core.clock import now
from openkassa.core.metrics import accept_observed
from openkassa.kassa.receipts.channels import ChannelContext, channel_by_login
from openkassa.kassa.receipts.models import ChannelKind
from openkassa.kassa.receipts.selectors import ReceiptStatus, receipt_by_external, receipt_draft, receipt_status
from openkassa.kassa.receipts.services import DraftRefused

log = structlog.get_logger(__name__)
REQUEST_ID = "X-Request-ID"
REPEAT = dt.timedelta(hours=12)  # how long an X-Request-ID counts that comes without an InvoiceId
CORRECTION = "correction-receipt"
MAKERS = ("receipt", CORRECTION)


class Refused(Exception):
    """An error answer instead of the usual one."""

    def __init__(self, kind: answers.Kind, detail: str = "") -> None:
        super().__init__(kind.message)
        self.kind = kind
        self.detail = detail


@csrf_exempt
def entry(request: HttpRequest, rest: str) -> HttpResponse:
    """Answers every request under /kkt/."""
    try:
        return _route(request, rest.strip("/").lower())
    except Refused as refused:
        return answers.bad(refused.kind, refused.detail)
    except BadBody as bad:
        kind = {"too_large": answers.TOO_LARGE, "not_json_type": answers.MEDIA_TYPE}.get(bad.reason, answers.MALFORMED)
        return answers.bad(kind, str(bad))
    except (OperationalError, InterfaceError):
        log.exception("cloudkassir_database_unavailable")
        return answers.bad(answers.BUSY)
    except Exception:
        log.exception("cloudkassir_request_failed")
        return answers.bad(answers.SERVER)


def _route(request: HttpRequest, path: str) -> HttpResponse:
    channel = _channel(request)
    maker, _, rest = path.partition("/")
    if maker not in MAKERS or rest not in ("", "get", "status/get"):
        raise Refused(answers.NO_METHOD, path[:100])
    if request.method != "POST":
        raise Refused(answers.WRONG_METHOD)
    if not rest:
        return _create(request, maker, channel)
    status = _asked(request, channel)
    if rest == "status/get":
        return answers.good(words.STATUSES[status.state] if status is not None else words.NOT_FOUND)
    draft = receipt_draft(channel.organisation_id, status.receipt_id) if status is not None else None
    if status is None or draft is None:
        raise Refused(answers.NOT_FOUND)
    return answers.good(report.receipt(status, draft, channel))


def _channel(request: HttpRequest) -> ChannelContext:
    given = basic_pair(request)
    channel = channel_by_login(ChannelKind.CLOUDKASSIR, *given) if given and given[0] else None
    if channel is None:
        raise Refused(answers.CREDENTIALS)
    if not channel.active:
        raise Refused(answers.FORBIDDEN)
    return channel


@accept_observed("cloudkassir", Refused, BadBody)
def _create(request: HttpRequest, maker: str, channel: ChannelContext) -> HttpResponse:
    body, at, request_id = read_json(request), now(), request.headers.get(REQUEST_ID)
    try:
        day = (at + dt.timedelta(minutes=channel.utc_offset)).date()
        mapped = mapped_of(body, maker == CORRECTION, request_id, channel, day)
        accepted = accept(_keyed(mapped, request_id, channel, at), channel, body)
    except WrongField as wrong:
        raise Refused(answers.INVALID, f"{wrong.field or 'тело запроса'}: {wrong!s}") from None
    except Invalid as invalid:
        raise Refused(answers.INVALID, _listed(invalid.faults)) from None
    except DraftRefused as refused:
        faults = [(named(finding.path, mapped), finding.text) for finding in refused.findings]
        raise Refused(answers.INVALID, _listed(faults)) from None
    return answers.good({"Id": str(accepted.receipt_id), "ErrorCode": 0}, "Queued")


def mapped_of(body: bytes, correction: bool, request_id: str | None, channel: ChannelContext, day: dt.date) -> Mapped:
    """What a body asks for. Raises `BadBody`, `WrongField`, `Invalid`."""
    if correction:
        return receipts.map_correction(decode_any_case(body, wire.correction_request), request_id, channel, day)
    return receipts.map_receipt(decode_any_case(body, wire.request), request_id, channel)


def _keyed(mapped: Mapped, request_id: str | None, channel: ChannelContext, at: dt.datetime) -> Mapped:
    """The request under a key that is free, or that was taken no longer ago than a repeat may come.

    An X-Request-ID without an InvoiceId may be made of the receipt's content, which comes again with the next equal
    sale to the same buyer.
    """
    key = mapped.external_key or ""
    if not request_id or mapped.external_id != request_id:
        return mapped
    number = 1
    while True:
        numbered = key if number == 1 else f"{key}#{number}"
        known = receipt_by_external(channel.organisation_id, channel.channel_id, numbered)
        if known is None or at - known.accepted_at < REPEAT:
            return dataclasses.replace(mapped, external_key=numbered)
        number += 1


NAMES = {
    "name": "Label", "kind": "Object", "method": "Method", "vat": "Vat", "amount": "Amount", "price": "Price",
    "quantity": "Quantity", "measure": "UnitCode", "unit": "MeasurementUnit", "items": "Items", "mark": "RawMarkCode",
    "supplier": "PurveyorData", "agent": "AgentData", "agent_type": "AgentSign", "country": "CountryOriginCode",
    "declaration": "CustomsDeclarationNumber", "buyer.inn": "CustomerInn", "buyer": "Email",
    "taxation": "TaxationSystem", "payments": "Amounts", "cashless": "NonCashPayments", "place": "CalculationPlace",
    "correction.number": "CauseCorrection.CorrectionNumber", "correction.date": "CauseCorrection.CorrectionDate",
    "correction": "CauseCorrection", "time_zone": "TimeZoneCode", "inn": "Inn", "correction_vat": "VatRate",
    "operation": "Type", "cashier_inn": "CashierInn", "product_code": "ProductCodeData", "total": "Amounts",
}  # fmt: skip


def named(path: str, mapped: Mapped) -> str:
    """The request's field for a path of the draft."""
    root = "CustomerReceipt" if mapped.draft.correction is None else "CorrectionReceiptData"
    return field_of(path, NAMES, root)


def _listed(faults: list[tuple[str, str]]) -> str:
    return "; ".join(f"{field}: {text}" if field else text for field, text in faults)


def _asked(request: HttpRequest, channel: ChannelContext) -> ReceiptStatus | None:
    try:
        given = decode_any_case(read_json(request), wire.asked).id
    except WrongField as wrong:
        raise Refused(answers.INVALID, f"{wrong.field or 'тело запроса'}: {wrong!s}") from None
    if not isinstance(given, str) or not given:
        raise Refused(answers.INVALID, "Id: обязательное поле не заполнено")
    try:
        receipt_id = uuid.UUID(given)
    except ValueError:
        return None
    return receipt_status(channel.organisation_id, receipt_id, channel.channel_id)
