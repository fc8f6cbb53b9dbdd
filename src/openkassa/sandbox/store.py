"""What the sandbox remembers: mails, SMS, requests to hooks, faults. One SQLite file, so that it survives a restart."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from pathlib import Path
from typing import Any

KEPT = 5000  # newest rows of each kind

SCHEMA = """
CREATE TABLE IF NOT EXISTS mail (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, sender TEXT NOT NULL, recipients TEXT NOT NULL, raw BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS sms (
    number INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, at TEXT NOT NULL, phone TEXT NOT NULL, text TEXT NOT NULL,
    repeats INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS hook (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, at TEXT NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL,
    headers TEXT NOT NULL, body BLOB NOT NULL, status INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS hook_name ON hook (name, id);
CREATE TABLE IF NOT EXISTS answer (
    name TEXT PRIMARY KEY, status INTEGER NOT NULL, delay REAL NOT NULL, body TEXT NOT NULL, times INTEGER);
CREATE TABLE IF NOT EXISTS fault (name TEXT PRIMARY KEY, value REAL NOT NULL, times INTEGER);
"""


class Store:
    """Used from the event loop's thread alone; each call takes well under a millisecond."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._database.row_factory = sqlite3.Row
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.executescript(SCHEMA)

    def close(self) -> None:
        self._database.close()

    def add_mail(self, at: dt.datetime, sender: str, recipients: list[str], raw: bytes) -> int:
        row = (at.isoformat(" ", "seconds"), sender, json.dumps(recipients), raw)
        number = self._insert("INSERT INTO mail (at, sender, recipients, raw) VALUES (?, ?, ?, ?)", row)
        self._database.execute("DELETE FROM mail WHERE id <= ?", (number - KEPT,))
        return number

    def mails(self, recipient: str = "", limit: int = 200) -> list[dict[str, Any]]:
        """Newest first."""
        rows = self._all("SELECT * FROM mail ORDER BY id DESC")
        for row in rows:
            row["recipients"] = json.loads(row["recipients"])
        return [row for row in rows if not recipient or recipient in row["recipients"]][:limit]

    def mail(self, number: int) -> dict[str, Any] | None:
        for row in self._all("SELECT * FROM mail WHERE id = ?", (number,)):
            return row | {"recipients": json.loads(row["recipients"])}
        return None

    def add_sms(self, at: dt.datetime, message_id: str, phone: str, text: str) -> str:
        """ "accepted", "repeated" for an id that came before, "conflict" for one that came with another message."""
        for known in self._all("SELECT * FROM sms WHERE id = ?", (message_id,)):
            if (known["phone"], known["text"]) != (phone, text):
                return "conflict"
            self._database.execute("UPDATE sms SET repeats = repeats + 1 WHERE id = ?", (message_id,))
            return "repeated"
        row = (message_id, at.isoformat(" ", "seconds"), phone, text)
        number = self._insert("INSERT INTO sms (id, at, phone, text) VALUES (?, ?, ?, ?)", row)
        self._database.execute("DELETE FROM sms WHERE number <= ?", (number - KEPT,))
        return "accepted"

    def smses(self, phone: str = "", limit: int = 200) -> list[dict[str, Any]]:
        """Newest first."""
        return self._all(
            "SELECT id, at, phone, text, repeats FROM sms WHERE ? IN ('', phone) ORDER BY number DESC LIMIT ?",
            (phone, limit),
        )

    def add_hook(
        self,
        at: dt.datetime,
        name: str,
        method: str,
        path: str,
        headers: list[tuple[str, str]],
        body: bytes,
        status: int,
    ) -> int:
        row = (name, at.isoformat(" ", "seconds"), method, path, json.dumps(headers), body, status)
        number = self._insert(
            "INSERT INTO hook (name, at, method, path, headers, body, status) VALUES (?, ?, ?, ?, ?, ?, ?)", row
        )
        self._database.execute("DELETE FROM hook WHERE id <= ?", (number - KEPT,))
        return number

    def hooks(self, name: str = "", limit: int = 200) -> list[dict[str, Any]]:
        """Newest first."""
        rows = self._all("SELECT * FROM hook WHERE ? IN ('', name) ORDER BY id DESC LIMIT ?", (name, limit))
        return [row | {"headers": json.loads(row["headers"])} for row in rows]

    def set_answer(self, name: str, status: int, delay: float, body: str, times: int | None) -> None:
        self._database.execute(
            "INSERT OR REPLACE INTO answer (name, status, delay, body, times) VALUES (?, ?, ?, ?, ?)",
            (name, status, delay, body, times),
        )

    def take_answer(self, name: str) -> dict[str, Any]:
        """The answer for the next request to a hook; one given for so many times is used up."""
        for row in self._all("SELECT * FROM answer WHERE name = ?", (name,)):
            self._use_up("answer", row)
            return row
        return {"status": 200, "delay": 0.0, "body": "{}"}

    def set_fault(self, name: str, value: float, times: int | None = None) -> None:
        """Switches a fault on, for the next `times` occasions or until it is switched off (value 0)."""
        if value:
            self._database.execute(
                "INSERT OR REPLACE INTO fault (name, value, times) VALUES (?, ?, ?)", (name, value, times)
            )
        else:
            self._database.execute("DELETE FROM fault WHERE name = ?", (name,))

    def take_fault(self, name: str) -> float:
        """The fault's value, 0 when it is off; counts one occasion."""
        for row in self._all("SELECT * FROM fault WHERE name = ?", (name,)):
            self._use_up("fault", row)
            return row["value"]
        return 0.0

    def faults(self) -> dict[str, dict[str, Any]]:
        return {row["name"]: {"value": row["value"], "times": row["times"]} for row in self._all("SELECT * FROM fault")}

    def clear(self, table: str, name: str = "") -> None:
        """Forgets all rows of "mail", "sms", "fault", or of one hook and its answer."""
        if table == "hook":
            self._database.execute("DELETE FROM hook WHERE ? IN ('', name)", (name,))
            self._database.execute("DELETE FROM answer WHERE ? IN ('', name)", (name,))
        elif table in ("mail", "sms", "fault"):
            self._database.execute(f"DELETE FROM {table}")  # noqa: S608  a name from the line above

    def _use_up(self, table: str, row: dict[str, Any]) -> None:
        if row["times"] is None:
            return
        if row["times"] > 1:
            statement = f"UPDATE {table} SET times = times - 1 WHERE name = ?"  # noqa: S608
        else:
            statement = f"DELETE FROM {table} WHERE name = ?"  # noqa: S608
        self._database.execute(statement, (row["name"],))

    def _insert(self, statement: str, row: tuple) -> int:
        return self._database.execute(statement, row).lastrowid or 0

    def _all(self, statement: str, values: tuple = ()) -> list[dict[str, Any]]:
        return [dict(row) for row in self._database.execute(statement, values)]
