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


def ensure_partitions(cursor: Any, table: str, today: dt.date, months: int = AHEAD_MONTHS) -> None:
    """Makes the missing partitions from the month before `today` to `months` ahead, and a default one."""
    cursor.execute(f'CREATE TABLE IF NOT EXISTS "{table}_default" PARTITION OF "{table}" DEFAULT')
    for offset in range(-1, months + 1):
        first, following = month_start(today, offset), month_start(today, offset + 1)
        cursor.execute(
            f'CREATE TABLE IF NOT EXISTS "{partition_name(table, first)}" PARTITION OF "{table}"'
            f" FOR VALUES FROM ('{first:%Y-%m-%d}+00') TO ('{following:%Y-%m-%d}+00')"
        )


def drop_partitions_before(cursor: Any, table: str, day: dt.date) -> list[str]:
    """Drops the monthly partitions that end at or before `day`; returns their names."""
    cursor.execute(
        "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
        " WHERE i.inhparent = %s::regclass ORDER BY 1",
        [table],
    )
    last_kept = partition_name(table, month_start(day))
    names = [name for (name,) in cursor.fetchall() if name < last_kept and name[-6:].isdecimal()]
    for name in names:
        cursor.execute(f'DROP TABLE "{name}"')
    return names
