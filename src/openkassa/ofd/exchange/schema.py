"""The exchange writes with SQL of its own, so it starts only on a schema that it knows."""

from __future__ import annotations

from importlib import resources

import psycopg

from openkassa.core.rights import check_rights

APP = "ofd_archive"


class SchemaUnknown(Exception):
    """The operator's database has other migrations than this program; the text says what to do."""


def known_migrations() -> set[str]:
    folder = resources.files("openkassa.ofd.archive.migrations")
    return {item.name.removesuffix(".py") for item in folder.iterdir() if item.name[:4].isdecimal()}


def check_schema(url: str) -> None:
    """Raises `SchemaUnknown`, `WrongSetting` for a role with too many rights, or `psycopg.OperationalError` when the
    database can't be reached."""
    with psycopg.connect(url, connect_timeout=5) as connection:
        try:
            rows = connection.execute("SELECT name FROM django_migrations WHERE app = %s", [APP]).fetchall()
        except psycopg.errors.UndefinedTable:
            raise SchemaUnknown("the operator's database is empty; run `kassa migrate`") from None
        check_rights(connection, "ofd")
    applied = {name for (name,) in rows}
    missing = known_migrations() - applied
    if missing:
        raise SchemaUnknown(f"the operator's database lacks {', '.join(sorted(missing))}; run `kassa migrate`")
    unknown = applied - known_migrations()
    if unknown:
        raise SchemaUnknown(
            f"the operator's database is newer than this program ({', '.join(sorted(unknown))}); upgrade the program"
        )
