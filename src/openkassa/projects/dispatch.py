"""Two Django handlers behind one WSGI entry: pages with their middleware, machines without."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase

MAX_BODY = 2 * 1024 * 1024

TooLarge = Callable[[str], tuple[str, bytes]]


class MachineHandler(WSGIHandler):
    """Serves wire faces, health and metrics: no session, cookie, language or CSRF, since machines have none."""

    def load_middleware(self, is_async: bool = False) -> None:
        self._view_middleware: list = []
        self._template_response_middleware: list = []
        self._exception_middleware: list = []
        self._middleware_chain = convert_exception_to_response(self._with_length)

    def _with_length(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)  # type: ignore[attr-defined] # not in the stubs
        if not response.streaming:
            response.headers["Content-Length"] = str(len(response.content))
        return response


class Dispatcher:
    """Sends a request to pages or machines by its path, and refuses bodies over `MAX_BODY` before reading them.

    `too_large(path)` gives content type and body of that refusal in the form of whoever speaks at the path.
    """

    def __init__(self, machine_prefixes: tuple[str, ...], too_large: TooLarge) -> None:
        self.machine_prefixes = machine_prefixes
        self.too_large = too_large
        self.pages = WSGIHandler()
        self.machines = MachineHandler()

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        length = environ.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > MAX_BODY:
            content_type, body = self.too_large(path)
            headers = [("Content-Type", content_type), ("Content-Length", str(len(body))), ("Connection", "close")]
            start_response("413 Content Too Large", headers)
            return [body]
        if path.startswith(self.machine_prefixes):
            return self.machines(environ, start_response)
        return self.pages(environ, start_response)

    def refused(self, path: str, status: int) -> tuple[str, bytes] | None:
        """Form of a refusal by the server that never came here; None for its own."""
        return self.too_large(path) if status == 413 else None
