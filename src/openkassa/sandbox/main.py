"""The sandbox process: mailbox with its SMTP server, phone, hooks, faults on one HTTP port, marking on another."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from openkassa.core import health
from openkassa.core.http_server import serve_asgi
from openkassa.core.settings import Settings, settings
from openkassa.sandbox import api, mailbox, pages
from openkassa.sandbox.answers import JSON, BadRequest
from openkassa.sandbox.marking import api as marking_api
from openkassa.sandbox.marking.codes import Codes
from openkassa.sandbox.marking.oism import OismServer
from openkassa.sandbox.marking.server import MarkingServer
from openkassa.sandbox.store import Store

log = structlog.get_logger(__name__)


def application() -> Starlette:
    """The sandbox of this process's settings."""
    return make_application(settings())


def make_application(settings: Settings) -> Starlette:
    smtp_port = settings.sandbox_part_port("smtp")
    marking_port = settings.sandbox_part_port("marking")
    exchange_port = settings.sandbox_part_port("marking_exchange")

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.store = Store(settings.home / "sandbox" / "sandbox.db")
        app.state.smtp_address = f"smtp://{settings.bind}:{smtp_port}"
        server = await mailbox.serve(app.state.store, settings.bind, smtp_port)
        health.register_check("smtp", lambda: f"listens at {settings.bind}:{smtp_port}")
        app.state.codes = Codes(settings.home / "sandbox" / "marking.db")
        app.state.marking_address = f"http://{settings.bind}:{marking_port}"
        marking = MarkingServer(app.state.store, app.state.codes)
        await marking.start(settings.bind, marking_port)
        exchange = OismServer(app.state.store, app.state.codes)
        await exchange.start(settings.bind, exchange_port)
        app.state.exchange_address = f"{settings.bind}:{exchange_port}"
        health.register_check("marking", lambda: f"listens at {settings.bind}:{marking_port}")
        log.info("sandbox_started", smtp=app.state.smtp_address, marking=app.state.marking_address)
        try:
            yield
        finally:
            server.close()
            await marking.stop()
            await exchange.stop()
            app.state.codes.close()
            app.state.store.close()

    handlers = {BadRequest: _bad_request, 404: pages.not_found}
    return Starlette(
        routes=[*api.ROUTES, *marking_api.ROUTES, *pages.ROUTES], lifespan=lifespan, exception_handlers=handlers
    )


async def _bad_request(_request: Request, error: Exception) -> Response:
    return JSON({"error": str(error)}, status_code=400)


def run() -> None:
    """Serves until a signal. Replaces this process."""
    given = settings()
    serve_asgi("openkassa.sandbox.main:application", bind=given.bind, port=given.sandbox_port, process_name="sandbox")
