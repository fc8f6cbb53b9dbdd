"""МодульКасса's fiscal service (fn) v1 and v2 over HTTP: both versions take and answer the same.

One entry takes every path under the prefix, so that each answer, of unknown paths and of faults too, has the
protocol's form. Bodies of GET, PUT and DELETE are not read: one client sends `[]` with GET.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from openkassa.api.basic import basic_pair
from openkassa.api.body import BadBody, WrongField, decode, read_json
from openkassa.api.faults import Invalid
from openkassa.api.fields import field_of
from openkassa.api.mapped import Mapped, accept
from openkassa.api.modulkassa import receipts, report, wire
from openkassa.api.modulkassa.association import associate, dissociate
from openkassa.api.modulkassa.errors import AGAIN, FAULT, Refused, answer, failure
from openkassa.api.readiness import Readiness, readiness
from openkassa.core.clock import now
from openkassa.core.metrics import accept_observed
from openkassa.kassa.receipts.again import CannotTryAgain, NotFailed, latest_attempt, receipt_accept_again
from openkassa.kassa.receipts.channels import ChannelContext, channel_by_login
from openkassa.kassa.receipts.models import ChannelKind, Receipt
from openkassa.kassa.receipts.services import DraftRefused

log = structlog.get_logger(__name__)
CREDENTIAL_LIMIT: Final = 100
VERSIONS: Final = ("v1", "v2")
STATES: Final = {Readiness.READY: "READY", Readiness.NEVER_SEEN: "ASSOCIATED", Readiness.TROUBLE: "FAILED"}
BODY_STATUS: Final = {"too_large": 413, "not_json_type": 415}


@csrf_exempt
def entry(request: HttpRequest, rest: str) -> HttpResponse:
    """Answers every request under …/fn/."""
    try:
        return _route(request, rest.strip("/").split("/"))
    except Refused as refused:
        return failure(refused)
    except BadBody as bad:
        return failure(Refused(BODY_STATUS.get(bad.reason, 400), str(bad)))
    except (OperationalError, InterfaceError):
        log.exception("modulkassa_database_unavailable")
        return failure(Refused(503, AGAIN, 1))
    except Exception:
        log.exception("modulkassa_request_failed")
        return failure(Refused(500, FAULT))


def _route(request: HttpRequest, parts: list[str]) -> HttpResponse:
    if parts[0] in VERSIONS:
        parts = parts[1:]
    if parts[:1] == ["associate"] and len(parts) <= 2:
        point = parts[1] if len(parts) == 2 else None
        if point is None:  # one client takes leave of all points so
            _allow(request, "DELETE")
        _allow(request, "POST", "DELETE")
        return answer(associate(request, point) if request.method == "POST" and point else dissociate(request, point))
    if parts == ["status"]:
        _allow(request, "GET")
        return _status(_channel(request, inactive=True))
    if parts == ["doc"]:
        _allow(request, "POST")
        return _accept(request, _channel(request))
    if len(parts) >= 3 and parts[0] == "doc" and parts[-1] in ("status", "re-queue"):
        _allow(request, "GET" if parts[-1] == "status" else "PUT")
        channel = _channel(request)
        document_id = receipts.document_id("/".join(parts[1:-1]))
        if document_id is None:
            raise Refused(404, "Документ не найден")
        return _state(channel, document_id) if parts[-1] == "status" else _again(channel, document_id)
    raise Refused(404, "Неизвестный адрес")


def _allow(request: HttpRequest, *methods: str) -> None:
    if request.method not in methods:
        raise Refused(405, f"Метод {request.method} здесь не годится, нужен {' или '.join(methods)}")


def _channel(request: HttpRequest, inactive: bool = False) -> ChannelContext:
    """The channel that the request's pair opens. `inactive`: of a switched off one too."""
    pair = basic_pair(request)
    channel = None
    if pair is not None and max(map(len, pair)) <= CREDENTIAL_LIMIT:
        channel = channel_by_login(ChannelKind.MODULKASSA, *pair)
    if channel is None:
        raise Refused(401, "Неверная пара userName и password: свяжите магазин с точкой продаж заново (associate)")
    if not channel.active and not inactive:
        raise Refused(403, "Канал выключен или организация приостановлена")
    return channel


def _fn_state(channel: ChannelContext) -> str:
    return STATES[readiness(channel.organisation_id, channel.pool_id)]


def _status(channel: ChannelContext) -> HttpResponse:
    state = _fn_state(channel) if channel.active else "DISABLED"
    return answer({"status": state, "dateTime": now().replace(microsecond=0).isoformat()})


@accept_observed("modulkassa", Refused, BadBody)
def _accept(request: HttpRequest, channel: ChannelContext) -> HttpResponse:
    body = read_json(request)
    try:
        mapped = mapped_of(body, channel, (now() + dt.timedelta(minutes=channel.utc_offset)).date())
    except WrongField as wrong:
        raise Refused(400, f"{wrong.field}: {wrong}" if wrong.field else str(wrong)) from None
    except Invalid as invalid:
        raise Refused(400, _listed(invalid.faults)) from None
    try:
        accepted = accept(mapped, channel, body)
    except DraftRefused as refused:
        raise Refused(400, _listed(mapped.faults(refused.findings))) from None
    if accepted.repeat:
        return _state(channel, mapped.external_id)
    return answer(report.queued(accepted.accepted_at, _fn_state(channel), accepted.warnings))


def mapped_of(body: bytes, channel: ChannelContext, day: dt.date) -> Mapped:
    """What a body asks for. Raises `BadBody`, `WrongField`, `Invalid`."""
    try:
        return receipts.map_document(decode(body, wire.document), channel, day)
    except Invalid as invalid:
        raise Invalid([(_camel(field), text) for field, text in invalid.faults]) from None


def _state(channel: ChannelContext, document_id: str) -> HttpResponse:
    found = latest_attempt(channel.organisation_id, channel.channel_id, document_id)
    if found is None:
        raise Refused(404, "Документ не найден")
    return answer(report.state(found[0], _fn_state(channel)))


def _again(channel: ChannelContext, document_id: str) -> HttpResponse:
    """Once more, and only what has failed: whatever else a document is, it has been or may yet be made."""
    try:
        receipt_accept_again(channel=channel, external_id=document_id)
    except Receipt.DoesNotExist:
        raise Refused(404, "Документ не найден") from None
    except NotFailed as not_failed:
        text = f"Документ не в состоянии FAILED (чек {not_failed.state}): повторять нечего"
        raise Refused(409, text) from None
    except CannotTryAgain as error:
        raise Refused(409, str(error)) from None
    except DraftRefused as refused:
        found = [(field_of(finding.path, receipts.NAMES), finding.text) for finding in refused.findings]
        raise Refused(400, _listed(found)) from None
    return _state(channel, document_id)


def _listed(faults: list[tuple[str, str]]) -> str:
    return "; ".join(f"{field}: {text}" if field else text for field, text in faults)


def _camel(field: str) -> str:
    """The shared readers of fields name them in small letters and underscores; here names are likeThis."""
    return re.sub(r"_([a-z])", lambda letter: letter[1].upper(), field)
