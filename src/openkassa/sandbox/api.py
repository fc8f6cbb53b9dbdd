"""HTTP interfaces of the sandbox's parts: the SMS gateway, the hooks, and what tests read and switch."""

from __future__ import annotations

import asyncio
import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from openkassa.core import health
from openkassa.core.clock import now
from openkassa.sandbox.answers import JSON, BadRequest, Lost, body_of, json_of
from openkassa.sandbox.faults import FAULTS, WrongFault, checked
from openkassa.sandbox.mailbox import read_mail
from openkassa.sandbox.store import Store

PHONE = re.compile(r"\+\d{7,15}")
HOOK = re.compile(r"[A-Za-z0-9._-]{1,64}")
TEXT_LIMIT = 2000
DELAY_LIMIT = 600.0


def store_of(request: Request) -> Store:
    return request.app.state.store


async def sms_send(request: Request) -> Response:
    """POST /sms, the interface that `KASSA_SMS_URL` speaks."""
    store = store_of(request)
    message = await json_of(request)
    message_id, to, text = (message.get(name) for name in ("id", "to", "text"))
    if not (isinstance(message_id, str) and 0 < len(message_id) <= 64):
        return JSON({"error": "id: a string of 1 to 64 characters is needed"}, status_code=422)
    if not (isinstance(to, str) and PHONE.fullmatch(to)):
        return JSON({"error": "to: a phone like +79991234567 is needed"}, status_code=422)
    if not (isinstance(text, str) and 0 < len(text) <= TEXT_LIMIT):
        return JSON({"error": f"text: a string of 1 to {TEXT_LIMIT} characters is needed"}, status_code=422)
    if delay := store.take_fault("sms.delay"):
        await asyncio.sleep(delay)
    if code := int(store.take_fault("sms.refuse")):
        return JSON({"error": "refused, as the sandbox was told to"}, status_code=code)
    outcome = store.add_sms(now(), message_id, to, text)
    if outcome == "conflict":
        return JSON({"error": "this id came before with another message"}, status_code=409)
    if store.take_fault("sms.lose_answer"):
        return Lost()
    return JSON({"id": message_id, "status": outcome})


async def hook(request: Request) -> Response:
    """Any request to /hook/{name}: recorded, and answered as was asked for (200 and {} else)."""
    store, name = store_of(request), request.path_params["name"]
    if not HOOK.fullmatch(name):
        return JSON({"error": "a hook's name has up to 64 letters, digits, dots and dashes"}, status_code=404)
    body = await body_of(request)
    answer = store.take_answer(name)
    headers = [(key.decode("latin-1"), value.decode("latin-1")) for key, value in request.headers.raw]
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    store.add_hook(now(), name, request.method, path, headers, body, answer["status"])
    if answer["delay"]:
        await asyncio.sleep(answer["delay"])
    if not answer["status"]:
        return Lost()
    location = {"Location": answer["body"]} if 300 <= answer["status"] < 400 else None
    return Response(answer["body"], status_code=answer["status"], media_type="application/json", headers=location)


async def hook_answer(request: Request) -> Response:
    """PUT /api/hooks/{name}/answer {status, delay, body, times}: how the next requests are answered.

    Status 0 takes the request and loses the answer; for a status of the 300s `body` is the new address.
    """
    given = await json_of(request)
    status, delay, body, times = (
        given.get("status", 200),
        given.get("delay", 0),
        given.get("body", "{}"),
        given.get("times"),
    )
    if not (isinstance(status, int) and (status == 0 or 200 <= status <= 599)):
        raise BadRequest("status is 0 or an HTTP status")
    if not (isinstance(delay, int | float) and 0 <= delay <= DELAY_LIMIT):
        raise BadRequest(f"delay is a number of seconds up to {DELAY_LIMIT:g}")
    if not (times is None or (isinstance(times, int) and times >= 1)):
        raise BadRequest("times is how many requests are answered so: 1 or more")
    store_of(request).set_answer(request.path_params["name"], status, delay, str(body), times)
    return JSON({"name": request.path_params["name"], "status": status, "delay": delay, "times": times})


async def hooks_list(request: Request) -> Response:
    rows = store_of(request).hooks(request.path_params["name"])
    return JSON({"requests": [row | {"body": row["body"].decode("utf-8", "replace")} for row in rows]})


async def hooks_clear(request: Request) -> Response:
    store_of(request).clear("hook", request.path_params["name"])
    return Response(status_code=204)


async def mail_list(request: Request) -> Response:
    rows = store_of(request).mails(request.query_params.get("to", ""))
    return JSON({"messages": [read_mail(row) for row in rows]})


async def mail_clear(request: Request) -> Response:
    store_of(request).clear("mail")
    return Response(status_code=204)


async def sms_list(request: Request) -> Response:
    return JSON({"messages": store_of(request).smses(request.query_params.get("to", ""))})


async def sms_clear(request: Request) -> Response:
    store_of(request).clear("sms")
    return Response(status_code=204)


async def faults_list(request: Request) -> Response:
    return JSON({"on": store_of(request).faults(), "known": {fault.name: fault.unit for fault in FAULTS.values()}})


async def faults_clear(request: Request) -> Response:
    store_of(request).clear("fault")
    return Response(status_code=204)


async def fault_set(request: Request) -> Response:
    """POST /faults {name, value, times}. Forms of the page are handled by `pages.faults_save`."""
    given = await json_of(request)
    try:
        name, value, times = checked(str(given.get("name")), given.get("value", 1), given.get("times"))
    except WrongFault as error:
        raise BadRequest(str(error)) from error
    store_of(request).set_fault(name, value, times)
    return JSON({"on": store_of(request).faults()})


async def health_answer(request: Request) -> Response:
    status, content_type, body = health.answer(request.url.path)
    return Response(body, status_code=status, headers={"Content-Type": content_type})


ANY = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
ROUTES = [
    Route("/sms", sms_send, methods=["POST"]),
    Route("/hook/{name}", hook, methods=ANY),
    Route("/api/mail", mail_list, methods=["GET"]),
    Route("/api/mail", mail_clear, methods=["DELETE"]),
    Route("/api/sms", sms_list, methods=["GET"]),
    Route("/api/sms", sms_clear, methods=["DELETE"]),
    Route("/api/hooks/{name}", hooks_list, methods=["GET"]),
    Route("/api/hooks/{name}", hooks_clear, methods=["DELETE"]),
    Route("/api/hooks/{name}/answer", hook_answer, methods=["PUT"]),
    Route("/api/faults", faults_list, methods=["GET"]),
    Route("/api/faults", faults_clear, methods=["DELETE"]),
    *[Route(path, health_answer, methods=["GET"]) for path in ("/health/live", "/health/ready", "/metrics")],
]
