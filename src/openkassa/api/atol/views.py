"""ATOL Online over HTTP: tokens, operations, reports. Versions differ in operations and bodies alone.

One entry takes every path under the prefix, so that each answer, of unknown paths and of faults too, has the
protocol's form. Order of checks: token, group, operation, body; nothing is stored unless all pass.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from openkassa.api.atol import errors, tokens, wire
from openkassa.api.atol.report import is_kept, report
from openkassa.api.atol.versions import Version
from openkassa.api.atol.words import Operation
from openkassa.api.body import BadBody, WrongField, decode, read_json
from openkassa.api.faults import Invalid
from openkassa.api.mapped import accept
from openkassa.core.clock import now
from openkassa.core.metrics import accept_observed
from openkassa.fiscal.ffd.tags import FFD_NAMES
from openkassa.kassa.receipts.channels import ChannelContext, channel_by_key_id, channel_by_login
from openkassa.kassa.receipts.models import ChannelKind
from openkassa.kassa.receipts.selectors import receipt_status
from openkassa.kassa.receipts.services import DraftRefused

log = structlog.get_logger(__name__)
_UUID = re.compile(r"[0-9a-fA-F]{8}(-?)[0-9a-fA-F]{4}(?:\1[0-9a-fA-F]{4}){2}\1[0-9a-fA-F]{12}")
CREDENTIAL_LIMIT = 100


class Refused(Exception):
    """An error answer instead of the usual one."""

    def __init__(self, kind: errors.Kind, *words_: str, detail: str = "", **beside: Any) -> None:
        super().__init__(kind.text)
        self.kind = kind
        self.words = words_
        self.detail = detail
        self.beside = beside


@csrf_exempt
def entry(request: HttpRequest, version: Version, rest: str) -> HttpResponse:
    """Answers every request under …/v4/ and …/v5/."""
    at = now()
    try:
        return _route(request, version, rest.strip("/").split("/"), at)
    except Refused as refused:
        return errors.failure(refused.kind, at, *refused.words, detail=refused.detail, **refused.beside)
    except BadBody as bad:
        kind = {"too_large": errors.TOO_LARGE, "not_json_type": errors.MEDIA_TYPE}.get(bad.reason, errors.BAD_REQUEST)
        return errors.failure(kind, at, detail=str(bad))
    except (OperationalError, InterfaceError):
        log.exception("atol_database_unavailable")
        return errors.failure(errors.BUSY, at)
    except Exception:
        log.exception("atol_request_failed")
        return errors.failure(errors.SERVER, at)


def _route(request: HttpRequest, version: Version, parts: list[str], at: dt.datetime) -> HttpResponse:
    if parts == ["getToken"]:
        _allow(request, "GET", "POST")
        return _get_token(request, at)
    if len(parts) < 2:
        raise Refused(errors.BAD_REQUEST, detail="неизвестный адрес")
    channel = _channel(request, at)
    if parts[0] != channel.code:
        raise Refused(errors.WRONG_GROUP, parts[0][:100])
    if parts[1] == "report":
        _allow(request, "GET")
        return _report(channel, "/".join(parts[2:]), at)
    operation = version.operations.get(parts[1]) if len(parts) == 2 else None
    if operation is None:
        raise Refused(errors.NO_OPERATION, "/".join(parts[1:])[:100])
    _allow(request, "POST")
    if channel.profile.ffd not in version.formats:
        raise Refused(errors.WRONG_VERSION, channel.code, FFD_NAMES[channel.profile.ffd])
    return _accept(request, version, operation, channel, at)


def _allow(request: HttpRequest, *methods: str) -> None:
    if request.method not in methods:
        raise Refused(errors.WRONG_METHOD, detail=f"метод {request.method}, нужен {' или '.join(methods)}")


# -- tokens ------------------------------------------------------------------------------------------------


def _get_token(request: HttpRequest, at: dt.datetime) -> HttpResponse:
    """Login and password from the query of a GET, or from a JSON body, which one client sends with GET too."""
    login, password = request.GET.get("login"), request.GET.get("pass")
    if request.method == "POST" or login is None:
        body = read_json(request)
        try:
            given = decode(body or b"{}", wire.credentials)
        except WrongField as wrong:
            raise Refused(errors.VALIDATION, wrong.field or "тело запроса", detail=str(wrong)) from None
        login, password = given.login or login, given.password or password
    missing = [name for name, value in (("login", login), ("pass", password)) if not value]
    if missing or login is None or password is None:
        raise Refused(errors.VALIDATION, ", ".join(missing))
    channel = None
    if max(len(login), len(password)) <= CREDENTIAL_LIMIT and "\0" not in login:
        channel = channel_by_login(ChannelKind.ATOL, login, password)
    if channel is None or channel.key_id is None:
        raise Refused(errors.WRONG_LOGIN)
    if not channel.active:
        raise Refused(errors.BLOCKED)
    token = tokens.issue(channel.key_id, at.timestamp())
    return errors.answer({"error": None, "token": token, "timestamp": errors.timestamp(at)})


def _channel(request: HttpRequest, at: dt.datetime) -> ChannelContext:
    """The channel of the request's token. Any text that is no valid token is code 11, at which clients ask anew."""
    token = request.META.get("HTTP_TOKEN") or request.GET.get("token") or request.GET.get("tokenid")
    if not token:
        raise Refused(errors.MISSING_TOKEN)
    key_id = tokens.read(token, at.timestamp())
    channel = channel_by_key_id(key_id) if key_id is not None else None
    if channel is None or channel.kind != ChannelKind.ATOL:
        raise Refused(errors.EXPIRED_TOKEN)
    if not channel.active:
        raise Refused(errors.BLOCKED)
    return channel


# -- receipts ----------------------------------------------------------------------------------------------


@accept_observed("atol", Refused, BadBody)
def _accept(
    request: HttpRequest, version: Version, operation: Operation, channel: ChannelContext, at: dt.datetime
) -> HttpResponse:
    body = read_json(request)
    try:
        mapped = version.mapped(body, operation, channel, (at + dt.timedelta(minutes=channel.utc_offset)).date())
    except WrongField as wrong:
        if not wrong.field:
            raise Refused(errors.BAD_REQUEST, detail=str(wrong)) from None
        raise Refused(errors.RECEIPT_INVALID, f"{wrong.field} ({wrong!s})") from None
    except Invalid as invalid:
        raise Refused(errors.RECEIPT_INVALID, _listed(invalid.faults)) from None
    try:
        accepted = accept(mapped, channel, body)
    except DraftRefused as refused:
        raise Refused(errors.RECEIPT_INVALID, _listed(mapped.faults(refused.findings))) from None
    if accepted.repeat:
        raise Refused(errors.EXISTS, mapped.external_id, channel.code, uuid=str(accepted.receipt_id))
    return errors.answer(
        {"uuid": str(accepted.receipt_id), "timestamp": errors.timestamp(at), "error": None, "status": "wait"}
    )


def _listed(faults: list[tuple[str, str]]) -> str:
    return "; ".join(f"{field} ({text})" for field, text in faults)


def _report(channel: ChannelContext, text: str, at: dt.datetime) -> HttpResponse:
    if not _UUID.fullmatch(text):
        raise Refused(errors.MISSING_UUID, text[:64])
    status = receipt_status(channel.organisation_id, uuid.UUID(text), channel.channel_id)
    if status is None or not is_kept(status, at):
        raise Refused(errors.MISSING_UUID, text)
    return errors.answer(report(status, at))
