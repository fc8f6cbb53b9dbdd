"""Answers of the sandbox's HTTP parts."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

BODY_LIMIT = 1024 * 1024


class BadRequest(Exception):
    """The request can't be understood; the text says why."""


class JSON(Response):
    media_type = "application/json; charset=utf-8"

    def render(self, content: Any) -> bytes:
        return json.dumps(content, ensure_ascii=False, indent=1).encode()


class Lost(Response):
    """An answer that breaks off: the headers promise bytes that never come, and the connection ends."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", b"100"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{", "more_body": False})


async def body_of(request: Request) -> bytes:
    """The request's body. Raises `BadRequest` when it is over `BODY_LIMIT`."""
    received = bytearray()
    async for piece in request.stream():
        received += piece
        if len(received) > BODY_LIMIT:
            raise BadRequest(f"the body may have at most {BODY_LIMIT} bytes")
    return bytes(received)


async def json_of(request: Request) -> dict[str, Any]:
    """The request's JSON object. Raises `BadRequest`."""
    try:
        value = json.loads(await body_of(request))
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"the body is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise BadRequest("the body must be a JSON object")
    return value
