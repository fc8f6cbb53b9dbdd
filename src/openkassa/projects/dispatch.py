"""Two Django handlers behind one WSGI entry: pages with their middleware, machines without."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase

MAX_BODY = 2 * 1024 * 1024


class MachineHandler(WSGIHandler):
    """Serves wire faces, health and metrics: no session, cookie, language or CSRF, since machines have none."""

    def load_middleware(self, is_async: bool = False) -> None:
        self._view_middleware: list = []
        self._template_response_middleware: list = []
        self._exception_middleware: list = []
        self._middleware_chain = convert_exception_to_response(self._with_length)

    def _with_length(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        if not response.streaming:
            response.headers["Content-Length"] = str(len(response.content))
        return response


class Dispatcher:
    """Sends a request to pages or machines by its path, and refuses bodies over `MAX_BODY` before reading them."""

    def __init__(self, machine_prefixes: tuple[str, ...]) -> None:
        self.machine_prefixes = machine_prefixes
        self.pages = WSGIHandler()
        self.machines = MachineHandler()

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > MAX_BODY:
            return _too_large(start_response)
        if environ.get("PATH_INFO", "").startswith(self.machine_prefixes):
            return self.machines(environ, start_response)
        return self.pages(environ, start_response)


def _too_large(start_response: Callable) -> Iterable[bytes]:
    body = json.dumps(
        {
            "type": "about:blank",
            "title": "Request body too large",
            "status": 413,
            "code": "body_too_large",
            "detail": f"The body may have at most {MAX_BODY} bytes. Send fewer receipts in one request.",
        }
    ).encode()
    start_response(
        "413 Content Too Large",
        [("Content-Type", "application/problem+json"), ("Content-Length", str(len(body))), ("Connection", "close")],
    )
    return [body]
