"""The hub: looks for new receipt events and hands them to the open streams.

While nobody listens nothing is asked of the database. Else the hub polls for organisations that have
listeners, when the doorbell "events" rings and at the latest each half second, never more often than `GAP`. Ids
are made before their transaction commits, so an event can appear below one that was seen: each poll looks back
`OVERLAP` and skips what it has told. A reader may be told the same twice, after a reconnection for one.
"""

from __future__ import annotations

import asyncio
import functools
import json
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable

import prometheus_client
import psycopg
import structlog

from openkassa.events.source import ReceiptEvent, Source

POLL = 0.5  # seconds
GAP = 0.1
OVERLAP = 2.0
BATCH = 5000  # events of one poll; beyond it readers are told to read anew
BURST = 100  # events to one reader at a time, likewise
QUEUE = 16  # batches that a slow reader may be behind before it is dropped
PER_ORGANISATION = 500
TOTAL = 10_000

MANY = b"event: many\ndata: {}\n\n"

log = structlog.get_logger(__name__)
streams = prometheus_client.Gauge("kassa_event_streams", "Open event streams")
told = prometheus_client.Counter("kassa_events_told_total", "Events handed to streams")
polls = prometheus_client.Histogram("kassa_events_poll_seconds", "Time of a look for new events")


class TooMany(Exception):
    """No more streams now."""


class Reader:
    """One open stream."""

    def __init__(self, organisation_id: uuid.UUID, receipt_id: uuid.UUID | None) -> None:
        self.organisation_id = organisation_id
        self.receipt_id = receipt_id
        self.queue: asyncio.Queue[list[ReceiptEvent] | None] = asyncio.Queue()
        self.told: set[uuid.UUID] = set()  # what it was told when it came; the hub may have queued it too

    def tell(self, events: list[ReceiptEvent]) -> None:
        """Queues what concerns this reader."""
        mine = [event for event in events if self.receipt_id in (None, event.receipt_id)]
        if mine:
            self.put(mine)
            told.inc(len(mine))

    def put(self, events: list[ReceiptEvent]) -> None:
        """Queues events, none for «read anew»; the end, None, for a reader that is too far behind."""
        if self.queue.qsize() < QUEUE:
            self.queue.put_nowait(events)
        elif self.queue.qsize() == QUEUE:
            self.queue.put_nowait(None)


class Hub:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.fault = ""  # of the last look; empty when it went well
        self._readers: dict[uuid.UUID, set[Reader]] = defaultdict(set)
        self._count: Counter[uuid.UUID] = Counter()
        self._bell = asyncio.Event()
        self._wanted = asyncio.Event()
        self._seen: set[uuid.UUID] = set()

    def ring(self) -> None:
        self._bell.set()

    def join(self, reader: Reader) -> None:
        """Raises `TooMany`."""
        if self._count.total() >= TOTAL or self._count[reader.organisation_id] >= PER_ORGANISATION:
            raise TooMany
        self._count[reader.organisation_id] += 1
        self._readers[reader.organisation_id].add(reader)
        self._wanted.set()
        streams.inc()

    def leave(self, reader: Reader) -> None:
        readers = self._readers[reader.organisation_id]
        if reader not in readers:
            return
        readers.discard(reader)
        self._count[reader.organisation_id] -= 1
        if not readers:
            del self._readers[reader.organisation_id]
            del self._count[reader.organisation_id]
        if not self._readers:
            self._wanted.clear()
        streams.dec()

    def end_all(self) -> None:
        """Ends every stream; browsers come again by themselves."""
        for reader in self._everybody():
            reader.queue.put_nowait(None)

    async def run(self) -> None:
        """Looks for events until it is cancelled."""
        looked_from = id_at(time.time() - OVERLAP)
        while True:
            if not self._wanted.is_set():
                await self._wanted.wait()
                looked_from = id_at(time.time() - OVERLAP)
            started = time.time()
            if await self._look(looked_from):
                looked_from = id_at(started - OVERLAP)
            await self._pause()

    async def _pause(self) -> None:
        await asyncio.sleep(GAP)
        try:
            await asyncio.wait_for(self._bell.wait(), POLL - GAP)
        except TimeoutError:
            return
        self._bell.clear()

    async def _look(self, after: uuid.UUID) -> bool:
        """One poll; False when the database couldn't be asked."""
        try:
            with polls.time():
                events = await self.source.since(list(self._readers), after, BATCH)
        except psycopg.Error as error:
            self.fault = str(error).strip() or type(error).__name__
            log.warning("events_not_read", error=self.fault)
            await asyncio.sleep(1)
            return False
        self.fault = ""
        fresh = [event for event in events if event.id not in self._seen]
        self._seen = {event.id for event in events}
        if len(events) == BATCH:
            for reader in self._everybody():
                reader.put([])
        else:
            self._hand_out(fresh)
        return True

    def _hand_out(self, events: Iterable[ReceiptEvent]) -> None:
        by_organisation: dict[uuid.UUID, list[ReceiptEvent]] = defaultdict(list)
        for event in events:
            by_organisation[event.organisation_id].append(event)
        for organisation_id, mine in by_organisation.items():
            for reader in self._readers.get(organisation_id, ()):
                reader.tell(mine)

    def _everybody(self) -> list[Reader]:
        return [reader for readers in self._readers.values() for reader in readers]


def encode_for(reader: Reader, events: list[ReceiptEvent] | None) -> bytes | None:
    """What is written to a reader for an entry of its queue; nothing for events that it knows."""
    if events is None:
        return None
    return encode([event for event in events if event.id not in reader.told]) if events else MANY


def encode(events: list[ReceiptEvent]) -> bytes:
    """Server-sent events; more than `BURST` become one that says «read anew»."""
    if len(events) > BURST:
        return b"id: " + str(events[-1].id).encode() + b"\n" + MANY
    return b"".join(_encode(event) for event in events)


@functools.lru_cache(maxsize=4096)
def _encode(event: ReceiptEvent) -> bytes:
    data = {"receipt": str(event.receipt_id), "state": event.state, "at": event.at.isoformat()}
    return f"id: {event.id}\nevent: receipt\ndata: {json.dumps(data)}\n\n".encode()


def id_at(timestamp: float) -> uuid.UUID:
    """The smallest UUIDv7 of a moment, seconds since 1970."""
    return uuid.UUID(int=max(0, int(timestamp * 1000)) << 80)


def before(event_id: uuid.UUID) -> uuid.UUID:
    """The id `OVERLAP` before another: what could still appear below it lies above this."""
    return id_at((event_id.int >> 80) / 1000 - OVERLAP)
