"""Two Django handlers behind one WSGI entry: pages with their middleware, machines without."""

from __future__ import annotations

import codecs
import functools
from collections.abc import Callable, Iterable
from typing import cast

from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch, get_resolver
from django.utils.http import parse_header_parameters
from django.utils.log import log_response

MAX_BODY = 2 * 1024 * 1024

Refusal = Callable[[str, int], tuple[str, bytes]]


class MachineRequest(WSGIRequest):
    """A request whose content type, of which machines have few, is parsed once for all."""

    def _set_content_type_params(self, meta: dict) -> None:
        self.content_type, self.content_params, charset = _content_type(meta.get("CONTENT_TYPE", ""))
        if charset is not None:
            self.encoding = charset


@functools.lru_cache(maxsize=64)
def _content_type(header: str) -> tuple[str, dict[str, str], str | None]:
    """Type, parameters, and the charset if Python knows it."""
    name, parameters = parse_header_parameters(header)
    try:
        return name, parameters, codecs.lookup(parameters["charset"]).name
    except LookupError:
        return name, parameters, None


class MachineHandler(WSGIHandler):
    """Serves wire faces, health and metrics: no session, cookie, language or CSRF, since machines have none.

    Of Django's own way of a request it leaves out what no view of these asks for: signals, script names, and looking
    for the same few addresses anew each time.
    """

    request_class = MachineRequest

    def load_middleware(self, is_async: bool = False) -> None:
        self._view_middleware: list = []
        self._template_response_middleware: list = []
        self._exception_middleware: list = []
        self._middleware_chain = convert_exception_to_response(self._get_response)  # type: ignore[attr-defined]
        self._resolve = functools.lru_cache(maxsize=1024)(get_resolver().resolve)

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:  # type: ignore[override]
        connections["default"].close_if_unusable_or_obsolete()
        request = self.request_class(environ)
        response = cast(HttpResponse, self._middleware_chain(request))
        if response.status_code >= 400:
            log_response("%s: %s", response.reason_phrase, request.path, response=response, request=request)
        headers = list(response.items())
        status = f"{response.status_code} {response.reason_phrase}"
        if response.streaming:
            start_response(status, headers)
            return response
        body = response.content
        start_response(status, [*headers, ("Content-Length", str(len(body)))])
        return [body]

    def resolve_request(self, request: HttpRequest) -> ResolverMatch:
        request.resolver_match = self._resolve(request.path_info)
        return request.resolver_match


class Dispatcher:
    """Sends a request to pages or machines by its path, and refuses bodies over `MAX_BODY` before reading them.

    `refused(path, status)` gives content type and body of that and of what the server refuses before it comes here, in
    the form of whoever speaks at the path.
    """

    def __init__(self, machine_prefixes: tuple[str, ...], refused: Refusal) -> None:
        self.machine_prefixes = machine_prefixes
        self.refused = refused
        self.pages = WSGIHandler()
        self.machines = MachineHandler()

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        length = environ.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > MAX_BODY:
            content_type, body = self.refused(path, 413)
            headers = [("Content-Type", content_type), ("Content-Length", str(len(body))), ("Connection", "close")]
            start_response("413 Content Too Large", headers)
            return [body]
        if path.startswith(self.machine_prefixes):
            return self.machines(environ, start_response)
        return self.pages(environ, start_response)
