"""OrangeData v2 over HTTP: documents and corrections are made, their state is asked for.

One entry takes every path under /api/v2/, so that each answer, of unknown paths and of faults too, has the protocol's
form. A request is let in by the signature of its body; a question is not signed, so its answer doesn't name the buyer.
"""

from __future__ import annotations

import datetime as dt

import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from openkassa.api.body import BadBody, WrongField, decode_any_case, read_json
from openkassa.api.faults import Invalid
from openkassa.api.fields import field_of
from openkassa.api.mapped import Mapped, accept
from openkassa.api.orangedata import answers, receipts, wire
from openkassa.core.clock import now
from openkassa.core.metrics import accept_observed
from openkassa.kassa.receipts.channels import ChannelContext, channel_by_name, channels_of_inn
from openkassa.kassa.receipts.models import ChannelKind
from openkassa.kassa.receipts.public_keys import is_signed
from openkassa.kassa.receipts.selectors import receipt_by_external, receipt_request
from openkassa.kassa.receipts.services import DraftRefused

log = structlog.get_logger(__name__)
SIGNATURE = "X-Signature"
COLLECTIONS = ("documents", "corrections", "correction12")
NAME_LIMIT = 128


class Refused(Exception):
    """An error answer instead of the usual one."""

    def __init__(self, status: int, *texts: str) -> None:
        super().__init__(*texts)
        self.status = status
        self.texts = texts


@csrf_exempt
def entry(request: HttpRequest, rest: str) -> HttpResponse:
    """Answers every request under /api/v2/."""
    try:
        return _route(request, rest.strip("/").split("/"))
    except Refused as refused:
        return answers.errors(refused.status, *refused.texts)
    except BadBody as bad:
        return answers.errors({"too_large": 413, "not_json_type": 415}.get(bad.reason, 400), str(bad))
    except (OperationalError, InterfaceError):
        log.exception("orangedata_database_unavailable")
        return answers.errors(503, "Сервер временно не может принять документ. Повторите запрос с тем же id")
    except Exception:
        log.exception("orangedata_request_failed")
        return answers.errors(500, "Ошибка сервера. Повторите запрос с тем же id")


def _route(request: HttpRequest, parts: list[str]) -> HttpResponse:
    collection = parts[0].lower()
    if collection not in COLLECTIONS:
        raise Refused(404, f"Адрес {parts[0][:50]!r} не обслуживается; есть {', '.join(COLLECTIONS)}")
    if len(parts) == 1:
        _allow(request, "POST")
        return _create(request, collection)
    if len(parts) != 4 or parts[2] != "status":
        raise Refused(404, "Такого адреса нет")
    _allow(request, "GET")
    return _status(parts[1], parts[3])


def _allow(request: HttpRequest, method: str) -> None:
    if request.method != method:
        raise Refused(405, f"Метод {request.method}, нужен {method}")


@accept_observed("orangedata", Refused, BadBody)
def _create(request: HttpRequest, collection: str) -> HttpResponse:
    body, at = read_json(request), now()
    try:
        document = decode_any_case(body, wire.document)
    except WrongField as wrong:
        raise Refused(400, f"{wrong.field or 'тело запроса'}: {wrong!s}") from None
    channel = _signed(document, body, request.headers.get(SIGNATURE, ""))
    day = (at + dt.timedelta(minutes=channel.utc_offset)).date()
    try:
        mapped = mapped_of(document, collection, channel, day)
        accepted = accept(mapped, channel, body)
    except Invalid as invalid:
        raise Refused(400, *_listed(invalid.faults)) from None
    except DraftRefused as refused:
        faults = [(named(finding.path, mapped), finding.text) for finding in refused.findings]
        raise Refused(400, *_listed(faults)) from None
    if accepted.repeat:
        raise Refused(409, f"Документ с id {mapped.external_id!r} уже есть")
    return HttpResponse(status=201)


def mapped_of(document: wire.Document, collection: str, channel: ChannelContext, day: dt.date) -> Mapped:
    """What a document asks for. Raises `Invalid`."""
    if collection == "documents":
        return receipts.map_document(document, channel)
    if collection == "corrections":
        return receipts.map_correction(document, channel, day)
    return receipts.map_correction12(document, channel, day)


def key_name(document: wire.Document) -> str:
    """By what name the client's key is kept: the `key` of the document, without it the ИНН."""
    given = document.key if document.key not in (None, "") else document.inn
    return str(given) if isinstance(given, str | int) and not isinstance(given, bool) else ""


def _signed(document: wire.Document, body: bytes, signature: str) -> ChannelContext:
    """The channel whose key signed the body. Which part is wrong is not said: it would help to guess names."""
    name = key_name(document)
    known = bool(name) and len(name) <= NAME_LIMIT and "\0" not in name
    channel = channel_by_name(ChannelKind.ORANGEDATA, name) if known else None
    if channel is None or not is_signed(channel.signing, body, signature):
        raise Refused(401, f"Подпись {SIGNATURE} не подошла: нужен base64 от RSA-SHA256 тела запроса закрытым ключом")
    if not channel.active:
        raise Refused(403, "Канал отключён: обратитесь к администратору кассы")
    return channel


NAMES = {
    "items": "positions", "name": "text", "kind": "paymentSubjectType", "method": "paymentMethodType", "vat": "tax",
    "measure": "quantityMeasurementUnit", "unit": "unitOfMeasurement", "supplier.inn": "supplierINN",
    "supplier": "supplierInfo", "agent": "agentInfo", "agent_type": "agentType", "mark": "itemCode",
    "country": "manufacturerCountryCode", "declaration": "customsDeclarationNumber", "product_code": "nomenclatureCode",
    "buyer.inn": "customerINN", "buyer": "customerContact", "taxation": "checkClose.taxationSystem",
    "payments": "checkClose.payments", "total": "checkClose.payments", "cashless": "checkClose.electronicPaymentsInfo",
    "correction.number": "causeDocumentNumber", "correction.date": "causeDocumentDate",
    "correction": "correctionType", "time_zone": "timeZone", "cashier_inn": "cashierINN", "operation": "type",
    "place": "settlementPlace", "address": "settlementAddress", "machine_number": "automatNumber",
}  # fmt: skip


def named(path: str, _mapped: Mapped) -> str:
    """The request's field for a path of the draft."""
    return field_of(path, NAMES, "content")


def _listed(faults: list[tuple[str, str]]) -> list[str]:
    return [f"{field}: {text}" if field else text for field, text in faults]


def _status(inn: str, document_id: str) -> HttpResponse:
    if not (inn.isascii() and inn.isdigit() and len(inn) in (10, 12)) or "\0" in document_id:
        raise Refused(404, "Такого документа нет")
    for channel in channels_of_inn(ChannelKind.ORANGEDATA, inn):
        status = receipt_by_external(channel.organisation_id, channel.channel_id, document_id[:200])
        if status is None:
            continue
        if status.is_fiscalised:
            request = receipt_request(channel.organisation_id, status.receipt_id)
            return HttpResponse(answers.encode(answers.result(status, channel, request)), content_type=answers.JSON)
        if status.state in ("refused", "withdrawn"):
            raise Refused(*answers.failure(status))
        return HttpResponse(status=202)
    raise Refused(404, "Такого документа нет")
