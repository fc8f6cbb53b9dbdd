"""The merchant's database put back to an older point, as a restore from a backup does; devices stay as they are."""

from __future__ import annotations

import psycopg
from psycopg import sql
from tests.support import cleaning

SCHEMA = sql.Identifier("older_point")


class OlderPoint:
    """What all tables hold now. `restore` brings it back, as superuser and without triggers."""

    def __init__(self, superuser: psycopg.Connection) -> None:
        self._connection = superuser
        self._tables = sorted(cleaning.tables_with_rows(superuser))
        superuser.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(SCHEMA))
        superuser.execute(sql.SQL("CREATE SCHEMA {}").format(SCHEMA))
        for table in self._tables:
            name = sql.Identifier(table)
            superuser.execute(sql.SQL("CREATE TABLE {}.{} AS TABLE public.{}").format(SCHEMA, name, name))

    def restore(self) -> None:
        with self._connection.transaction():
            cleaning.empty(self._connection, keep=set())
            self._connection.execute("SET LOCAL session_replication_role = replica")
            for table in self._tables:
                name = sql.Identifier(table)
                self._connection.execute(
                    sql.SQL("INSERT INTO public.{} SELECT * FROM {}.{}").format(name, SCHEMA, name)
                )
        self._connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(SCHEMA))
