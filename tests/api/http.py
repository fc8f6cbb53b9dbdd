"""The web process's own WSGI entry, called without a socket."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

from django.db import connection, connections


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def call(method: str, url: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
    """One request. `body`: bytes go as they are, anything else as JSON with its content type."""
    from openkassa.projects.kassa.wsgi import application

    parts = urlsplit(url)
    raw = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": parts.path.encode().decode("latin-1"),
        "QUERY_STRING": parts.query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": str(len(raw)),
        "wsgi.input": io.BytesIO(raw),
        "wsgi.errors": io.StringIO(),
        "wsgi.url_scheme": "http",
    }
    if body is not None and not isinstance(body, bytes):
        environ["CONTENT_TYPE"] = "application/json; charset=utf-8"
    for name, value in (headers or {}).items():
        key = name.upper().replace("-", "_")
        environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
    started: dict[str, Any] = {}

    def start_response(status: str, response_headers: list[tuple[str, str]], _error: object = None) -> None:
        started["status"] = int(status.split(maxsplit=1)[0])
        started["headers"] = dict(response_headers)

    with same_transaction():
        chunks = application(environ, start_response)
        try:
            content = b"".join(chunks)
        finally:
            close = getattr(chunks, "close", None)
            if close is not None:
                close()
    return Answer(started["status"], started["headers"], content)


@contextlib.contextmanager
def same_transaction() -> Iterator[None]:
    """Keeps the connection of a test that runs in a transaction, which the next request would close."""
    if not connection.in_atomic_block:
        yield
        return
    with mock.patch.object(connections["default"], "close_if_unusable_or_obsolete"):
        yield
