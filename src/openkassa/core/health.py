"""Health and metrics of a process: is it alive, is each thing that it depends on ready, what has it counted.

A check is a function that returns a short text when all is well and raises when it is not. Django processes
serve the three addresses through `health_urls`; the others start `serve`.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import prometheus_client
import structlog
from prometheus_client import multiprocess

Check = Callable[[], str]
log = structlog.get_logger(__name__)
_checks: dict[str, Check] = {}


def register_check(name: str, check: Check) -> None:
    _checks[name] = check


def readiness() -> tuple[bool, dict]:
    """(ready, report) where the report names each dependency."""
    report = {}
    for name, check in sorted(_checks.items()):
        try:
            report[name] = {"ok": True, "text": check()}
        except Exception as error:  # a check may fail in any way; it is reported, not raised
            log.warning("not_ready", check=name, error=str(error))
            report[name] = {"ok": False, "text": f"{type(error).__name__}: {error}".strip()[:300]}
    ready = all(entry["ok"] for entry in report.values())
    return ready, {"status": "ready" if ready else "not ready", "checks": report}


def metrics_text() -> bytes:
    """Prometheus text of this process, or of all of its siblings where they share a directory."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return prometheus_client.generate_latest()
    registry = prometheus_client.CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)
    return prometheus_client.generate_latest(registry)


def answer(path: str) -> tuple[int, str, bytes]:
    """(status, content type, body) of one of the three addresses; 404 for another."""
    if path == "/health/live":
        return 200, "application/json", b'{"status": "alive"}'
    if path == "/health/ready":
        ready, report = readiness()
        return 200 if ready else 503, "application/json", json.dumps(report, ensure_ascii=False).encode()
    if path == "/metrics":
        return 200, "text/plain; version=0.0.4; charset=utf-8", metrics_text()
    return 404, "application/json", b'{"status": "not found"}'


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, content_type, body = answer(self.path.split("?")[0])
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Health requests are not worth a line in the log."""


def serve(bind: str, port: int) -> ThreadingHTTPServer:
    """Answers the three addresses from a thread of its own, for processes that are not web servers."""
    server = ThreadingHTTPServer((bind, port), _Handler)
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
    return server
