"""v1 over HTTP. Thin: the request becomes a draft, services and selectors do the rest."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any, get_args

import msgspec
import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from openkassa.api.body import BadBody, WrongField, decode, read_json
from openkassa.api.v1 import (
    accept,
    check,
    correct,
    problems,
    wire,
    wire_check,
    wire_corrections,
    wire_prepayments,
    words,
)
from openkassa.api.v1 import offset as offsets
from openkassa.api.v1.answers import planned, prepayment_answer, receipt_answer
from openkassa.api.v1.problems import Refused
from openkassa.core.clock import now
from openkassa.core.metrics import accept_observed
from openkassa.kassa.receipts.channels import ChannelContext, channel_by_key
from openkassa.kassa.receipts.models import ChannelKind, ReceiptState
from openkassa.kassa.receipts.prepayments import prepayments_open
from openkassa.kassa.receipts.selectors import ReceiptStatus, receipt_by_external, receipt_list, receipt_status
from openkassa.kassa.receipts.services import NotWaiting, receipt_withdraw

log = structlog.get_logger(__name__)
PAGE_LIMIT = 200
_BODY_PROBLEMS = {"too_large": "body_too_large", "not_json_type": "media_type"}
_FILTERS = frozenset({
    "external_id", "state", "operation", "accepted_from", "accepted_to", "total", "fd", "after", "limit",
})  # fmt: skip
_PAGE = frozenset({"after", "limit"})

View = Callable[..., HttpResponse]


def endpoint(**methods: View) -> View:
    """A Django view that asks for the key, chooses by method and turns faults into problems."""

    @csrf_exempt
    def view(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        at = now()
        try:
            chosen = methods.get(request.method or "")
            if chosen is None:
                raise Refused("method_not_allowed", f"{request.method}: здесь только {', '.join(methods)}")
            return chosen(request, _channel(request), at, **kwargs)
        except Refused as refused:
            return answer_problem(refused, methods)
        except BadBody as bad:
            return answer_problem(Refused(_BODY_PROBLEMS.get(bad.reason, "json_malformed"), str(bad)))
        except WrongField as wrong:
            return answer_problem(wrong_field(wrong))
        except (OperationalError, InterfaceError):
            log.exception("v1_database_unavailable")
            return answer_problem(Refused("unavailable"))
        except Exception:
            log.exception("v1_request_failed")
            return answer_problem(Refused("internal"))

    return view


def wrong_field(wrong: WrongField) -> Refused:
    return Refused("field_invalid", str(wrong), wrong.field or None)


def answer_problem(refused: Refused, methods: dict[str, View] | None = None) -> HttpResponse:
    problem = problems.problem(refused)
    response = HttpResponse(problems.encode(problem), status=problem.status, content_type="application/problem+json")
    if problem.status == 401:
        response["WWW-Authenticate"] = "Bearer"
    elif problem.status == 405 and methods:
        response["Allow"] = ", ".join(methods)
    elif problem.status == 503:
        response["Retry-After"] = "1"
    return response


def answer(value: Any, status: int = 200) -> HttpResponse:
    return HttpResponse(msgspec.json.encode(value), status=status, content_type="application/json")


def _channel(request: HttpRequest) -> ChannelContext:
    scheme, _, key = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    key = key.strip()
    if scheme.lower() != "bearer" or not key:
        raise Refused("key_missing")
    channel = channel_by_key(ChannelKind.V1, key)
    if channel is None:
        raise Refused("key_unknown")
    if not channel.active:
        raise Refused("account_blocked")
    return channel


def _status(channel: ChannelContext, receipt_id: str) -> ReceiptStatus:
    """The channel's receipt. Another's id and one that is no UUID are as unknown as any."""
    try:
        status = receipt_status(channel.organisation_id, uuid.UUID(receipt_id), channel.channel_id)
    except ValueError:
        status = None
    if status is None:
        raise Refused("receipt_unknown", "нет чека с таким id")
    return status


# -- receipts ----------------------------------------------------------------------------------------------


@accept_observed("v1", Refused, BadBody, WrongField)
def _create(request: HttpRequest, channel: ChannelContext, at: dt.datetime) -> HttpResponse:
    body = read_json(request)
    made = accept.receipt(decode(body, wire.receipt), body, channel, at, request.META.get("HTTP_IDEMPOTENCY_KEY"))
    return _made(channel, made)


def _made(channel: ChannelContext, made: accept.Made) -> HttpResponse:
    response = answer(_answer_of(channel, made), 201 if made.new else 200)
    response["Location"] = f"/api/v1/receipts/{made.receipt_id}"
    return response


def _answer_of(channel: ChannelContext, made: accept.Made) -> wire.ReceiptAnswer:
    if made.answer is not None:
        return made.answer
    status = receipt_status(channel.organisation_id, made.receipt_id, channel.channel_id)
    assert status is not None
    return receipt_answer(status)


@accept_observed("v1_batch", Refused, BadBody, WrongField)
def _create_batch(request: HttpRequest, channel: ChannelContext, at: dt.datetime) -> HttpResponse:
    """Each receipt stands for itself: one that is refused doesn't keep the others from being accepted."""
    batch = decode(read_json(request), wire.batch)
    key = request.META.get("HTTP_IDEMPOTENCY_KEY")
    results = [
        _batch_result(bytes(raw), channel, at, f"{key}#{index}" if key is not None else None)
        for index, raw in enumerate(batch.receipts)
    ]
    return answer(wire.BatchAnswer(results=results))


