"""Guards switched off inside one test, to see that without them the common check fails.

The database is changed by the superuser and mended when the test leaves the block; its rows are deleted then, as they
may break what the guard guards.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql
from tests.support import cleaning


@contextlib.contextmanager
def without_index(superuser: psycopg.Connection, *names: str) -> Iterator[None]:
    """No such indexes, be they of a constraint or not."""
    found = [_index(superuser, name) for name in names]
    for name, table, _, is_constraint in found:
        drop = "ALTER TABLE {table} DROP CONSTRAINT {name}" if is_constraint else "DROP INDEX {name}"
        superuser.execute(sql.SQL(drop).format(table=sql.Identifier(table), name=sql.Identifier(name)))
    try:
        yield
    finally:
        _empty(superuser)
        for name, table, definition, is_constraint in found:
            superuser.execute(definition)
            if is_constraint:
                add = sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} UNIQUE USING INDEX {}")
                identifier = sql.Identifier(name)
                superuser.execute(add.format(sql.Identifier(table), identifier, identifier))


@contextlib.contextmanager
def without_triggers(superuser: psycopg.Connection, *tables: str) -> Iterator[None]:
    """No state machines and nothing append-only in these tables."""
    for table in tables:
        superuser.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(sql.Identifier(table)))
    try:
        yield
    finally:
        _empty(superuser)
        for table in tables:
            superuser.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(sql.Identifier(table)))


def weakened(patch: pytest.MonkeyPatch, module: Any, name: str, *changes: tuple[str, str]) -> None:
    """A statement of a module without a part of it, until the test ends."""
    statement = getattr(module, name)
    for old, new in changes:
        assert old in statement, f"{name} has no longer {old!r}: this test proves nothing"
        statement = statement.replace(old, new)
    patch.setattr(module, name, statement)


def _index(superuser: psycopg.Connection, name: str) -> tuple[str, str, str, bool]:
    """(name, table, definition, whether it belongs to a constraint)."""
    row = superuser.execute(
        "SELECT i.relname, t.relname, pg_get_indexdef(x.indexrelid),"
        " EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = x.indexrelid AND c.contype = 'u')"
        " FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid"
        " WHERE i.relname = %s",
        [name],
    ).fetchone()
    assert row is not None, f"there is no index {name}"
    return row


def _empty(superuser: psycopg.Connection) -> None:
    others = {name for name in cleaning.tables_with_rows(superuser) if not name.startswith("kassa_")}
    cleaning.empty(superuser, keep=others)
