"""Emptying a worker's database after a test that committed.

Rows are deleted by the superuser with triggers and foreign keys switched off: the application role may not,
and truncating every table takes ten times as long. What the migrations put there stays.
"""

from __future__ import annotations

import psycopg
from psycopg import sql

TABLES = """
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
ORDER BY relname
"""


def tables_with_rows(connection: psycopg.Connection) -> set[str]:
    """Names of the tables that hold at least one row."""
    names = [row[0] for row in connection.execute(TABLES)]
    if not names:
        return set()
    questions = [
        sql.SQL("SELECT {} WHERE EXISTS (SELECT 1 FROM {})").format(sql.Literal(name), sql.Identifier(name))
        for name in names
    ]
    return {row[0] for row in connection.execute(sql.SQL(" UNION ALL ").join(questions))}


def empty(connection: psycopg.Connection, keep: set[str]) -> None:
    """Delete all rows of all tables but those in `keep`."""
    full = tables_with_rows(connection) - keep
    with connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")
        for name in sorted(full):
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
