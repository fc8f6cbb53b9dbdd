"""The one thread that writes. The loop collects documents while it works and hands it a batch when it is free."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections import deque
from collections.abc import Callable
from typing import Protocol

import psycopg
import structlog

from openkassa.ofd.exchange import metrics
from openkassa.ofd.exchange.store import CheckedDocument, Outcome

log = structlog.get_logger(__name__)

MAX_BATCH = 500  # documents
STUCK_SECONDS = 5.0
GATHER_SECONDS = 0.002  # how long the first document of a batch waits for others; the limit set for us is 0.005

Callback = Callable[[Outcome | None], None]


class Storage(Protocol):
    def write(self, batch: list[CheckedDocument]) -> list[Outcome]: ...
    def close(self) -> None: ...


class Writer:
    """Takes documents from the loop's thread and calls back there, after the commit, with what became of each.

    A callback gets None when the database couldn't be reached: the document may or may not be stored, so it must not
    be answered; the register sends it again.
    """

    def __init__(
        self,
        storage: Storage,
        loop: asyncio.AbstractEventLoop,
        *,
        max_batch: int = MAX_BATCH,
        gather_seconds: float = GATHER_SECONDS,
    ) -> None:
        self._storage = storage
        self._loop = loop
        self._max_batch = max_batch
        self._gather_seconds = gather_seconds
        self._waiting: deque[tuple[CheckedDocument, Callback]] = deque()
        self._batches: queue.SimpleQueue[list[tuple[CheckedDocument, Callback]] | None] = queue.SimpleQueue()
        self._writing_since: float | None = None  # loop time at which the thread got its batch
        self._busy = False  # a batch is with the thread, or about to be
        self._idle = asyncio.Event()
        self._idle.set()
        self._thread = threading.Thread(target=self._run, name="ofd-writer", daemon=True)
        self._thread.start()

    def submit(self, document: CheckedDocument, callback: Callback) -> None:
        self._waiting.append((document, callback))
        if not self._busy:
            self._busy = True
            self._idle.clear()
            self._loop.call_later(self._gather_seconds, self._hand_over)

    def check(self) -> str:
        """For readiness, from any thread. Raises when the writer has died or doesn't come back from a batch."""
        if not self._thread.is_alive():
            raise RuntimeError("the writing thread has ended; restart the exchange")
        since = self._writing_since
        if since is not None and (seconds := self._loop.time() - since) > STUCK_SECONDS:
            raise RuntimeError(f"a batch has been waiting for the database for {seconds:.0f} s")
        return f"{len(self._waiting)} documents waiting"

    async def drain(self) -> None:
        """Returns when everything submitted has been written and called back."""
        await self._idle.wait()

    async def stop(self) -> None:
        await self.drain()
        self._batches.put(None)
        await asyncio.to_thread(self._thread.join)

    def _hand_over(self) -> None:
        self._writing_since = self._loop.time()
        count = min(len(self._waiting), self._max_batch)
        self._batches.put([self._waiting.popleft() for _ in range(count)])

    def _written(self, batch: list[tuple[CheckedDocument, Callback]], outcomes: list[Outcome] | None) -> None:
        self._writing_since = None
        for position, (_, callback) in enumerate(batch):
            callback(None if outcomes is None else outcomes[position])
        if len(self._waiting) >= self._max_batch:
            self._hand_over()
        elif self._waiting:
            self._loop.call_later(self._gather_seconds, self._hand_over)
        else:
            self._busy = False
            self._idle.set()

    def _run(self) -> None:
        while (batch := self._batches.get()) is not None:
            outcomes = self._write([document for document, _ in batch])
            self._loop.call_soon_threadsafe(self._written, batch, outcomes)
        self._storage.close()

    def _write(self, documents: list[CheckedDocument]) -> list[Outcome] | None:
        with metrics.BATCH_SECONDS.time():
            try:
                outcomes = self._storage.write(documents)
            except psycopg.Error as error:
                metrics.DATABASE_FAILURES.inc()
                log.error("database_unreachable", documents=len(documents), error=str(error))
                return None
            except Exception:  # a fault of ours must not silence the writer: registers send again
                metrics.DATABASE_FAILURES.inc()
                log.exception("batch_failed", documents=len(documents))
                return None
        metrics.BATCH_DOCUMENTS.observe(len(documents))
        return outcomes
