"""Batches of documents into the database: one statement, one commit, for as many as have come.

The list of columns is that of `openkassa.ofd.archive.models`; a test compares the two.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Sequence
from typing import Union

import msgspec
import psycopg
import structlog

log = structlog.get_logger(__name__)

APPLICATION_NAME = "ofd-exchange"
CONNECT_SECONDS = 5
STATEMENT_MILLISECONDS = 30_000


class RegisterReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a report of registration (form 1 or 11) says about its register."""

    rnm: str
    inn: str
    user_name: str
    address: str
    place: str
    serial: str


class CheckedDocument(msgspec.Struct, kw_only=True):
    """A document that passed the checks, its acknowledgement ready. Field names are columns of the archive."""

    id: uuid.UUID
    fn: str
    fd: int
    form: int
    ffd: int
    shift: int
    number: int
    local_time: int
    fiscal_sign: int
    operation: int
    total: int
    inn: str
    rnm: str
    ack_code: int
    received_at: dt.datetime
    container: bytes
    acknowledgement: bytes
    document: bytes  # the STLV alone: what «the same document» is judged by
    problems: tuple[tuple[int, str], ...] = ()  # (tag, text)
    report: RegisterReport | None = None


class Stored(msgspec.Struct, frozen=True):
    """`acknowledgement` is what to answer: for a repeat, the bytes that were answered the first time."""

    acknowledgement: bytes
    repeated: bool = False


class Conflict(msgspec.Struct, frozen=True):
    """Another document is stored under this number of this storage."""


class Unstorable(msgspec.Struct, frozen=True):
    """The database refused this document; the text is its reason."""

    text: str


Outcome = Union[Stored, Conflict, Unstorable]

_COLUMNS = (
    ("id", "uuid"),
    ("fn", "text"),
    ("fd", "int4"),
    ("form", "int2"),
    ("ffd", "int2"),
    ("shift", "int4"),
    ("number", "int4"),
    ("local_time", "int8"),
    ("fiscal_sign", "int8"),
    ("operation", "int2"),
    ("total", "int8"),
    ("inn", "text"),
    ("rnm", "text"),
    ("ack_code", "int2"),
    ("received_at", "timestamptz"),
)
_BODY_COLUMNS = (("container", "bytea"), ("acknowledgement", "bytea"), ("problems", "text"))
DOCUMENT_COLUMNS = tuple(name for name, _ in _COLUMNS)

_INSERT = f"""
WITH batch AS (
    SELECT * FROM unnest({", ".join(f"%b::{kind}[]" for _, kind in _COLUMNS + _BODY_COLUMNS)})
        AS batch ({", ".join(name for name, _ in _COLUMNS + _BODY_COLUMNS)})
), stored AS (
    INSERT INTO ofd_archive_document ({", ".join(DOCUMENT_COLUMNS)})
    SELECT {", ".join(DOCUMENT_COLUMNS)} FROM batch
    ON CONFLICT (fn, fd) DO NOTHING
    RETURNING id
), bodies AS (
    INSERT INTO ofd_archive_documentbody (document_id, container, acknowledgement, problems)
    SELECT id, container, acknowledgement, problems::jsonb FROM batch JOIN stored USING (id)
)
SELECT count(*) FROM stored
"""  # noqa: S608 - made of the constants above

_FIND = """
SELECT document.fn, document.fd, document.id, body.container, body.acknowledgement
FROM unnest(%b::text[], %b::int4[]) AS wanted (fn, fd)
JOIN ofd_archive_document AS document USING (fn, fd)
JOIN ofd_archive_documentbody AS body ON body.document_id = document.id
"""

_LEARN = """
INSERT INTO ofd_archive_register
    (id, fn, rnm, inn, user_name, address, place, serial, ffd, report_fd, report_local_time, first_seen_at)
VALUES (%(id)s, %(fn)s, %(rnm)s, %(inn)s, %(user_name)s, %(address)s, %(place)s, %(serial)s, %(ffd)s,
        %(report_fd)s, %(report_local_time)s, %(first_seen_at)s)
ON CONFLICT (fn) DO UPDATE SET
    rnm = excluded.rnm, inn = excluded.inn, user_name = excluded.user_name, address = excluded.address,
    place = excluded.place, serial = excluded.serial, ffd = excluded.ffd, report_fd = excluded.report_fd,
    report_local_time = excluded.report_local_time
WHERE ofd_archive_register.report_fd < excluded.report_fd
"""