def _batch_result(raw: bytes, channel: ChannelContext, at: dt.datetime, key: str | None) -> wire.BatchResult:
    try:
        made = accept.receipt(decode(raw, wire.receipt), raw, channel, at, key)
    except Refused as refused:
        problem = problems.problem(refused)
    except WrongField as wrong:
        problem = problems.problem(wrong_field(wrong))
    except BadBody as bad:
        problem = problems.problem(Refused("json_malformed", str(bad)))
    else:
        return wire.BatchResult(status=201 if made.new else 200, receipt=_answer_of(channel, made))
    return wire.BatchResult(status=problem.status, problem=problem)


def _get(request: HttpRequest, channel: ChannelContext, at: dt.datetime, receipt_id: str) -> HttpResponse:
    return answer(receipt_answer(_status(channel, receipt_id)))


@accept_observed("v1_refund", Refused, BadBody, WrongField)
def _refund(request: HttpRequest, channel: ChannelContext, at: dt.datetime, receipt_id: str) -> HttpResponse:
    original = _status(channel, receipt_id)
    body = read_json(request)
    key = request.META.get("HTTP_IDEMPOTENCY_KEY")
    return _made(channel, accept.refund(decode(body, wire.refund), body, original.receipt_id, channel, at, key))


@accept_observed("v1_offset", Refused, BadBody, WrongField)
def _offset(request: HttpRequest, channel: ChannelContext, at: dt.datetime, receipt_id: str) -> HttpResponse:
    prepayment = _status(channel, receipt_id)
    body = read_json(request)
    key = request.META.get("HTTP_IDEMPOTENCY_KEY")
    given = decode(body, wire_prepayments.offset)
    return _made(channel, offsets.offset(given, body, prepayment.receipt_id, channel, key, at))


def _correction_preview(
    request: HttpRequest, channel: ChannelContext, at: dt.datetime, receipt_id: str
) -> HttpResponse:
    wrong = _status(channel, receipt_id)
    found = correct.preview(decode(read_json(request) or b"{}", wire_corrections.plan), wrong.receipt_id, channel)
    receipts = [planned(*one) for one in zip(found.drafts, found.warnings, strict=True)]
    return answer(wire_corrections.CorrectionPreview(receipts=receipts))


@accept_observed("v1_correction", Refused, BadBody, WrongField)
def _correct(request: HttpRequest, channel: ChannelContext, at: dt.datetime, receipt_id: str) -> HttpResponse:
    wrong = _status(channel, receipt_id)
    body = read_json(request)
    made = correct.issue(decode(body, wire_corrections.order), body, wrong.receipt_id, channel)
    statuses = [_status(channel, str(one.receipt_id)) for one in made]
    found = wire_corrections.CorrectionAnswer(receipts=[receipt_answer(status) for status in statuses])
    return answer(found, 200 if made[0].repeat else 201)


def _withdraw(request: HttpRequest, channel: ChannelContext, at: dt.datetime, receipt_id: str) -> HttpResponse:
    status = _status(channel, receipt_id)
    given = decode(read_json(request) or b"{}", wire.withdrawal)
    try:
        if status.state != "withdrawn":
            receipt_withdraw(
                organisation_id=channel.organisation_id, receipt_id=status.receipt_id, reason=given.reason.strip()
            )
    except NotWaiting as error:
        raise Refused("not_waiting", f"чек в состоянии {error}") from None
    except ReceiptState.DoesNotExist:
        raise Refused("receipt_unknown", "нет чека с таким id") from None
    return answer(receipt_answer(_status(channel, receipt_id)))


