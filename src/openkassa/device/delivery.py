"""Delivery of a register's documents to the operator, over the KKT→OFD protocol.

One task a register. Documents go in order, from the first that is not acknowledged, and each waits for its answer
before the next is sent. Whatever goes wrong (no connection, no answer in time, an answer that the storage refuses)
ends the connection; the same document is sent again after a pause that doubles up to half a minute, with jitter so that
many registers don't come back at once. There is no giving up: after 30 days it is the storage that stops.
"""

from __future__ import annotations

import asyncio
from random import Random

import structlog

from openkassa.fiscal import wire
from openkassa.fiscal.fn import StorageError

from .journal import JournalError
from .register import Register

log = structlog.get_logger()

CONNECT_SECONDS = 10
ANSWER_SECONDS = 300  # the protocol's own limit for an answer
PING_SECONDS = 60  # an idle connection is asked whether it still lives
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 30.0
READ_SIZE = 65536


class DeliveryFailed(Exception):
    """The attempt came to nothing; the text says why. The document will be sent again."""


EXPECTED = (DeliveryFailed, wire.ProtocolError, StorageError, JournalError, OSError)


class Delivery:
    """`address` is (host, port) of the operator; `random` gives the jitter."""

    def __init__(
        self,
        register: Register,
        address: tuple[str, int],
        *,
        random: Random,
        answer_seconds: float = ANSWER_SECONDS,
        ping_seconds: float = PING_SECONDS,
    ) -> None:
        self._register = register
        self._address = address
        self._random = random
        self._answer_seconds = answer_seconds
        self._ping_seconds = ping_seconds
        self._failures = 0

    async def run(self) -> None:
        """Deliver until cancelled."""
        while True:
            await self._wait_for_documents()
            try:
                await self._talk()
            except Exception as error:  # whatever it is, the document stays first in the queue
                if not isinstance(error, EXPECTED):
                    log.exception("device.delivery_broken", serial=self._register.serial)
                self._failures += 1
                self._register.delivery_error = str(error) or type(error).__name__
                log.warning(
                    "device.delivery_failed",
                    serial=self._register.serial,
                    operator=self._address,
                    failures=self._failures,
                    error=self._register.delivery_error,
                )
                await asyncio.sleep(self._pause())

    async def _wait_for_documents(self) -> None:
        event = self._register.documents_made
        while self._stopped() or self._register.next_undelivered() is None:
            event.clear()
            await event.wait()

    def _stopped(self) -> bool:
        return self._register.faults.is_on("no_ofd")

    def _pause(self) -> float:
        longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(self._failures - 1, 10))
        return longest * self._random.uniform(0.5, 1.0)

    async def _talk(self) -> None:
        """One connection: deliver what there is, then wait for more and ping, until something goes wrong."""
        reader, writer = await self._connect()
        try:
            connection = wire.Connection(wire.Role.KKT)
            while not self._stopped():
                record = self._register.next_undelivered()
                if record is not None:
                    await self._deliver(connection, reader, writer, record.made.container)
                elif not await self._more_documents():
                    await self._exchange(connection, reader, writer, wire.Ping(self._register.fn, self._version()))
        finally:
            writer.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host, port = self._address
        try:
            return await asyncio.wait_for(asyncio.open_connection(host, port), CONNECT_SECONDS)
        except TimeoutError:
            raise DeliveryFailed(f"the operator at {host}:{port} did not take the connection in time") from None

    async def _deliver(
        self,
        connection: wire.Connection,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        container: bytes,
    ) -> None:
        message = wire.Document(self._register.fn, self._version(), container)
        answer = await self._exchange(connection, reader, writer, message)
        assert isinstance(answer, wire.Answer), "by the state table nothing else follows a document"
        if self._register.faults.take("lose_ack") is not None:
            raise DeliveryFailed("a fault has thrown the acknowledgement away")
        await self._register.accept_acknowledgement(answer.container)
        self._failures = 0
        self._register.delivery_error = None

    async def _exchange(
        self,
        connection: wire.Connection,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        message: wire.Document | wire.Ping,
    ) -> wire.Answer | wire.Pong:
        """Send and wait for the answer; the wire's state table sees to it that it is one."""
        writer.write(connection.send(message))
        try:
            async with asyncio.timeout(self._answer_seconds):
                await writer.drain()
                while (event := connection.next_event()) is wire.NEED_DATA:
                    connection.receive_data(await reader.read(READ_SIZE))
        except TimeoutError:
            raise DeliveryFailed(f"the operator gave no answer in {self._answer_seconds:g} s") from None
        if isinstance(event, wire.Answer | wire.Pong):
            return event
        raise DeliveryFailed("the operator closed the connection without an answer")

    async def _more_documents(self) -> bool:
        """Wait for documents until it is time for a ping; whether there may be some."""
        event = self._register.documents_made
        event.clear()
        if self._register.next_undelivered() is not None:
            return True
        try:
            await asyncio.wait_for(event.wait(), self._ping_seconds)
        except TimeoutError:
            return False
        return True

    def _version(self) -> bytes:
        registration = self._register.storage.state.registration
        return wire.p_version(registration.ffd if registration else 4)
