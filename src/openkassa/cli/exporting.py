"""Export of an organisation: every cell table, its rows alone, as CSV in a ZIP."""

from __future__ import annotations

import os
import uuid
import zipfile
from pathlib import Path
from typing import BinaryIO

from django.apps import apps
from django.db import connection
from psycopg import sql

from openkassa.core.models import Organisation
from openkassa.core.tenancy import TenantRow


class NothingToExport(Exception):
    """There is no such organisation."""


def tenant_tables() -> dict[str, str]:
    """Tables with rows of organisations, their histories too → the column that names the organisation."""
    tables = {Organisation._meta.db_table: "id"}
    for model in apps.get_models():
        tracked = getattr(model, "pgh_tracked_model", None) or model
        if issubclass(tracked, TenantRow):
            tables[model._meta.db_table] = "organisation_id"
        elif tracked is Organisation:
            tables[model._meta.db_table] = "id"  # the history keeps the name of the column
    return dict(sorted(tables.items()))


def organisation_export(organisation_id: uuid.UUID, target: Path) -> dict[str, int]:
    """Writes `target` (mode 0600, must not exist) in one snapshot; returns rows by table.

    Raises `NothingToExport`, `OSError` for a target that can't be made. What fails leaves no file behind.
    """
    if not Organisation.objects.filter(id=organisation_id).exists():
        raise NothingToExport(f"There is no organisation {organisation_id}.")
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            return _write(organisation_id, file)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _write(organisation_id: uuid.UUID, file: BinaryIO) -> dict[str, int]:
    connection.ensure_connection()
    raw = connection.connection
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, raw.transaction(), raw.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return {
            table: _table(cursor, archive, table, column, organisation_id) for table, column in tenant_tables().items()
        }


def _table(cursor, archive: zipfile.ZipFile, table: str, column: str, organisation_id: uuid.UUID) -> int:
    query = sql.SQL("COPY (SELECT * FROM {} WHERE {} = {} ORDER BY 1) TO STDOUT (FORMAT csv, HEADER)").format(
        sql.Identifier(table), sql.Identifier(column), sql.Literal(organisation_id)
    )
    with archive.open(f"{table}.csv", "w") as file, cursor.copy(query) as copy:
        for block in copy:
            file.write(block)
    return cursor.rowcount
