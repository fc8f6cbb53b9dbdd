"""Health and metrics over HTTP: GET /health/live, /health/ready (JSON) and /metrics (Prometheus text)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import msgspec
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from . import kkt
from .config import DeviceProblem, host_and_port
from .device import Device
from .register import Register

MAX_REQUEST_LINE = 2048
REQUEST_SECONDS = 5

_GAUGES = {
    "kassa_device_documents": ("Documents that the storage has made", lambda r, now: r.storage.state.fd),
    "kassa_device_undelivered_documents": (
        "Documents that the operator has not acknowledged",
        lambda r, now: len(r.storage.undelivered),
    ),
    "kassa_device_first_undelivered_age_seconds": (
        "Age of the first document that the operator has not acknowledged",
        lambda r, now: _undelivered_age(r, now),
    ),
    "kassa_device_documents_left": (
        "Documents that the storage has room for",
        lambda r, now: r.storage.documents_left(),
    ),
    "kassa_device_storage_warnings": ("Warning bits of the storage", lambda r, now: _warnings(r, now)),
}


class Health:
    def __init__(self, device: Device) -> None:
        self._device = device
        self._server: asyncio.Server | None = None
        self._metrics = CollectorRegistry()
        self._metrics.register(self)

    async def start(self) -> None:
        """Listen when the configuration names an address. DeviceProblem when it can't be used."""
        if self._device.config.http is None:
            return
        host, port = host_and_port(self._device.config.http)
        try:
            self._server = await asyncio.start_server(self._serve, host, port, limit=MAX_REQUEST_LINE)
        except OSError as error:
            raise DeviceProblem(f"can't listen on {host}:{port}: {error}") from None

    async def stop(self) -> None:
        if self._server:
            self._server.close()

    def ready(self) -> dict:
        """Each register's state; `ready` is false when one of them can't make documents for a reason of the device."""
        registers = {
            serial: {
                "fn": register.fn,
                "ready": register.broken is None,
                "problem": register.broken.text if register.broken else None,
                "undelivered": None if register.broken else len(register.storage.undelivered),
                "delivery_error": register.delivery_error,
            }
            for serial, register in self._device.registers.items()
        }
        return {"ready": all(register["ready"] for register in registers.values()), "registers": registers}

    def collect(self) -> Iterator[Metric]:
        """Called by prometheus_client at each scrape; making documents counts nothing."""
        now = self._device.clock()
        broken = GaugeMetricFamily(
            "kassa_device_register_broken", "1 when the journal can't be used", labels=["serial"]
        )
        for serial, register in self._device.registers.items():
            broken.add_metric([serial], float(register.broken is not None))
        yield broken
        for name, (text, value) in _GAUGES.items():
            family = GaugeMetricFamily(name, text, labels=["serial"])
            for serial, register in self._device.registers.items():
                if register.broken is None:
                    family.add_metric([serial], value(register, now))
            yield family

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                line = await reader.readline()
                status, kind, body = self._respond(line.split(b" ")[1:2])
                head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
                writer.write(f"{head}Connection: close\r\n\r\n".encode() + body)
                await writer.drain()
        except (TimeoutError, ValueError, ConnectionError):
            pass  # not a request worth an answer
        finally:
            writer.close()

    def _respond(self, path: list[bytes]) -> tuple[str, str, bytes]:
        match path:
            case [b"/health/live"]:
                return "200 OK", "application/json", b'{"live": true}'
            case [b"/health/ready"]:
                ready = self.ready()
                status = "200 OK" if ready["ready"] else "503 Service Unavailable"
                return status, "application/json", msgspec.json.encode(ready)
            case [b"/metrics"]:
                return "200 OK", "text/plain; version=0.0.4; charset=utf-8", generate_latest(self._metrics)
        return "404 Not Found", "text/plain", b"there are /health/live, /health/ready and /metrics\n"


def _undelivered_age(register: Register, now: int) -> int:
    queue = register.storage.undelivered
    return max(0, kkt.local_time(register.storage, now) - queue[0].local_time) if queue else 0


def _warnings(register: Register, now: int) -> int:
    return register.storage.warnings(kkt.local_time(register.storage, now))
