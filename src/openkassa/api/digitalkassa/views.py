"""digitalkassa v2.1 and Innokassa v2 over HTTP: groups, receipts, corrections, shifts.

One entry takes every path under the prefix, so that each answer has the protocol's form. The id of a receipt stands in
its address and is its key: a POST that is repeated answers what became of the first. Receipts are queued, never waited
for: 202, then 200 when the register has made the document.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from openkassa.api.basic import basic_pair
from openkassa.api.body import BadBody, WrongField, decode, read_json
from openkassa.api.digitalkassa import receipts, report, shifts, wire, words
from openkassa.api.digitalkassa.errors import AGAIN, FAULT, Refused, answer, failure
from openkassa.api.faults import Faults, Invalid
from openkassa.api.mapped import Mapped, accept
from openkassa.core.clock import now
from openkassa.core.metrics import accept_observed
from openkassa.kassa.receipts.channels import ChannelContext, channel_by_login
from openkassa.kassa.receipts.models import ChannelKind
from openkassa.kassa.receipts.selectors import receipt_by_external
from openkassa.kassa.receipts.services import DraftRefused

log = structlog.get_logger(__name__)
CREDENTIAL_LIMIT: Final = 100
BODY_STATUS: Final = {"too_large": 413, "not_json_type": 415}
CORRECTION: Final = "correction"
OLD: Final = "online_store"  # first version: receipts/online_store/{receipt_id}


@csrf_exempt
def entry(request: HttpRequest, rest: str) -> HttpResponse:
    """Answers every request under /v2.1/ and /v2/."""
    try:
        return _route(request, rest.strip("/").split("/"))
    except Refused as refused:
        return failure(refused)
    except BadBody as bad:
        return failure(Refused(BODY_STATUS.get(bad.reason, 400), "request_body", ("", str(bad))))
    except (OperationalError, InterfaceError):
        log.exception("digitalkassa_database_unavailable")
        return failure(Refused(503, "unavailable", ("", AGAIN), retry_after=1))
    except Exception:
        log.exception("digitalkassa_request_failed")
        return failure(Refused(500, "internal", ("", FAULT)))


def _route(request: HttpRequest, parts: list[str]) -> HttpResponse:
    if len(parts) < 2 or parts[0] != "c_groups":
        raise Refused(404, "not_found", ("", "Неизвестный адрес"))
    channel = _channel(request, parts[1])
    where = parts[2:]
    if not where:
        _allow(request, "GET")
        return answer(
            {
                "type": words.GROUP_TYPE,
                "taxation": channel.profile.taxation,
                "billing_place_list": [channel.profile.place],
            }
        )
    if where[0] == "receipts":
        receipt_id, correction = receipt_of(where[1:])
        _allow(request, "GET", "POST")
        if request.method == "POST":
            return _accept(request, receipt_id, correction, channel)
        return _result(receipt_id, correction, channel)
    if where[0] == "shifts" and len(where) == 2:
        return _shifts(request, where[1], channel)
    raise Refused(404, "not_found", ("", "Неизвестный адрес"))


def receipt_of(parts: list[str]) -> tuple[str, bool]:
    """(receipt_id, whether it is a correction) of an address behind `receipts/`. Raises `Refused`."""
    if len(parts) == 1 and parts[0]:
        return parts[0], False
    if len(parts) == 2 and parts[0] in (CORRECTION, OLD) and parts[1]:
        return parts[1], parts[0] == CORRECTION
    raise Refused(404, "not_found", ("", "Неизвестный адрес"))


def _allow(request: HttpRequest, *methods: str) -> None:
    if request.method not in methods:
        text = f"Метод {request.method} здесь не годится, нужен {' или '.join(methods)}"
        raise Refused(405, "method", ("", text))


def _channel(request: HttpRequest, group: str) -> ChannelContext:
    pair = basic_pair(request)
    channel = None
    if pair is not None and max(map(len, pair)) <= CREDENTIAL_LIMIT:
        channel = channel_by_login(ChannelKind.DIGITALKASSA, *pair)
    if channel is None:
        raise Refused(401, "auth", ("", "Неверный actor_id или actor_token"))
    if not channel.active:
        raise Refused(403, "auth", ("", "Канал выключен или организация приостановлена"))
    if group != channel.code:
        raise Refused(404, "not_found", ("", f"Группа касс {group[:100]} не существует или недоступна"))
    return channel


# -- receipts ----------------------------------------------------------------------------------------------


@accept_observed("digitalkassa", Refused, BadBody)
def _accept(request: HttpRequest, receipt_id: str, correction: bool, channel: ChannelContext) -> HttpResponse:
    body = read_json(request)
    day = (now() + dt.timedelta(minutes=channel.utc_offset)).date()
    try:
        mapped = mapped_of(body, receipt_id, correction, channel, day)
    except WrongField as wrong:
        raise Refused(400, "validation", (wrong.field, str(wrong))) from None
    except Invalid as invalid:
        raise Refused(400, "validation", *invalid.faults) from None
    try:
        accepted = accept(mapped, channel, body)
    except DraftRefused as refused:
        raise Refused(400, "validation", *mapped.faults(refused.findings)) from None
    if accepted.repeat:
        return _result(receipt_id, correction, channel)
    return answer(report.queued(mapped.callback_url or channel.callback_url, accepted.warnings), report.QUEUED)


def mapped_of(body: bytes, receipt_id: str, correction: bool, channel: ChannelContext, day: dt.date) -> Mapped:
    """What a body asks for. Raises `BadBody`, `WrongField`, `Invalid`."""
    return receipts.map_receipt(decode(body, wire.receipt), receipt_id, correction, channel, day)


def _result(receipt_id: str, correction: bool, channel: ChannelContext) -> HttpResponse:
    status = None
    if receipts.is_receipt_id(receipt_id):
        key = receipts.key_of(receipt_id, correction)
        status = receipt_by_external(channel.organisation_id, channel.channel_id, key)
    if status is None:
        raise Refused(404, "not_found", ("", f"Чек {receipt_id[:128]!r} не найден"))
    http, body = report.result(status)
    return answer(body, http)


# -- shifts ------------------------------------------------------------------------------------------------


def _shifts(request: HttpRequest, what: str, channel: ChannelContext) -> HttpResponse:
    """Bodies of open and close name a cashier at most; clients send none, and none is read."""
    if what == "report":
        _allow(request, "GET")
        return answer(shifts.report(channel))
    if what in ("open", "close"):
        _allow(request, "POST")
        http, body = shifts.opened(channel) if what == "open" else shifts.closed(channel)
        return answer(body, http)
    if what == "mode":
        _allow(request, "POST")
        return answer(_mode(request, channel))
    raise Refused(404, "not_found", ("", "Неизвестный адрес"))


def _mode(request: HttpRequest, channel: ChannelContext) -> dict:
    faults = Faults()
    try:
        given = decode(read_json(request), wire.mode)
        mode = faults.whole(given.mode, "", "mode", words.AUTOMATIC, words.MANUAL)
        if mode is None and not faults.errors:
            faults.error("mode", "обязательное поле не заполнено")
        faults.check()
    except WrongField as wrong:
        raise Refused(400, "validation", (wrong.field, str(wrong))) from None
    except Invalid as invalid:
        raise Refused(400, "validation", *invalid.faults) from None
    assert mode is not None
    return shifts.set_mode(channel, mode)
