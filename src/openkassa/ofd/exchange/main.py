"""The process: server, writer, health; stops cleanly on SIGTERM and SIGINT."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import resource
import signal
from collections.abc import Sequence

import psycopg
import structlog

from openkassa.core import health, logs
from openkassa.core.clock import clock
from openkassa.core.databases import database_urls
from openkassa.core.settings import Settings, settings
from openkassa.ofd.exchange.faults import FILE_NAME, FileFaults, NoFaults
from openkassa.ofd.exchange.schema import check_schema
from openkassa.ofd.exchange.server import Exchange, Limits
from openkassa.ofd.exchange.store import Store
from openkassa.ofd.exchange.verifier import configured_verifier
from openkassa.ofd.exchange.writer import Writer

log = structlog.get_logger(__name__)

HEALTH_PORT_NAME = "ofd_exchange_http"
BACKLOG = 4096
STOP_SECONDS = 10.0
SPARE_FILES = 100


def run(*, faults: bool = False) -> None:
    """Serves until SIGTERM or SIGINT. Raises `WrongSetting`, `OSError` (port taken), `SchemaUnknown`."""
    logs.configure("ofd-exchange")
    own = settings()
    check_schema(database_urls(own, "ofd").app)
    asyncio.run(serve(own, faults=faults or own.testing))


async def serve(own: Settings, *, faults: bool) -> None:
    limits = _with_enough_files(Limits())
    loop = asyncio.get_running_loop()
    url = database_urls(own, "ofd").app
    writer = Writer(Store(url), loop)
    exchange = Exchange(
        writer=writer,
        verifier=configured_verifier(),
        now=clock.now,
        loop=loop,
        limits=limits,
        faults=FileFaults(own.home / FILE_NAME) if faults else NoFaults(),
    )
    server = await loop.create_server(exchange.session, own.bind, own.ofd_port, backlog=BACKLOG, reuse_address=True)
    health.register_check("database", lambda: _database(url))
    health.register_check("writer", writer.check)
    health_server = health.serve(own.bind, own.free_port(HEALTH_PORT_NAME))
    exchange.sweep()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    log.info("listening", port=own.ofd_port, connections=limits.connections, faults=faults)
    await stopped.wait()
    await _stop(server, exchange, writer)
    await asyncio.to_thread(health_server.shutdown)


async def _stop(server: asyncio.Server, exchange: Exchange, writer: Writer) -> None:
    """What has been received whole is written and answered; then the process ends."""
    server.close()
    exchange.close_idle()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(STOP_SECONDS):
            await writer.stop()
            while exchange.sessions:
                await asyncio.sleep(0.01)
    log.info("stopped", connections_left=len(exchange.sessions))


def _with_enough_files(limits: Limits) -> Limits:
    """Raises the limit of open files as far as the system lets us, and takes no more connections than fit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = limits.connections + SPARE_FILES
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    if allowed == wanted:
        return limits
    log.warning("few_files", allowed=allowed, connections=allowed - SPARE_FILES)
    return Limits(connections=max(allowed - SPARE_FILES, 1))


def _database(url: str) -> str:
    with psycopg.connect(url, connect_timeout=2, autocommit=True) as connection:
        connection.execute("SELECT 1")
    return "answers"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m openkassa.ofd.exchange", description=__doc__)
    parser.add_argument("--faults", action="store_true", help=f"obey KASSA_HOME/{FILE_NAME}")
    run(faults=parser.parse_args(arguments).faults)
