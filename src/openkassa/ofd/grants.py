"""Rights of the role that the operator's processes connect as.

`migrate` runs as the owner and grants at its end (signal `post_migrate`). Documents and their bytes may only be read
and inserted; no table may be truncated; nothing is owned by the role, so it can't switch triggers off either.
"""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from django.db import connections
from psycopg import sql

from openkassa.core.databases import database_urls
from openkassa.core.settings import settings

INSERT_ONLY = frozenset({"ofd_archive_document", "ofd_archive_documentbody"})
READ_ONLY = frozenset({"django_migrations"})


def app_role() -> str:
    return unquote(urlsplit(database_urls(settings(), "ofd").app).username or "")


def grant_to_app(sender: object = None, using: str = "default", **_signal: object) -> None:
    """Give the processes' role exactly what it needs. Nothing to do where it is the owner itself (tests)."""
    connection = connections[using]
    role = app_role()
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, EXISTS (SELECT FROM pg_roles WHERE rolname = %s)", [role])
        current, exists = cursor.fetchone()
        if role == current or not exists:
            return
        cursor.execute("SELECT current_schema()")
        schema = cursor.fetchone()[0]
        names = [*connection.introspection.table_names(cursor)]
        statements = [sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(sql.Identifier(schema), sql.Identifier(role))]
        for name in names:
            statements += _table_rights(name, role)
        statements.append(
            sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {} TO {}").format(
                sql.Identifier(schema), sql.Identifier(role)
            )
        )
        for statement in statements:
            cursor.execute(statement)


def _table_rights(name: str, role: str) -> list[sql.Composed]:
    if name in READ_ONLY:
        rights = "SELECT"
    elif name in INSERT_ONLY:
        rights = "SELECT, INSERT"
    else:
        rights = "SELECT, INSERT, UPDATE, DELETE"
    table, to = sql.Identifier(name), sql.Identifier(role)
    return [
        sql.SQL("REVOKE ALL ON {} FROM {}").format(table, to),
        sql.SQL("GRANT " + rights + " ON {} TO {}").format(table, to),
    ]
