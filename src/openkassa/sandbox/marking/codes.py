"""Codes that the sandbox's marking service knows, and the state of each."""

from __future__ import annotations

import datetime as dt
import sqlite3
from pathlib import Path
from typing import Any, Final

from openkassa.fiscal.marking import MarkingError, normalise, parse

# State → what the service's answer then differs in from that about goods that may be sold.
STATES: Final[dict[str, dict[str, Any]]] = {
    "in_circulation": {},
    "emitted": {"utilised": False, "realizable": False},
    "not_verified": {"verified": False},
    "sold": {"sold": True, "realizable": False},
    "blocked": {"isBlocked": True},
    "not_realizable": {"realizable": False},
    "gray_zone": {"realizable": False, "grayZone": True},
    "expired": {"expireDate": "2020-01-01T00:00:00.000Z"},
}
AFTER_SALE: Final = {1: "sold", 3: "in_circulation"}  # 2110 of a notification → state
_SCHEMA = """
CREATE TABLE IF NOT EXISTS code (
    code TEXT PRIMARY KEY, product TEXT NOT NULL, state TEXT NOT NULL, changed_at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS code_product ON code (product);
CREATE TABLE IF NOT EXISTS question (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, host TEXT NOT NULL, key TEXT NOT NULL, codes INTEGER NOT NULL,
    status INTEGER NOT NULL);
"""
KEPT = 5000


class Codes:
    """Used from the event loop's thread alone."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._database.row_factory = sqlite3.Row
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.executescript(_SCHEMA)

    def close(self) -> None:
        self._database.close()

    def put(self, code: str, state: str, at: dt.datetime) -> None:
        """Enter a code or change its state. MarkingError for what is no code, KeyError for an unknown state."""
        STATES[state]
        read = parse(code)
        self._database.execute(
            "INSERT INTO code (code, product, state, changed_at) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (code) DO UPDATE SET state = excluded.state, changed_at = excluded.changed_at",
            (read.text, read.product, state, at.isoformat(" ", "seconds")),
        )

    def state(self, code: str) -> str | None:
        """None for a code that nobody has entered. A code without its check part is found by its product."""
        row = self._database.execute(
            "SELECT state FROM code WHERE ? IN (code, product) ORDER BY code = ? DESC LIMIT 1", (code, code)
        ).fetchone()
        return row["state"] if row else None

    def sold(self, code: str, status: int, at: dt.datetime) -> None:
        """What a notification of a sale or refund does to a code."""
        state = AFTER_SALE.get(status)
        if state is not None:
            self._database.execute(
                "UPDATE code SET state = ?, changed_at = ? WHERE ? IN (code, product)",
                (state, at.isoformat(" ", "seconds"), code),
            )

    def all(self) -> list[dict[str, Any]]:
        """Changed last first."""
        rows = self._database.execute("SELECT * FROM code ORDER BY changed_at DESC, code LIMIT 500")
        return [dict(row) for row in rows]

    def clear(self) -> None:
        self._database.execute("DELETE FROM code")
        self._database.execute("DELETE FROM question")

    def asked(self, at: dt.datetime, host: str, key: str, codes: int, status: int) -> None:
        """Note a question, so that tests and people see who was asked."""
        row = (at.isoformat(" ", "milliseconds"), host, key, codes, status)
        number = self._database.execute(
            "INSERT INTO question (at, host, key, codes, status) VALUES (?, ?, ?, ?, ?)", row
        ).lastrowid
        self._database.execute("DELETE FROM question WHERE id <= ?", ((number or 0) - KEPT,))

    def questions(self) -> list[dict[str, Any]]:
        """Oldest first."""
        return [dict(row) for row in self._database.execute("SELECT * FROM question ORDER BY id")]


def answer_of(codes: Codes, asked: str) -> dict[str, Any]:
    """What the service says of one code."""
    answer: dict[str, Any] = {"cis": asked, "valid": False, "found": False, "verified": False, "errorCode": 1}
    try:
        read = parse(normalise(asked))
    except MarkingError:
        return answer
    state = codes.state(read.text)
    answer |= {"valid": read.gtin is not None, "printView": read.product, "gtin": read.gtin or ""}
    if state is None:
        return answer
    return answer | {
        "found": True,
        "verified": True,
        "utilised": True,
        "realizable": True,
        "isBlocked": False,
        "sold": False,
        "grayZone": False,
        "isOwner": True,
        "isTracking": True,
        "groupIds": [1],
        "packageType": "UNIT",
        "producerInn": "7700000016",
        "errorCode": 0,
        **STATES[state],
    }