CONTAINER_HEADER = 32
CONTAINER_TAIL = 10


class Store:
    """One connection to the operator's database, used from one thread; opened at the first call and after a loss."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.Connection | None = None

    def ping(self) -> None:
        """Raises `psycopg.Error` when the database doesn't answer."""
        self._open().execute("SELECT 1")

    def write(self, batch: Sequence[CheckedDocument]) -> list[Outcome]:
        """Outcomes in the order of `batch`, all of them durable.

        Raises another `psycopg.Error` when the database can't be reached, was lost or can't write now: then nothing is
        known, nothing may be answered, and the registers send again. A document that the database refuses doesn't
        take the others with it: they are then written one by one.
        """
        try:
            return self._write_twice(batch)
        except (psycopg.DataError, psycopg.IntegrityError, ValueError) as error:  # ValueError: text that isn't Unicode
            if len(batch) == 1:
                log.error("document_refused_by_database", fd=batch[0].fd, error=str(error))
                return [Unstorable(str(error))]
            return [outcome for document in batch for outcome in self.write([document])]
        except psycopg.Error:
            self.close()
            raise

    def _write_twice(self, batch: Sequence[CheckedDocument]) -> list[Outcome]:
        """Once more over a new connection when the old one turns out to be lost: the repeat finds what was stored."""
        try:
            return self._write(batch)
        except psycopg.OperationalError as error:
            if self._connection is None or not self._connection.closed:
                raise
            log.warning("database_connection_lost", error=str(error))
            return self._write(batch)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> psycopg.Connection:
        if self._connection is None or self._connection.closed:
            connection = psycopg.connect(
                self._url, autocommit=True, connect_timeout=CONNECT_SECONDS, application_name=APPLICATION_NAME
            )
            connection.prepare_threshold = 0
            # An acknowledgement promises that the document is safe, whatever the server's default is.
            connection.execute("SET synchronous_commit = on")
            connection.execute(f"SET statement_timeout = {STATEMENT_MILLISECONDS}")
            self._connection = connection
        return self._connection

    def _write(self, batch: Sequence[CheckedDocument]) -> list[Outcome]:
        # In order of numbers, so that two exchange processes with the same documents can't deadlock.
        ordered = sorted(batch, key=lambda document: (document.fn, document.fd))
        connection = self._open()
        reports = [(document, document.report) for document in ordered if document.report is not None]
        if reports:
            with connection.transaction():
                new = self._insert(connection, ordered)
                for document, report in reports:
                    connection.execute(_LEARN, _register_row(document, report))
        else:
            new = self._insert(connection, ordered)
        if new == len(batch):
            return [Stored(document.acknowledgement) for document in batch]
        found = self._find(connection, ordered)
        return [_outcome(document, found[document.fn, document.fd]) for document in batch]

    def _insert(self, connection: psycopg.Connection, batch: Sequence[CheckedDocument]) -> int:
        columns = [[getattr(document, name) for document in batch] for name in DOCUMENT_COLUMNS]
        columns.append([document.container for document in batch])
        columns.append([document.acknowledgement for document in batch])
        columns.append([_problems(document) for document in batch])
        row = connection.execute(_INSERT, columns).fetchone()
        return row[0] if row else 0

    def _find(self, connection: psycopg.Connection, batch: Sequence[CheckedDocument]) -> dict:
        keys = [[document.fn for document in batch], [document.fd for document in batch]]
        return {(fn, fd): rest for fn, fd, *rest in connection.execute(_FIND, keys, binary=True)}


def _outcome(document: CheckedDocument, found: tuple[uuid.UUID, bytes, bytes]) -> Outcome:
    stored_id, container, acknowledgement = found
    if stored_id == document.id:
        return Stored(acknowledgement)
    # The header around a document may differ when it is sent again (nonce); the document itself may not.
    if container[CONTAINER_HEADER:-CONTAINER_TAIL] == document.document:
        return Stored(acknowledgement, repeated=True)
    return Conflict()


def _problems(document: CheckedDocument) -> str:
    if not document.problems:
        return "[]"
    return json.dumps([{"tag": tag, "text": text} for tag, text in document.problems], ensure_ascii=False)


def _register_row(document: CheckedDocument, report: RegisterReport) -> dict[str, object]:
    return {
        **msgspec.structs.asdict(report),
        "id": document.id,
        "fn": document.fn,
        "ffd": document.ffd,
        "report_fd": document.fd,
        "report_local_time": document.local_time,
        "first_seen_at": document.received_at,
    }
