"""A shop's server that hears callbacks: what it was told, and what it answers."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple


class Heard(NamedTuple):
    path: str
    headers: dict[str, str]
    body: bytes


class Listener:
    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.answer: tuple[int, bytes] = (200, b"")
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                listener.heard.append(Heard(self.path, {name.lower(): v for name, v in self.headers.items()}, body))
                status, answer = listener.answer
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/kassa"


@contextlib.contextmanager
def listening(monkeypatch) -> Iterator[Listener]:
    """A listener at a loopback address, which this installation lets callbacks go to."""
    from openkassa.core import outgoing
    from openkassa.kassa.receipts import callbacks

    client = outgoing.OutgoingClient(private=True)
    monkeypatch.setattr(callbacks, "strangers", lambda: client)
    listener = Listener()
    threading.Thread(target=listener.server.serve_forever, daemon=True).start()
    try:
        yield listener
    finally:
        listener.server.shutdown()
