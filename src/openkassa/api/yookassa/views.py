"""The YooKassa API over HTTP: receipts are made, shown and listed.

One entry takes every path under /v3/, so that each answer, of unknown paths and of faults too, has the API's form.
"""

from __future__ import annotations

import uuid

import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from openkassa.api.basic import basic_pair
from openkassa.api.body import BadBody, WrongField, decode, read_json
from openkassa.api.faults import Invalid
from openkassa.api.fields import field_of
from openkassa.api.mapped import Mapped, accept
from openkassa.api.yookassa import errors, listing, receipts, report, wire
from openkassa.core.metrics import accept_observed
from openkassa.kassa.receipts.channels import ChannelContext, channel_by_login
from openkassa.kassa.receipts.models import ChannelKind
from openkassa.kassa.receipts.selectors import ReceiptStatus, receipt_drafts, receipt_status
from openkassa.kassa.receipts.services import DraftRefused

log = structlog.get_logger(__name__)
BODY = "тело запроса"


class Refused(Exception):
    """An error answer instead of the usual one."""

    def __init__(self, kind: errors.Kind, detail: str = "", parameter: str = "") -> None:
        super().__init__(kind.code)
        self.kind = kind
        self.detail = detail
        self.parameter = parameter


@csrf_exempt
def entry(request: HttpRequest, rest: str) -> HttpResponse:
    """Answers every request under /v3/."""
    try:
        return _route(request, rest.strip("/").split("/"))
    except Refused as refused:
        return errors.failure(refused.kind, refused.detail, refused.parameter)
    except BadBody as bad:
        kind = {"too_large": errors.TOO_LARGE, "not_json_type": errors.MEDIA_TYPE}.get(bad.reason, errors.INVALID)
        return errors.failure(kind, str(bad))
    except (OperationalError, InterfaceError):
        log.exception("yookassa_database_unavailable")
        return errors.failure(errors.BUSY)
    except Exception:
        log.exception("yookassa_request_failed")
        return errors.failure(errors.SERVER)


def _route(request: HttpRequest, parts: list[str]) -> HttpResponse:
    shop_id, channel = _channel(request)
    if parts[0] != "receipts" or len(parts) > 2:
        raise Refused(errors.NO_ADDRESS)
    if len(parts) == 2:
        _allow(request, "GET")
        return _one(channel, parts[1])
    _allow(request, "GET", "POST")
    return _create(request, shop_id, channel) if request.method == "POST" else _list(request, channel)


def _allow(request: HttpRequest, *methods: str) -> None:
    if request.method not in methods:
        raise Refused(errors.WRONG_METHOD, f"{request.method}, нужен {' или '.join(methods)}")


def _channel(request: HttpRequest) -> tuple[str, ChannelContext]:
    """(shopId, its channel)."""
    given = basic_pair(request)
    channel = channel_by_login(ChannelKind.YOOKASSA, *given) if given else None
    if given is None or channel is None:
        raise Refused(errors.CREDENTIALS)
    if not channel.active:
        raise Refused(errors.FORBIDDEN)
    return given[0], channel


@accept_observed("yookassa", Refused, BadBody)
def _create(request: HttpRequest, shop_id: str, channel: ChannelContext) -> HttpResponse:
    body = read_json(request)
    try:
        mapped = mapped_of(body, request.headers.get("Idempotence-Key"), shop_id, channel)
    except WrongField as wrong:
        raise Refused(errors.INVALID, f"{wrong.field or BODY}: {wrong!s}", wrong.field) from None
    except Invalid as invalid:
        raise _invalid(invalid) from None
    try:
        accepted = accept(mapped, channel, body)
    except DraftRefused as refused:
        raise _invalid(Invalid([(field_of(one.path, NAMES), one.text) for one in refused.findings])) from None
    status = receipt_status(channel.organisation_id, accepted.receipt_id, channel.channel_id)
    if status is None:
        raise RuntimeError("an accepted receipt can't be read")
    if accepted.repeat:
        return errors.answer(_objects([status], channel)[0])
    return errors.answer(report.receipt(status, mapped.draft, channel.profile.ffd, channel.utc_offset))


def mapped_of(body: bytes, key: str | None, shop_id: str | None, channel: ChannelContext) -> Mapped:
    """What a body asks for. Raises `BadBody`, `WrongField`, `Invalid`."""
    return receipts.map_receipt(decode(body, wire.receipt), key, shop_id, channel)


def _invalid(invalid: Invalid) -> Refused:
    text = "; ".join(f"{field}: {text}" if field else text for field, text in invalid.faults)
    return Refused(errors.INVALID, text, invalid.faults[0][0])


NAMES = {
    "name": "description", "kind": "payment_subject", "method": "payment_mode", "vat": "vat_code",
    "mark": "mark_code_info", "price": "amount", "declaration": "customs_declaration_number",
    "country": "country_of_origin_code",
    "industry": "payment_subject_industry_details", "buyer": "customer", "taxation": "tax_system_code",
    "payments": "settlements", "total": "settlements", "user_extra": "additional_user_props", "unit": "measure",
    "operating": "receipt_operational_details", "time_zone": "timezone", "extra": "additional_payment_subject_props",
}  # fmt: skip


def _one(channel: ChannelContext, text: str) -> HttpResponse:
    try:
        receipt_id = uuid.UUID(text)
    except ValueError:
        raise Refused(errors.NOT_FOUND, parameter="receipt_id") from None
    status = receipt_status(channel.organisation_id, receipt_id, channel.channel_id)
    if status is None:
        raise Refused(errors.NOT_FOUND, parameter="receipt_id")
    return errors.answer(_objects([status], channel)[0])


def _list(request: HttpRequest, channel: ChannelContext) -> HttpResponse:
    try:
        asked = listing.asked(request.GET)
    except Invalid as invalid:
        raise _invalid(invalid) from None
    statuses, cursor = listing.found(asked, channel)
    body = {"type": report.LIST_TYPE, "items": _objects(statuses, channel)}
    return errors.answer(body | {"next_cursor": cursor} if cursor else body)


def _objects(statuses: list[ReceiptStatus], channel: ChannelContext) -> list[dict]:
    drafts = receipt_drafts(channel.organisation_id, [status.receipt_id for status in statuses])
    return [
        report.receipt(status, drafts[status.receipt_id], channel.profile.ffd, channel.utc_offset)
        for status in statuses
    ]
