"""Export of an organisation: every cell table, its rows alone, as CSV in a ZIP."""

from __future__ import annotations

import os
import uuid
import zipfile
from pathlib import Path

from django.apps import apps
from django.db import connection
from psycopg import sql

from openkassa.core.models import Organisation
from openkassa.core.tenancy import TenantRow


class NothingToExport(Exception):
    """There is no such organisation."""


def tenant_tables() -> list[str]:
    """Tables whose rows belong to an organisation."""
    return sorted(model._meta.db_table for model in apps.get_models() if issubclass(model, TenantRow))


def organisation_export(organisation_id: uuid.UUID, target: Path) -> dict[str, int]:
    """Writes `target` (mode 0600, must not exist) in one snapshot; returns rows by table. Raises `NothingToExport`."""
    if not Organisation.objects.filter(id=organisation_id).exists():
        raise NothingToExport(f"There is no organisation {organisation_id}.")
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    rows: dict[str, int] = {}
    connection.ensure_connection()
    raw = connection.connection
    with (
        os.fdopen(handle, "wb") as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        raw.transaction(),
        raw.cursor() as cursor,
    ):
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        rows["core_organisation"] = _table(cursor, archive, "core_organisation", "id", organisation_id)
        for table in tenant_tables():
            rows[table] = _table(cursor, archive, table, "organisation_id", organisation_id)
    return rows


def _table(cursor, archive: zipfile.ZipFile, table: str, column: str, organisation_id: uuid.UUID) -> int:
    query = sql.SQL("COPY (SELECT * FROM {} WHERE {} = {} ORDER BY 1) TO STDOUT (FORMAT csv, HEADER)").format(
        sql.Identifier(table), sql.Identifier(column), sql.Literal(organisation_id)
    )
    with archive.open(f"{table}.csv", "w") as file, cursor.copy(query) as copy:
        for block in copy:
            file.write(block)
    return cursor.rowcount
