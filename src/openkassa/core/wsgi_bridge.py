"""WSGI applications behind granian's asynchronous interface (RSGI): bodies are read before a thread is taken.

Under granian's own WSGI interface a thread waits for the request's body without any limit of time, so that as many
half-sent requests as there are threads stop the server for good. Here a slow sender costs one sleeping
coroutine: the event loop reads the body within `BODY_SECONDS` and `BODY_LIMIT`, then one of a fixed number of
threads runs the application. Requests that wait for a thread are bounded too. (PEP 3333; RSGI 1.x.)
"""

from __future__ import annotations

import asyncio
import io
import queue
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import structlog

BODY_SECONDS = 15.0
BODY_LIMIT = 2 * 1024 * 1024
DISCARD_LIMIT = 16 * 1024 * 1024  # of a body over the limit: who is cut off while sending never reads the answer
WAITING = 256  # requests that wait for a thread; more are told to come again
JOINED = (list, tuple)

Application = Callable[[dict, Callable], Iterable[bytes]]
log = structlog.get_logger(__name__)


class Refused(Exception):
    """A request that is answered without the application: status and text."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Bridge:
    """An RSGI application that runs a WSGI one in `threads` threads."""

    def __init__(self, application: Application, threads: int) -> None:
        self._application = application
        self._jobs: queue.SimpleQueue = queue.SimpleQueue()
        for number in range(threads):
            threading.Thread(target=self._work, name=f"request-{number}", daemon=True).start()

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        try:
            environ = environ_of(scope, await self._body(scope, protocol))
            if self._jobs.qsize() >= WAITING:
                raise Refused(503, "too many requests at once")
            answer = await self._run(self._answer, environ)
        except Refused as refusal:
            return self._refuse(scope.path, protocol, refusal)
        status, headers, body, rest = answer
        if rest is None:
            return protocol.response_bytes(status, headers, body)
        return await self._stream(protocol, status, headers, rest)

    async def _body(self, scope: Any, protocol: Any) -> bytes:
        """The request's body. Raises `Refused` for one that is too large or too slow."""
        length = scope.headers.get("content-length")
        if length is None and scope.headers.get("transfer-encoding") is None:
            return b""
        if length is not None and not length.isdecimal():
            raise Refused(400, "Content-Length is not a number")
        received, size = bytearray(), 0
        try:
            async with asyncio.timeout(BODY_SECONDS):
                if length is not None and int(length) <= BODY_LIMIT:
                    return await protocol()
                async for piece in protocol:
                    size += len(piece)
                    if size <= BODY_LIMIT:
                        received += piece
                    elif size > DISCARD_LIMIT:
                        break
        except TimeoutError as error:
            if size <= BODY_LIMIT:
                raise Refused(408, f"the body did not come within {BODY_SECONDS:g} s") from error
        if size > BODY_LIMIT:
            raise Refused(413, f"the body may have at most {BODY_LIMIT} bytes")
        return bytes(received)

    async def _stream(self, protocol: Any, status: int, headers: list, rest: Iterable[bytes]) -> None:
        """Sends an answer as it is made; the thread is free while the client takes a piece."""
        transport = protocol.response_stream(status, headers)
        pieces = iter(rest)
        try:
            while (piece := await self._run(next, pieces, None)) is not None:
                await transport.send_bytes(piece)
        finally:
            await self._run(_close, rest)

    async def _run(self, work: Callable, *arguments: Any) -> Any:
        """Result of `work` in a thread. Raises what it raises."""
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        self._jobs.put((loop, future, work, arguments))
        return await future

    def _work(self) -> None:
        while True:
            loop, future, work, arguments = self._jobs.get()
            try:
                result, error = work(*arguments), None
            except Exception as fault:  # it is the waiting request's
                result, error = None, fault
            try:
                loop.call_soon_threadsafe(_settle, future, result, error)
            except RuntimeError:
                return  # the loop is closed: the process ends

    def _answer(self, environ: dict) -> tuple[int, list, bytes, Iterable[bytes] | None]:
        """(status, headers, body, None), or (status, headers, b"", pieces) of an answer made as it is sent."""
        started: list = []

        def start_response(status: str, headers: list[tuple[str, str]], _error: Any = None) -> Callable:
            started[:] = [int(status[:3]), headers]
            return _no_write

        try:
            pieces = self._application(environ, start_response)
            if isinstance(pieces, JOINED) or not getattr(pieces, "streaming", True):
                try:
                    return started[0], started[1], b"".join(pieces), None
                finally:
                    _close(pieces)
            return started[0], started[1], b"", pieces
        except Exception:
            log.exception("request_failed", path=environ["PATH_INFO"])
            raise Refused(500, "internal error") from None

    def _refuse(self, path: str, protocol: Any, refusal: Refused) -> None:
        """Answers in the form that the application's `refused` gives, if it has one."""
        content_type = "application/problem+json"
        body = f'{{"type": "about:blank", "status": {refusal.status}, "detail": "{refusal}"}}'.encode()
        formed = getattr(self._application, "refused", lambda *_: None)(path, refusal.status)
        if formed is not None:
            content_type, body = formed
        headers = [("content-type", content_type), ("connection", "close")]
        if refusal.status == 503:
            headers.append(("retry-after", "1"))
        protocol.response_bytes(refusal.status, headers, body)


def environ_of(scope: Any, body: bytes) -> dict[str, Any]:
    """The WSGI environment of a request."""
    client, _, port = scope.client.rpartition(":")
    name, _, server_port = scope.server.rpartition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode("utf-8").decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": name,
        "SERVER_PORT": server_port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": client.strip("[]"),
        "REMOTE_PORT": port,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for header, value in scope.headers.items():
        key = _key(header)
        if key in ("HTTP_CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING"):
            continue
        if key == "HTTP_CONTENT_TYPE":
            key = "CONTENT_TYPE"
        if key in environ:
            value = f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{value}"
        environ[key] = value
    return environ


_keys: dict[str, str] = {}


def _key(header: str) -> str:
    """A header's name as a WSGI key. One with an underscore could pass for another: its key is never read."""
    key = _keys.get(header)
    if key is None:
        key = f"HTTP_{header.upper().replace('-', '_')}" if "_" not in header else f"REFUSED {header}"
        if len(_keys) < 1000:
            _keys[header] = key
    return key


def _settle(future: asyncio.Future, result: Any, error: Exception | None) -> None:
    if future.cancelled():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(result)


def _close(pieces: Iterable[bytes] | Iterator[bytes]) -> None:
    close = getattr(pieces, "close", None)
    if close is not None:
        close()


def _no_write(_data: bytes) -> None:
    raise RuntimeError("this server has no write(): return the body")
