"""What the archive forgets, and when. Run as the owner of the tables: the role of the processes can delete nothing.

Fiscal documents are kept for five years, as the platform does everywhere.
"""

from __future__ import annotations

import datetime as dt

import psycopg

KEEP_YEARS = 5
BATCH = 5000  # documents in one transaction
TABLES = ["ofd_archive_document", "ofd_archive_documentbody"]

_TRIGGERS = "SELECT tgname FROM pg_trigger WHERE tgrelid = ANY(%s::regclass[]) AND NOT tgisinternal"
# Ids are made in the order of time, so the oldest documents are the first along the primary key.
_EXPIRED = """
SELECT id FROM (SELECT id, received_at FROM ofd_archive_document ORDER BY id LIMIT %s) AS oldest
WHERE received_at < %s
"""


def run_due(connection: psycopg.Connection, at: dt.datetime) -> int:
    """Deletes documents received more than `KEEP_YEARS` before `at`; returns how many. Registers stay."""
    month, day = (2, 28) if (at.month, at.day) == (2, 29) else (at.month, at.day)
    return documents_forget(connection, before=at.replace(year=at.year - KEEP_YEARS, month=month, day=day))


def documents_forget(connection: psycopg.Connection, *, before: dt.datetime) -> int:
    """Deletes documents received before an instant, in batches, each in a transaction of its own."""
    triggers = [name for (name,) in connection.execute(_TRIGGERS, [TABLES])]
    forgotten = 0
    while True:
        with connection.transaction():
            connection.execute("SELECT set_config('pgtrigger.ignore', %s, true)", ["{" + ",".join(triggers) + "}"])
            expired = [identity for (identity,) in connection.execute(_EXPIRED, [BATCH, before])]
            connection.execute("DELETE FROM ofd_archive_documentbody WHERE document_id = ANY(%s)", [expired])
            connection.execute("DELETE FROM ofd_archive_document WHERE id = ANY(%s)", [expired])
        if not expired:
            return forgotten
        forgotten += len(expired)
