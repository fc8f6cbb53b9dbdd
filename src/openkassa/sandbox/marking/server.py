"""The marking service's HTTP port: list of hosts, their health, and codes before a sale.

Three hosts are named, which are one: http://…, http://…/cdn02 and http://…/cdn03. A fault that acts for so many times
therefore makes the first so many hosts fail. The port speaks enough of HTTP/1.1 for clients that send whole bodies.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from typing import Any, NamedTuple

from openkassa.core.clock import now
from openkassa.sandbox.marking.codes import Codes, answer_of
from openkassa.sandbox.store import Store

HOSTS = {"": 5, "/cdn02": 20, "/cdn03": 60}  # path of the host → avgTimeMs
API = "/api/v4/true-api"
HEAD_LIMIT = 16 * 1024
BODY_LIMIT = 1024 * 1024
MAX_CODES = 100
REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 413: "Content Too Large"}


class Request(NamedTuple):
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Answer(NamedTuple):
    status: int
    body: bytes


class MarkingServer:
    def __init__(self, store: Store, codes: Codes) -> None:
        self._store = store
        self._codes = codes
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task] = set()
        self._address = ""

    async def start(self, host: str, port: int) -> None:
        self._address = f"http://{host}:{port}"
        self._server = await asyncio.start_server(self._serve, host, port, limit=HEAD_LIMIT)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    # -- HTTP ----------------------------------------------------------------------------------------

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            with contextlib.suppress(
                asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, ValueError
            ):
                while (request := await _read(reader)) is not None:
                    answer = await self._answer(request)
                    reason = REASONS.get(answer.status, "Answer")
                    head = (
                        f"HTTP/1.1 {answer.status} {reason}\r\nContent-Type: application/json; charset=utf-8\r\n"
                        f"Content-Length: {len(answer.body)}\r\n\r\n"
                    )
                    writer.write(head.encode() + answer.body)
                    await writer.drain()
        finally:
            self._connections.discard(task)
            writer.close()

    async def _answer(self, request: Request) -> Answer:
        host = next((path for path in HOSTS if path and request.path.startswith(path + "/")), "")
        path = request.path.removeprefix(host)
        key = request.headers.get("x-api-key", "")
        if path == f"{API}/codes/check" and request.method == "POST":
            return await self._check(request, host, key)
        if path == f"{API}/cdn/info" and request.method == "GET":
            if delay := self._store.take_fault("marking.info_delay"):
                await asyncio.sleep(delay)
            if status := int(self._store.take_fault("marking.info_refuse")):
                return _json(status, {"code": status, "description": "refused, as the sandbox was told to"})
            if not key:
                return _json(401, {"code": 401, "description": "X-API-KEY is needed"})
            return _json(200, _good({"hosts": [{"host": self._address + one} for one in HOSTS]}))
        if path == f"{API}/cdn/health/check" and request.method == "GET":
            return _json(200, _good({"avgTimeMs": HOSTS[host]}))
        return _json(404, {"code": 404, "description": "there is no such address"})

    # -- codes ---------------------------------------------------------------------------------------

    async def _check(self, request: Request, host: str, key: str) -> Answer:
        asked = _codes_in(request.body)
        status = 200
        if delay := self._store.take_fault("marking.delay"):
            await asyncio.sleep(delay)
        if refused := int(self._store.take_fault("marking.refuse")):
            status = refused
        elif not key:
            status = 401
        elif asked is None:
            status = 400
        self._codes.asked(now(), host, key, len(asked or ()), status)
        if status != 200 or asked is None:
            return _json(status, {"code": status, "description": "refused"})
        if self._store.take_fault("marking.garbage"):
            return Answer(200, b"<html>gateway</html>")
        found = [answer_of(self._codes, code) for code in asked]
        at = round(now().timestamp() * 1000)
        return _json(200, _good({"codes": found, "reqId": str(uuid.uuid4()), "reqTimestamp": at}))


def _codes_in(body: bytes) -> list[str] | None:
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        return None
    codes = given.get("codes") if isinstance(given, dict) else None
    if not isinstance(codes, list) or not 0 < len(codes) <= MAX_CODES:
        return None
    return codes if all(isinstance(code, str) and code for code in codes) else None


def _good(values: dict[str, Any]) -> dict[str, Any]:
    return {"code": 0, "description": "ok", **values}


def _json(status: int, value: dict[str, Any]) -> Answer:
    return Answer(status, json.dumps(value, ensure_ascii=False).encode())


async def _read(reader: asyncio.StreamReader) -> Request | None:
    """The next request of a connection, None at its end. ValueError for what is no request."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ")
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)
    }
    length = int(headers.get("content-length", "0"))
    if not 0 <= length <= BODY_LIMIT:
        raise ValueError("the body is too long")
    return Request(method, path.partition("?")[0], headers, await reader.readexactly(length))