def _validate(request: HttpRequest, channel: ChannelContext, at: dt.datetime) -> HttpResponse:
    """A request of any face is tried; nothing is stored."""
    return answer(check.check(decode(read_json(request), wire_check.request), channel, at))


# -- list --------------------------------------------------------------------------------------------------


def _list(request: HttpRequest, channel: ChannelContext, at: dt.datetime) -> HttpResponse:
    """Receipts of the channel, newest first; `external_id` finds at most one."""
    given = {name: str(value) for name, value in request.GET.items() if value != ""}
    for name in given:
        if name not in _FILTERS:
            raise Refused("parameter_invalid", f"неизвестный параметр; есть {', '.join(sorted(_FILTERS))}", name[:64])
    if "external_id" in given:
        found = None
        if "\0" not in given["external_id"]:
            found = receipt_by_external(channel.organisation_id, channel.channel_id, given["external_id"][:200])
        return answer(wire.Page(receipts=[receipt_answer(found)] if found else [], next=None))
    limit = _number(given, "limit", 1, PAGE_LIMIT) or 50
    statuses = receipt_list(
        channel.organisation_id,
        channel_id=channel.channel_id,
        after=_parsed(given, "after", uuid.UUID, "id чека"),
        limit=limit,
        state=_word(given, "state", get_args(words.State)),
        operation=words.OPERATIONS.get(_word(given, "operation", tuple(words.OPERATIONS)) or ""),
        accepted_from=_moment(given, "accepted_from"),
        accepted_to=_moment(given, "accepted_to"),
        total=_number(given, "total", 0, wire.KOPECKS_LIMIT),
        fd=_number(given, "fd", 1, 2**32),
    )
    after = statuses[-1].receipt_id if len(statuses) == limit else None
    return answer(wire.Page(receipts=[receipt_answer(status) for status in statuses], next=after))


def _prepayments(request: HttpRequest, channel: ChannelContext, at: dt.datetime) -> HttpResponse:
    """Open prepayments of the channel, newest first."""
    given = {name: str(value) for name, value in request.GET.items() if value != ""}
    for name in given:
        if name not in _PAGE:
            raise Refused("parameter_invalid", f"неизвестный параметр; есть {', '.join(sorted(_PAGE))}", name[:64])
    limit = _number(given, "limit", 1, PAGE_LIMIT) or 50
    after = _parsed(given, "after", uuid.UUID, "id чека")
    found = prepayments_open(channel.organisation_id, channel_id=channel.channel_id, after=after, limit=limit)
    page = wire_prepayments.PrepaymentPage(
        prepayments=[prepayment_answer(one) for one in found],
        next=found[-1].receipt_id if len(found) == limit else None,
    )
    return answer(page)


def _parsed(given: dict[str, str], name: str, parse: Callable[[str], Any], what: str) -> Any:
    if name not in given:
        return None
    try:
        return parse(given[name])
    except (ValueError, OverflowError):
        raise Refused("parameter_invalid", f"ожидается {what}", name) from None


def _number(given: dict[str, str], name: str, low: int, high: int) -> int | None:
    text = given.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 18 and low <= int(text) <= high):
        raise Refused("parameter_invalid", f"ожидается целое число от {low} до {high}", name)
    return int(text)


def _word(given: dict[str, str], name: str, allowed: tuple[str, ...]) -> str | None:
    text = given.get(name)
    if text is not None and text not in allowed:
        raise Refused("parameter_invalid", f"ожидается одно из {', '.join(allowed)}", name)
    return text


def _moment(given: dict[str, str], name: str) -> dt.datetime | None:
    moment = _parsed(given, name, dt.datetime.fromisoformat, "время ISO 8601 с поясом: 2026-11-21T12:00:00Z")
    if moment is not None and (moment.tzinfo is None or not 1970 < moment.year < 9000):
        raise Refused("parameter_invalid", "ожидается время ISO 8601 с поясом: 2026-11-21T12:00:00Z", name)
    return moment


@csrf_exempt
def unknown_path(request: HttpRequest, rest: str = "") -> HttpResponse:
    return answer_problem(Refused("path_unknown", f"нет адреса /api/v1/{rest[:100]}"))


receipts = endpoint(GET=_list, POST=_create)
batch = endpoint(POST=_create_batch)
receipt = endpoint(GET=_get)
refund = endpoint(POST=_refund)
withdraw = endpoint(POST=_withdraw)
offset = endpoint(POST=_offset)
prepayments = endpoint(GET=_prepayments)
correction = endpoint(POST=_correct)
correction_preview = endpoint(POST=_correction_preview)
validate = endpoint(POST=_validate)
