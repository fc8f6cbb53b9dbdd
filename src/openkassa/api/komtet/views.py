"""Komtet Kassa over HTTP: queues, tasks of a queue, tasks. Couriers' orders and employees are refused by name.

One entry takes every path under the prefix, so that each answer has the protocol's form. Order of checks: signature,
address, body. What is taken is answered with HTTP 200, a repeat with the first task; nothing is stored otherwise.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid

import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from openkassa.api.body import BadBody, WrongField, decode, read_json
from openkassa.api.faults import Invalid
from openkassa.api.komtet import errors, signature, tasks
from openkassa.api.komtet.checks import map_check
from openkassa.api.komtet.versions import Version
from openkassa.api.mapped import Mapped, accept
from openkassa.core.clock import now
from openkassa.core.db import atomic
from openkassa.core.metrics import accept_observed
from openkassa.kassa.receipts.channels import ChannelContext, channel_by_name
from openkassa.kassa.receipts.models import ChannelKind
from openkassa.kassa.receipts.selectors import channel_get, receipt_status
from openkassa.kassa.receipts.services import Accepted, DraftRefused

log = structlog.get_logger(__name__)
MANY_LIMIT = 100
LOGIN_LIMIT = 128
ABSENT = ("orders", "employees")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class Refused(Exception):
    """An error answer instead of the usual one."""

    def __init__(self, kind: errors.Kind, description: str) -> None:
        super().__init__(description)
        self.kind = kind


@csrf_exempt
def entry(request: HttpRequest, version: Version, rest: str) -> HttpResponse:
    """Answers every request under /api/shop/v1/ and /api/shop/v2/."""
    try:
        return _route(request, version, rest.strip("/").split("/"), now())
    except Refused as refused:
        return errors.failure(refused.kind, str(refused))
    except BadBody as bad:
        return errors.failure(errors.TOO_LARGE if bad.reason == "too_large" else errors.BAD_BODY, str(bad))
    except (OperationalError, InterfaceError):
        log.exception("komtet_database_unavailable")
        return errors.failure(errors.BUSY, errors.REPEAT_SAFELY)
    except Exception:
        log.exception("komtet_request_failed")
        return errors.failure(errors.SERVER, errors.REPEAT_SAFELY)


def _route(request: HttpRequest, version: Version, parts: list[str], at: dt.datetime) -> HttpResponse:
    body = read_json(request)
    channel = _channel(request, body)
    match parts:
        case ["queues", queue]:
            return _queue(request, channel, queue)
        case ["queues", queue, "task" | "multi-tasks" as kind]:
            _allow(request, "POST")
            _check_queue(channel, queue)
            if not channel.active:
                raise Refused(errors.STOPPED, "Включите канал в кабинете кассы или обратитесь к её администратору.")
            day = (at + dt.timedelta(minutes=channel.utc_offset)).date()
            return (_take if kind == "task" else _take_many)(body, version, channel, day)
        case ["tasks", task]:
            _allow(request, "GET")
            return _task(channel, task)
        case [section, *_] if section in ABSENT:
            text = "Заказов курьерской доставки и сотрудников здесь нет: принимаются только чеки (queues, tasks)."
            raise Refused(errors.NOT_SERVED, text)
    raise Refused(errors.NO_ADDRESS, "Есть queues/ID, queues/ID/task, queues/ID/multi-tasks и tasks/ID.")


def _allow(request: HttpRequest, method: str) -> None:
    if request.method != method:
        raise Refused(errors.WRONG_METHOD, f"Метод {request.method}, нужен {method}.")


def _channel(request: HttpRequest, body: bytes) -> ChannelContext:
    """The channel that the shop's id names, if its secret made the signature. What was wrong is not told apart."""
    shop = request.META.get("HTTP_AUTHORIZATION", "").strip()
    known = 0 < len(shop) <= LOGIN_LIMIT and "\0" not in shop
    channel = channel_by_name(ChannelKind.KOMTET, shop) if known else None
    path, method = request.get_full_path(), request.method or ""
    given = request.META.get("HTTP_X_HMAC_SIGNATURE", "")
    secret = channel.signing if channel is not None else b""
    if not signature.is_right(given, secret, method, path, body) or channel is None:
        signed = f"{method} + {signature.public_address(path)[:300]} + тело запроса"
        text = f"Неизвестный магазин (Authorization) или неверная подпись: X-HMAC-Signature = HMAC-MD5 от {signed}."
        raise Refused(errors.UNAUTHORISED, text)
    return channel


