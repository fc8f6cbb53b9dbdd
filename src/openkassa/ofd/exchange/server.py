"""Connections of cash registers: limits, the order of message and answer, closing.

A connection is read through one buffer that all of them share, so an idle one costs a socket and a few hundred bytes.
While its document is being written at most one read more is taken from it. What is held for all of them together is
bounded: above the bound the connection that asks for more is closed, and the register sends again.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from typing import Protocol, cast

import msgspec
import structlog

from openkassa.fiscal import wire
from openkassa.ofd.exchange import checks, metrics
from openkassa.ofd.exchange.faults import FileFaults, NoFaults
from openkassa.ofd.exchange.store import CheckedDocument, Outcome, Stored, Unstorable
from openkassa.ofd.exchange.verifier import Verifier

log = structlog.get_logger(__name__)

READ_BYTES = 64 * 1024
WRITE_BUFFER_BYTES = 64 * 1024
LOG_LINES_PER_SECOND = 100  # of refused connections; the metrics count them all


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    connections: int = 12_000
    held_bytes: int = 64 * 1024 * 1024  # messages that are being received or written, all connections together
    idle_seconds: float = 600.0  # registers wait up to 300 s for an answer and ask again after at most 60
    message_seconds: float = 60.0  # from the first byte of a message to its last
    sweep_seconds: float = 5.0
    body_bytes: int = wire.MAX_BODY


class Writes(Protocol):
    def submit(self, document: CheckedDocument, callback: Callable[[Outcome | None], None]) -> None: ...


class Exchange:
    """What the connections share. Used from the loop's thread only."""

    def __init__(
        self,
        *,
        writer: Writes,
        verifier: Verifier,
        now: Callable[[], dt.datetime],
        loop: asyncio.AbstractEventLoop,
        limits: Limits | None = None,
        faults: FileFaults | NoFaults | None = None,
    ) -> None:
        self.writer = writer
        self.verifier = verifier
        self.now = now
        self.loop = loop
        self.limits = limits or Limits()
        self.faults = faults or NoFaults()
        self.sessions: set[Session] = set()
        self.read_buffer = memoryview(bytearray(READ_BYTES))
        self.held = 0
        self.stopping = False
        self._log_second = 0
        self._log_lines = 0

    def session(self) -> Session:
        """Protocol factory for `loop.create_server`."""
        return Session(self)

    def hold(self, count: int) -> None:
        self.held += count

    def log_refusal(self, **words: object) -> None:
        """One line, unless a flood has used up the second's; the first line after it says how many are missing."""
        second = int(self.loop.time())
        if second != self._log_second:
            missing = max(self._log_lines - LOG_LINES_PER_SECOND, 0)
            if missing:
                log.warning("refusals_not_logged", count=missing)
            self._log_second, self._log_lines = second, 0
        self._log_lines += 1
        if self._log_lines <= LOG_LINES_PER_SECOND:
            log.warning("connection_refused", **words)

    def sweep(self) -> None:
        """Closes what is idle or sends a message too slowly; asks to be called again."""
        now = self.loop.time()
        for session in list(self.sessions):
            session.check_age(now)
        metrics.HELD_BYTES.set(self.held)
        if not self.stopping:
            self.loop.call_later(self.limits.sweep_seconds, self.sweep)

    def close_idle(self) -> None:
        """Stop: closes each connection that isn't waiting for its answer; the others close after it."""
        self.stopping = True
        for session in list(self.sessions):
            if not session.waiting:
                session.close()


