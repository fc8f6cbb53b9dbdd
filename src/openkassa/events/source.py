"""Receipt events from the database, over one connection of the process's own.

Raw SQL: each query names its organisations.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

COLUMNS = "id, organisation_id, receipt_id, state, at"
STATEMENT_TIMEOUT = "5s"


@dataclass(frozen=True, slots=True)
class ReceiptEvent:
    id: uuid.UUID  # UUIDv7: its order is nearly, not exactly, the order of commits
    organisation_id: uuid.UUID
    receipt_id: uuid.UUID
    state: str
    at: dt.datetime  # UTC


class Source:
    """Opens its connection when it is first needed and again after a fault."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.AsyncConnection | None = None
        self._opening = asyncio.Lock()

    async def since(self, organisation_ids: Sequence[uuid.UUID], after: uuid.UUID, limit: int) -> list[ReceiptEvent]:
        """Events of some organisations with ids above `after`, in order of id."""
        return await self._read(
            f"SELECT {COLUMNS} FROM kassa_receipts_receiptevent"  # noqa: S608  constants
            " WHERE id > %s AND organisation_id = ANY(%s) ORDER BY id LIMIT %s",
            (after, list(organisation_ids), limit),
        )

    async def of_receipt(
        self, organisation_id: uuid.UUID, receipt_id: uuid.UUID, after: uuid.UUID, limit: int
    ) -> list[ReceiptEvent]:
        """Events of one receipt with ids above `after`, in order of id."""
        return await self._read(
            f"SELECT {COLUMNS} FROM kassa_receipts_receiptevent"  # noqa: S608  constants
            " WHERE organisation_id = %s AND receipt_id = %s AND id > %s ORDER BY id LIMIT %s",
            (organisation_id, receipt_id, after, limit),
        )

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def _read(self, query: str, values: tuple) -> list[ReceiptEvent]:
        """Raises `psycopg.Error`; the connection is then opened anew at the next call."""
        try:
            cursor = await (await self._opened()).execute(query, values)
            return [ReceiptEvent(*row) for row in await cursor.fetchall()]
        except psycopg.Error:
            await self.close()
            raise

    async def _opened(self) -> psycopg.AsyncConnection:
        async with self._opening:
            if self._connection is None:
                self._connection = await psycopg.AsyncConnection.connect(
                    self._url,
                    autocommit=True,
                    connect_timeout=5,
                    application_name="kassa-events",
                    options=f"-c statement_timeout={STATEMENT_TIMEOUT}",
                )
            return self._connection
