"""Direct statements for hot paths: bound by the server, prepared once per connection.

Raw SQL lives only in the `sql.py` files of rooms; each of their functions takes `organisation_id`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import connection, connections, transaction

MAX_RETRIES = 3
WHOLE_TABLES = ("enable_hashjoin", "enable_mergejoin", "enable_seqscan")
SERIALISATION = ("40001", "40P01")  # serialisation failure, deadlock


def run(
    query: str, params: Sequence[Any] | dict[str, Any], *, again: bool = False, database: str = "default"
) -> list[tuple]:
    """Runs one statement and returns its rows. Outside a transaction it is a transaction of its own.

    `again`: the statement may run twice, so where the server has closed the connection since its last use it is
    sent once more over a new one.
    """
    wrapper = connections[database]
    wrapper.ensure_connection()
    fresh = wrapper.in_atomic_block or not again
    while True:
        with wrapper.wrap_database_errors:
            try:
                cursor = psycopg.Cursor(wrapper.connection)
                cursor.execute(query, params, prepare=True)
                return cursor.fetchall() if cursor.description else []
            except psycopg.OperationalError:
                broken = wrapper.connection is not None and wrapper.connection.closed
                if fresh or not broken:
                    raise
                fresh = True
        wrapper.close()
        wrapper.ensure_connection()


def database_check() -> str:
    """For readiness: asks the database something. Raises what the database or the way to it raises."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "answers"


def look_up_by_key(database: str = "default") -> None:
    """For a process whose statements find few rows by key: its connections, opened after this, plan no joins of whole
    tables. A plan is kept for as long as its connection, and one made while a table was small would stay so."""
    options = connections[database].settings_dict["OPTIONS"]
    options["options"] = " ".join([options.get("options", ""), *(f"-c {way}=off" for way in WHOLE_TABLES)]).strip()


def atomic(database: str = "default"):
    return transaction.atomic(using=database)