class Session(asyncio.BufferedProtocol):
    """One connection. Whatever comes in, no exception leaves it: the connection is closed, counted and logged."""

    __slots__ = (
        "_asked_at",
        "_ended",
        "_exchange",
        "_held",
        "_last_at",
        "_message_at",
        "_transport",
        "_wire",
        "waiting",
    )

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._transport: asyncio.Transport | None = None
        self._wire = wire.Connection(wire.Role.OFD, max_body=exchange.limits.body_bytes)
        self._held = 0  # bytes given to `_wire` and not yet answered
        self._last_at = 0.0
        self._message_at = 0.0  # when the message that is half here began; 0 when none is
        self._asked_at = 0.0
        self._ended = False
        self.waiting = False  # for the writer

    # -- asyncio's side ------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        exchange = self._exchange
        self._transport = transport
        self._last_at = exchange.loop.time()
        exchange.sessions.add(self)
        metrics.CONNECTIONS.inc()
        transport.set_write_buffer_limits(high=WRITE_BUFFER_BYTES)
        if len(exchange.sessions) > exchange.limits.connections:
            self._refuse("connections", f"more than {exchange.limits.connections} connections")
        elif exchange.stopping or exchange.faults.take("refuse"):
            self._refuse("not_serving", "the exchange takes no connections now")

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._exchange.read_buffer

    def buffer_updated(self, count: int) -> None:
        self._last_at = self._exchange.loop.time()
        self._hold(count)
        if self._exchange.held > self._exchange.limits.held_bytes:
            self._refuse("overload", "too many bytes of messages are held")
            return
        self._wire.receive_data(bytes(self._exchange.read_buffer[:count]))
        if self.waiting and self._transport is not None:
            self._transport.pause_reading()  # only here: pausing for each document would cost a tenth of its time
        else:
            self._advance()

    def eof_received(self) -> bool:
        self._ended = True
        if not self.waiting:
            self._wire.receive_data(b"")
            self._advance()
        return True  # closing is ours: an answer may still be due

    def pause_writing(self) -> None:
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        if self._transport is not None and not self.waiting:
            self._transport.resume_reading()

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        if not self.waiting:  # else the document is still in memory, until the writer has done with it
            self._hold(-self._held)
        self._exchange.sessions.discard(self)
        metrics.CONNECTIONS.dec()

    # -- messages ------------------------------------------------------------------------------------------

    def _advance(self) -> None:
        """Handles what has arrived, up to the first document that has to be written."""
        try:
            while not self.waiting and self._transport is not None and not self._transport.is_closing():
                event = self._wire.next_event()
                if event is wire.NEED_DATA:
                    break
                self._handle(cast(wire.Event, event))
        except wire.RemoteProtocolError as error:
            self._refuse("protocol", str(error))
        except checks.Rejected as rejected:
            self._refuse(rejected.reason, str(rejected))
        except Exception:
            log.exception("exchange_failed")
            self._refuse("internal", "fault of the exchange itself, see the log")
        self._message_at = (self._message_at or self._last_at) if self._held and not self.waiting else 0.0

    def _handle(self, event: wire.Event) -> None:
        if isinstance(event, wire.Document):
            self._check(event)
        elif isinstance(event, wire.Ping):
            self._hold(-wire.HEADER_SIZE)
            self._message_at = 0.0
            metrics.PINGS.inc()
            self._send(wire.Pong(event.fn, event.version))
        else:
            self.close()

    def _check(self, event: wire.Document) -> None:
        exchange = self._exchange
        document = checks.check(
            event,
            verifier=exchange.verifier,
            now=exchange.now(),
            spoil=exchange.faults.take("code14"),
        )
        self.waiting = True
        self._asked_at = exchange.loop.time()
        exchange.writer.submit(document, lambda outcome: self._written(event, document, outcome))

    def _written(self, event: wire.Document, document: CheckedDocument, outcome: Outcome | None) -> None:
        """The writer's answer, after the commit. The register may have gone; the document stays stored."""
        seconds = self._exchange.faults.seconds("slow")
        if seconds:
            self._exchange.loop.call_later(seconds, self._answer, event, document, outcome)
        else:
            self._answer(event, document, outcome)

    def _answer(self, event: wire.Document, document: CheckedDocument, outcome: Outcome | None) -> None:
        self.waiting = False
        _count(document, outcome)
        if self._transport is None:
            self._hold(-self._held)
            return
        self._hold(-(wire.HEADER_SIZE + len(event.container)))
        if self._transport.is_closing():
            return
        if not isinstance(outcome, Stored):
            self._refuse(*_why_not(document, outcome))
            return
        if self._exchange.faults.take("lose_ack"):
            self._refuse("lost_answer", "fault lose_ack is on")
            return
        self._send(wire.Answer(event.fn, event.version, outcome.acknowledgement))
        loop_time = self._exchange.loop.time()
        self._last_at = loop_time
        metrics.ANSWER_SECONDS.observe(loop_time - self._asked_at)
        if self._exchange.stopping:
            self.close()
            return
        if self._ended:
            self._wire.receive_data(b"")
        else:
            self._transport.resume_reading()
        self._advance()

    # -- closing -------------------------------------------------------------------------------------------

    def check_age(self, now: float) -> None:
        if self.waiting:
            return
        limits = self._exchange.limits
        if self._message_at and now - self._message_at > limits.message_seconds:
            self._refuse("slow_message", f"a message took more than {limits.message_seconds:g} s")
        elif now - self._last_at > limits.idle_seconds:
            self.close()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def _refuse(self, reason: str, text: str) -> None:
        """Closes without an answer, at once: the protocol has no other way to say that something is wrong."""
        metrics.REFUSED.labels(reason).inc()
        if self._transport is not None:
            peer = self._transport.get_extra_info("peername")
            self._exchange.log_refusal(reason=reason, text=text, peer=peer[0] if peer else None)
            self._transport.abort()

    def _send(self, event: wire.Event) -> None:
        if self._transport is not None:
            self._transport.write(self._wire.send(event))

    def _hold(self, count: int) -> None:
        self._held += count
        self._exchange.hold(count)


def _count(document: CheckedDocument, outcome: Outcome | None) -> None:
    if isinstance(outcome, Stored):
        if outcome.repeated:
            metrics.REPEATED.inc()
        else:
            metrics.DOCUMENTS.labels(document.ack_code).inc()


def _why_not(document: CheckedDocument, outcome: Outcome | None) -> tuple[str, str]:
    where = f"document {document.fd} of storage {document.fn[:4]}…{document.fn[-4:]}"
    if outcome is None:
        return "database", f"{where}: the database could not be reached"
    if isinstance(outcome, Unstorable):
        return "unstorable", f"{where}: {outcome.text}"
    return "conflict", f"{where}: another document is stored under this number"
