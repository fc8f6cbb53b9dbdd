"""Monthly partitions of tables whose rows go by dropping a partition. Run as the owner of the tables."""

from __future__ import annotations

import datetime as dt
from typing import Any

AHEAD_MONTHS = 24


def month_start(day: dt.date, months: int = 0) -> dt.date:
    """First day of the month that lies `months` after that of `day`."""
    index = day.year * 12 + day.month - 1 + months
    return dt.date(index // 12, index % 12 + 1, 1)


def partition_name(table: str, month: dt.date) -> str:
    return f"{table}_{month:%Y%m}"


def ensure_partitions(
    cursor: Any, table: str, today: dt.date, months: int = AHEAD_MONTHS, *, column: str = "accepted_at"
) -> None:
    """Makes the missing partitions from the month before `today` to `months` ahead, and a default one.

    Rows that the default one has taken for a month without a partition move into it. `column` is the key.
    """
    cursor.execute(f'CREATE TABLE IF NOT EXISTS "{table}_default" PARTITION OF "{table}" DEFAULT')
    for offset in range(-1, months + 1):
        first, following = month_start(today, offset), month_start(today, offset + 1)
        name = partition_name(table, first)
        cursor.execute("SELECT to_regclass(%s) IS NULL", [f'"{name}"'])
        if cursor.fetchone()[0]:
            cursor.execute(_partition_made(table, name, column, f"{first:%Y-%m-%d}+00", f"{following:%Y-%m-%d}+00"))


def _partition_made(table: str, name: str, column: str, first: str, following: str) -> str:
    """Statements that are one transaction, as they are sent together."""
    return f"""
        CREATE TABLE "{name}" (LIKE "{table}" INCLUDING ALL);
        WITH moved AS (
            DELETE FROM "{table}_default" WHERE {column} >= '{first}' AND {column} < '{following}' RETURNING *
        )
        INSERT INTO "{name}" SELECT * FROM moved;
        ALTER TABLE "{table}" ATTACH PARTITION "{name}" FOR VALUES FROM ('{first}') TO ('{following}');
    """  # noqa: S608  our own names and days


def partitions_before(cursor: Any, table: str, day: dt.date) -> list[str]:
    """Names of the monthly partitions that end at or before `day`, oldest first."""
    cursor.execute(
        "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
        " WHERE i.inhparent = %s::regclass ORDER BY 1",
        [table],
    )
    last_kept = partition_name(table, month_start(day))
    return [name for (name,) in cursor.fetchall() if name < last_kept and name[-6:].isdecimal()]
