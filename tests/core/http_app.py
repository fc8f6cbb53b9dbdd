"""A WSGI application that the tests of the server run in its processes."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from openkassa.core import health, wsgi_bridge

wsgi_bridge.BODY_SECONDS = 1.0
wsgi_bridge.BODY_LIMIT = 100_000
wsgi_bridge.WAITING = 4


class Streamed:
    """An answer made piece by piece; leaves a file when it is closed."""

    def __iter__(self) -> Iterator[bytes]:
        for number in range(5):
            yield f"{number},".encode()

    def close(self) -> None:
        Path(os.environ["KASSA_HOME"], "closed").touch()


def application(environ: dict, start_response: Callable) -> Iterable[bytes]:
    path = environ["PATH_INFO"]
    if path == "/fault":
        raise RuntimeError("a secret text")
    if path == "/slow":
        time.sleep(1.5)
    if path == "/streamed":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return Streamed()
    if path == "/metrics":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [health.metrics_text()]
    shown = {name: value for name, value in environ.items() if isinstance(value, str)}
    shown["body"] = environ["wsgi.input"].read().decode("latin-1")
    shown["pid"] = str(os.getpid())
    start_response("200 OK", [("Content-Type", "application/json"), ("X-Two", "1"), ("X-Two", "2")])
    return [json.dumps(shown).encode()]


def refused(path: str, status: int) -> tuple[str, bytes] | None:
    return ("text/formed", f"{status} at {path}".encode()) if path == "/formed" else None


application.refused = refused  # type: ignore[attr-defined] # as projects.dispatch.Dispatcher has it
