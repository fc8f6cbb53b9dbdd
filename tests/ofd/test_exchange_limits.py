"""Limits of the exchange, with the server in this process so that they can be small."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import socket
import struct
import threading
import types
from collections.abc import Awaitable, Callable

import psycopg
import pytest
import structlog
from tests.ofd.kkt import VERSION, TestRegister, checked

from openkassa.fiscal import wire
from openkassa.ofd.exchange import schema
from openkassa.ofd.exchange import server as server_module
from openkassa.ofd.exchange import writer as writer_module
from openkassa.ofd.exchange.server import Exchange, Limits
from openkassa.ofd.exchange.store import Store
from openkassa.ofd.exchange.verifier import EmulationVerifier
from openkassa.ofd.exchange.writer import Writer

Scenario = Callable[[Exchange, int], Awaitable[None]]


def serve(scenario: Scenario, *, url: str | None = None, **limits: float) -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        writer = Writer(Store(url or os.environ["KASSA_OFD_DATABASE_URL"]), loop)
        exchange = Exchange(
            writer=writer,
            verifier=EmulationVerifier(),
            now=lambda: dt.datetime.now(dt.UTC),
            loop=loop,
            limits=Limits(**{"sweep_seconds": 0.02, **limits}),
        )
        server = await loop.create_server(exchange.session, "127.0.0.1", 0)
        exchange.sweep()
        try:
            await asyncio.wait_for(scenario(exchange, server.sockets[0].getsockname()[1]), 20)
        finally:
            server.close()
            exchange.close_idle()
            await writer.stop()

    asyncio.run(run())


def message(register: TestRegister, position: int = 0) -> bytes:
    return wire.Connection(wire.Role.KKT).send(wire.Document(register.fn, VERSION, register.made[position].container))


async def is_closed(reader: asyncio.StreamReader) -> bool:
    try:
        return await asyncio.wait_for(reader.read(100), 5) == b""
    except ConnectionError:
        return True


def test_an_idle_connection_is_closed(django_db_setup: None):
    async def scenario(exchange: Exchange, port: int) -> None:
        reader, _ = await asyncio.open_connection("127.0.0.1", port)
        assert await is_closed(reader)
        assert not exchange.sessions

    serve(scenario, idle_seconds=0.1)


def test_without_the_idle_limit_it_stays(django_db_setup: None):
    """Negative control."""

    async def scenario(exchange: Exchange, port: int) -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.sleep(0.3)
        assert len(exchange.sessions) == 1
        writer.close()

    serve(scenario, idle_seconds=60)


def test_a_message_that_trickles_in_is_closed(django_db_setup: None, register: TestRegister):
    async def scenario(exchange: Exchange, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        data = message(register)
        closed = asyncio.ensure_future(is_closed(reader))
        for position in range(len(data) - 1):
            if closed.done():
                break
            try:
                writer.write(data[position : position + 1])
                await writer.drain()
            except ConnectionError:
                break
            await asyncio.sleep(0.01)
        assert await closed
        assert exchange.held == 0

    serve(scenario, message_seconds=0.2, idle_seconds=60)


def test_connections_above_the_limit_are_refused(django_db_setup: None, register: TestRegister):
    async def scenario(exchange: Exchange, port: int) -> None:
        streams = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        late_reader, _ = await asyncio.open_connection("127.0.0.1", port)
        assert await is_closed(late_reader)
        reader, writer = streams[0]
        writer.write(message(register))
        assert await reader.readexactly(wire.HEADER_SIZE)
        for _, writer in streams:
            writer.close()

    serve(scenario, connections=3)


def test_what_is_held_for_all_connections_is_bounded(django_db_setup: None, register: TestRegister):
    async def scenario(exchange: Exchange, port: int) -> None:
        half = message(register)[:200]
        streams = []
        for _ in range(10):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(half)
            streams.append((reader, writer))
        await asyncio.sleep(0.2)
        assert len(exchange.sessions) == 5
        assert exchange.held <= 1000
        for _, writer in streams:
            writer.close()
        await asyncio.sleep(0.1)
        assert exchange.held == 0

    serve(scenario, held_bytes=1000)


def test_what_was_held_is_given_back_after_answers(django_db_setup: None, register: TestRegister):
    async def scenario(exchange: Exchange, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        ping = wire.Connection(wire.Role.KKT).send(wire.Ping(register.fn, VERSION))
        writer.write(ping + message(register) + ping + message(register, 1) + ping)
        pongs = 0
        for _ in range(5):
            header = wire.SessionHeader.parse(await reader.readexactly(wire.HEADER_SIZE))
            await reader.readexactly(header.body_length)
            pongs += not header.body_length
        assert pongs == 3
        assert exchange.held == 0
        writer.close()

    serve(scenario)


def test_a_document_counts_as_held_until_it_is_written_even_when_its_register_has_gone(
    django_db_setup: None, register: TestRegister
):
    async def scenario(exchange: Exchange, port: int) -> None:
        released = threading.Event()
        write = exchange.writer._storage.write
        exchange.writer._storage.write = lambda documents: (released.wait(10), write(documents))[1]
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(message(register))
        await asyncio.sleep(0.1)
        reset = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
        writer.transport.abort()
        while exchange.sessions:
            await asyncio.sleep(0.01)
        assert exchange.held == len(message(register))
        released.set()
        await exchange.writer.drain()
        assert exchange.held == 0

    serve(scenario)


def test_an_unreachable_database_means_no_answer(django_db_setup: None, register: TestRegister):
    async def scenario(exchange: Exchange, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(message(register))
        assert await is_closed(reader)

    serve(scenario, url="postgresql://nobody@/nowhere?host=/nonexistent")


def test_many_connections_deliver_in_few_commits(django_db_setup: None, new_register: Callable[[], TestRegister]):
    batches: list[int] = []

    async def scenario(exchange: Exchange, port: int) -> None:
        write = exchange.writer._storage.write
        exchange.writer._storage.write = lambda documents: (batches.append(len(documents)), write(documents))[1]
        registers = [new_register().ready() for _ in range(40)]

        async def deliver(register: TestRegister) -> None:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            for position in range(2):
                writer.write(message(register, position))
                header = wire.SessionHeader.parse(await reader.readexactly(wire.HEADER_SIZE))
                await reader.readexactly(header.body_length)
            writer.close()

        await asyncio.gather(*(deliver(register) for register in registers))

    serve(scenario)
    assert sum(batches) == 80
    assert len(batches) < 40


def test_the_exchange_refuses_a_schema_that_it_does_not_know(django_db_setup: None, monkeypatch: pytest.MonkeyPatch):
    url = os.environ["KASSA_OFD_DATABASE_URL"]
    schema.check_schema(url)
    known = schema.known_migrations()
    monkeypatch.setattr(schema, "known_migrations", lambda: known | {"9999_later"})
    with pytest.raises(schema.SchemaUnknown, match="lacks 9999_later; run `kassa migrate`"):
        schema.check_schema(url)
    monkeypatch.setattr(schema, "known_migrations", set)
    with pytest.raises(schema.SchemaUnknown, match="newer than this program"):
        schema.check_schema(url)


def test_a_flood_does_not_fill_the_log(django_db_setup: None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(server_module, "LOG_LINES_PER_SECOND", 3)

    async def scenario(exchange: Exchange, port: int) -> None:
        seconds = [10.0]
        monkeypatch.setattr(exchange, "loop", types.SimpleNamespace(time=lambda: seconds[0]))
        with structlog.testing.capture_logs() as lines:
            for _ in range(10):
                exchange.log_refusal(reason="protocol")
            seconds[0] += 1
            exchange.log_refusal(reason="protocol")
        events = [line["event"] for line in lines]
        assert events == ["connection_refused"] * 3 + ["refusals_not_logged", "connection_refused"]
        assert lines[3]["count"] == 7
        monkeypatch.undo()

    serve(scenario, sweep_seconds=60)


def test_readiness_names_a_database_that_does_not_come_back(
    django_db_setup: None, register: TestRegister, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(writer_module, "STUCK_SECONDS", 0.05)

    async def scenario(exchange: Exchange, port: int) -> None:
        released = threading.Event()
        write = exchange.writer._storage.write
        exchange.writer._storage.write = lambda documents: (released.wait(10), write(documents))[1]
        assert exchange.writer.check() == "0 documents waiting"
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(message(register))
        await asyncio.sleep(0.3)
        with pytest.raises(RuntimeError, match="waiting for the database"):
            exchange.writer.check()
        released.set()
        await exchange.writer.drain()
        exchange.writer.check()
        writer.close()

    serve(scenario)


# -- the archive --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["ofd_archive_document", "ofd_archive_documentbody"])
@pytest.mark.parametrize("verb", ["DELETE FROM {}", "TRUNCATE {} CASCADE", "UPDATE {} SET id = id"])
def test_processes_may_not_change_documents(archive: psycopg.Connection, table: str, verb: str):
    statement = verb.format(table).replace("documentbody SET id = id", "documentbody SET document_id = document_id")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        archive.execute(statement)


@pytest.mark.parametrize("statement", ["DELETE FROM {}", "UPDATE {} SET ack_code = 0"])
def test_even_the_owner_is_stopped_by_the_trigger(archive: psycopg.Connection, register: TestRegister, statement: str):
    store = Store(os.environ["KASSA_OFD_DATABASE_URL"])
    store.write([checked(register, 0)])
    store.close()
    with (
        psycopg.connect(os.environ["KASSA_OFD_DATABASE_OWNER_URL"], autocommit=True) as owner,
        pytest.raises(psycopg.errors.RaiseException, match="Cannot update or delete"),
    ):
        owner.execute(statement.format("ofd_archive_document") + " WHERE fn = %s", [register.fn])


def test_the_exchange_writes_every_column_of_the_archive():
    from openkassa.ofd.archive.models import Document, DocumentBody
    from openkassa.ofd.exchange import store

    assert set(store.DOCUMENT_COLUMNS) == {field.column for field in Document._meta.concrete_fields}
    body = {"document_id", *(name for name, _ in store._BODY_COLUMNS)}
    assert body == {field.column for field in DocumentBody._meta.concrete_fields}
