"""The events process: `GET /events` (all receipts of an organisation) and `GET /events/receipts/{id}`, both with a
ticket (core.tickets), as server-sent events. Written against ASGI itself: an idle stream is one task and one timer.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from collections.abc import AsyncIterator
from urllib.parse import parse_qs

import psycopg
import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from openkassa.core import health
from openkassa.core.clock import now
from openkassa.core.databases import database_urls
from openkassa.core.doorbell import Doorbell
from openkassa.core.http_server import STOPPING, serve_asgi
from openkassa.core.rights import check_rights
from openkassa.core.settings import Settings, settings
from openkassa.core.tickets import LIFETIME, Ticket, WrongTicket, read_ticket
from openkassa.events.hub import BURST, Hub, Reader, TooMany, before, encode, encode_for, id_at
from openkassa.events.source import ReceiptEvent, Source

HEARTBEAT = 20.0  # seconds; proxies close what is silent longer
RETRY_SECONDS = 5

log = structlog.get_logger(__name__)


def application() -> Starlette:
    """The events process of this process's settings."""
    return make_application(settings())


def make_application(settings: Settings) -> Starlette:
    url = database_urls(settings, "kassa").app
    hub = Hub(Source(url))

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        health.register_check("database", lambda: _database_state(hub, url))
        with Doorbell("events") as bell:

            def rung() -> None:
                bell.drain()
                hub.ring()

            loop.add_reader(bell.fileno(), rung)
            loop.add_signal_handler(STOPPING, hub.end_all)
            task = asyncio.create_task(hub.run())
            try:
                yield
            finally:
                loop.remove_reader(bell.fileno())
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
                await hub.source.close()

    stream = Stream(hub, origin=settings.public_url)
    return Starlette(
        routes=[
            Route("/events", stream, methods=["GET"]),
            Route("/events/receipts/{receipt_id}", stream, methods=["GET"]),
            *[Route(path, _health, methods=["GET"]) for path in ("/health/live", "/health/ready", "/metrics")],
        ],
        lifespan=lifespan,
    )


class Stream:
    """The endpoint of both addresses."""

    def __init__(self, hub: Hub, *, origin: str) -> None:
        self._hub = hub
        self._origin = origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        origin = headers.get(b"origin")
        if origin not in (None, self._origin):
            return await self._refuse(scope, receive, send, 403, "this page may not listen here")
        try:
            reader, ticket = self._reader(scope)
            self._hub.join(reader)
        except WrongTicket as error:
            return await self._refuse(scope, receive, send, 401, str(error))
        except TooMany:
            return await self._refuse(scope, receive, send, 503, "too many open streams; poll instead")
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self._headers()})
            missed = await self._missed(reader, ticket, scope, headers)
            reader.told = {event.id for event in missed}
            await self._write(reader, encode(missed), receive, send)
        finally:
            self._hub.leave(reader)
        return None

    def _reader(self, scope: Scope) -> tuple[Reader, Ticket]:
        """Raises `WrongTicket`, also for a receipt that the ticket doesn't open: that tells nothing of others' ids."""
        given = parse_qs(scope["query_string"].decode("latin-1"))
        ticket = read_ticket(given.get("ticket", [""])[0], now())
        wanted = scope["path_params"].get("receipt_id")
        if not ticket.allows("organisation" if wanted is None else f"receipt:{wanted}"):
            raise WrongTicket("the ticket was made for something else")
        try:
            return Reader(ticket.organisation_id, uuid.UUID(wanted) if wanted else None), ticket
        except ValueError as error:
            raise WrongTicket("the ticket was made for something else") from error

    async def _missed(
        self, reader: Reader, ticket: Ticket, scope: Scope, headers: dict[bytes, str]
    ) -> list[ReceiptEvent]:
        """What came since the reader's last event, or since its page was made: a page with the whole of a receipt
        is told all of its steps."""
        given = parse_qs(scope["query_string"].decode("latin-1"))
        last = headers.get(b"last-event-id") or given.get("last_event_id", [""])[0]
        try:
            after = before(uuid.UUID(last))
        except ValueError:
            after = None
        try:
            return await self._read(reader, ticket, after)
        except psycopg.Error as error:
            log.warning("events_not_read", error=str(error).strip())
            return []

    async def _read(self, reader: Reader, ticket: Ticket, after: uuid.UUID | None) -> list[ReceiptEvent]:
        source = self._hub.source
        if reader.receipt_id is not None:
            return await source.of_receipt(
                reader.organisation_id, reader.receipt_id, after or uuid.UUID(int=0), BURST + 1
            )
        made = id_at((ticket.expires_at - LIFETIME).timestamp())
        return await source.since([reader.organisation_id], after or before(made), BURST + 1)

    async def _write(self, reader: Reader, missed: bytes, receive: Receive, send: Send) -> None:
        gone = asyncio.ensure_future(_disconnected(receive))
        gone.add_done_callback(lambda _: reader.queue.put_nowait(None))
        try:
            piece: bytes | None = f"retry: {RETRY_SECONDS * 1000}\n\n".encode() + missed
            while piece is not None:
                if piece:
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                try:
                    piece = encode_for(reader, await asyncio.wait_for(reader.queue.get(), HEARTBEAT))
                except TimeoutError:
                    piece = b":\n\n"
            if not gone.done():
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            gone.cancel()

    def _headers(self) -> list[tuple[bytes, bytes]]:
        return [
            (b"content-type", b"text/event-stream; charset=utf-8"),
            (b"cache-control", b"no-store"),
            (b"x-accel-buffering", b"no"),
            (b"vary", b"Origin"),
            (b"access-control-allow-origin", self._origin.encode("latin-1")),
        ]

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, status: int, text: str) -> None:
        headers = {"Access-Control-Allow-Origin": self._origin, "Vary": "Origin", "Cache-Control": "no-store"}
        if status == 503:
            headers["Retry-After"] = "30"
        body = json.dumps({"error": text})
        await Response(body, status, headers, media_type="application/json")(scope, receive, send)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _database_state(hub: Hub, url: str) -> str:
    """Asked over a connection of its own: while nobody listens the hub asks nothing."""
    if hub.fault:
        raise RuntimeError(hub.fault)
    with psycopg.connect(url, connect_timeout=2, autocommit=True) as connection:
        connection.execute("SELECT 1")
    return "answers"


async def _health(request: Request) -> Response:
    status, content_type, body = await asyncio.to_thread(health.answer, request.url.path)
    return Response(body, status_code=status, headers={"Content-Type": content_type})


def run() -> None:
    """Serves until a signal. Replaces this process. Raises `WrongSetting` and `psycopg.OperationalError`."""
    given = settings()
    with psycopg.connect(database_urls(given, "kassa").app, connect_timeout=5) as connection:
        check_rights(connection, "kassa")
    serve_asgi("openkassa.events.main:application", bind=given.bind, port=given.events_port, process_name="events")