def _check_queue(channel: ChannelContext, queue: str) -> None:
    if queue != channel.code:
        raise Refused(errors.NO_QUEUE, f"У магазина нет очереди {queue[:100]}.")


def _queue(request: HttpRequest, channel: ChannelContext, queue: str) -> HttpResponse:
    _allow(request, "GET")
    _check_queue(channel, queue)
    row = channel_get(channel.organisation_id, channel.channel_id)
    name = row.name if row is not None else ""
    state = "active" if channel.active else "passive"
    return errors.answer({"id": tasks.queue_number(queue), "name": name, "state": state})


def _task(channel: ChannelContext, task: str) -> HttpResponse:
    found = _UUID.fullmatch(task.lower())
    status = receipt_status(channel.organisation_id, uuid.UUID(task), channel.channel_id) if found else None
    if status is None:
        raise Refused(errors.NO_TASK, f"У магазина нет задачи {task[:100]}.")
    return errors.answer(tasks.task(status))


# -- checks ----------------------------------------------------------------------------------------------------------


@accept_observed("komtet", Refused, BadBody)
def _take(body: bytes, version: Version, channel: ChannelContext, day: dt.date) -> HttpResponse:
    try:
        mapped = version.mapped(body, channel, day)
    except WrongField as wrong:
        raise Refused(errors.INVALID if wrong.field else errors.BAD_BODY, _named(wrong)) from None
    except Invalid as invalid:
        raise Refused(errors.INVALID, _listed(invalid.faults)) from None
    return errors.answer(_made(mapped, channel, _accept(mapped, channel, body)))


@accept_observed("komtet_many", Refused, BadBody)
def _take_many(body: bytes, version: Version, channel: ChannelContext, day: dt.date) -> HttpResponse:
    """All checks or, when one is wrong, none. The answer has tasks by external id, so each stands there once."""
    try:
        checks = decode(body, version.many)
    except WrongField as wrong:
        raise Refused(errors.INVALID if wrong.field else errors.BAD_BODY, _named(wrong)) from None
    if not 0 < len(checks) <= MANY_LIMIT:
        raise Refused(errors.INVALID, f"Чеков {len(checks)}, допускается от 1 до {MANY_LIMIT}.")
    mapped: dict[str, Mapped] = {}
    faults: list[tuple[str, str]] = []
    for index, check in enumerate(checks):
        try:
            one = map_check(check, channel, day, version.own)
        except Invalid as invalid:
            faults += [(f"[{index}].{field}", text) for field, text in invalid.faults]
            continue
        if one.external_id in mapped:
            faults.append((f"[{index}].external_id", "повторяется в запросе"))
        mapped[one.external_id] = one
    if faults:
        raise Refused(errors.INVALID, _listed(faults))
    made = {}
    with atomic():
        for one in sorted(mapped.values(), key=lambda one: one.external_key or ""):  # one order: no deadlocks
            made[one.external_id] = _made(one, channel, _accept(one, channel, body, f"{one.external_id}: "))
    return errors.answer({external_id: made[external_id] for external_id in mapped})


def _accept(mapped: Mapped, channel: ChannelContext, body: bytes, prefix: str = "") -> Accepted:
    try:
        return accept(mapped, channel, body)
    except DraftRefused as refused:
        raise Refused(errors.INVALID, prefix + _listed(mapped.faults(refused.findings))) from None


def _made(mapped: Mapped, channel: ChannelContext, accepted: Accepted) -> dict:
    if accepted.repeat:
        status = receipt_status(channel.organisation_id, accepted.receipt_id, channel.channel_id)
        if status is not None:
            return tasks.task(status)
    return tasks.new_task(accepted.receipt_id, mapped.external_id, channel.code, accepted.warnings)


def _named(wrong: WrongField) -> str:
    return f"{wrong.field}: {wrong}" if wrong.field else str(wrong)


def _listed(faults: list[tuple[str, str]]) -> str:
    return "; ".join(f"{field}: {text}" if field else text for field, text in faults)
