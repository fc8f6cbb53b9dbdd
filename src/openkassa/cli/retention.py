"""`kassa retention`: what has had its time goes. How long each kind is kept is a row of `core_retentionrule`.

It connects as the owner of the tables: the role of the processes may delete nothing that is append-only. Rows go in
batches, each a short transaction of one organisation; requests go by dropping the partition of a month. Nothing
waits long for a lock: a table that stays busy is left for the next time.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import psycopg
from psycopg import sql

from openkassa.cli.errors import Trouble
from openkassa.cli.log_files import logs_forget
from openkassa.cli.migrate_project import ADVISORY_KEY
from openkassa.cli.retention_kinds import COUNTERS, FISCAL_RULE, KINDS, REQUESTS, SESSIONS, Kind
from openkassa.core.databases import database_urls
from openkassa.core.partitions import ensure_partitions, partitions_before
from openkassa.core.settings import Settings
from openkassa.ofd.archive import retention as archive

BATCH = 1000  # rows looked at together
LOCK_TIMEOUT = "2s"  # sales that come in meanwhile wait no longer either
LOCK_ATTEMPTS = 5
LOCK_PAUSE = 1.0  # seconds
FISCAL_DAYS = 1827  # five years: no rule may say less
FIRST = uuid.UUID(int=0)

TRIGGERS = """
SELECT coalesce(array_agg(tgname::text), '{}') FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE NOT tgisinternal AND c.relnamespace = 'public'::regnamespace AND tgname LIKE '%append_only%'
"""

Say = Callable[[str], None]
T = TypeVar("T")


def retention(settings: Settings, at: dt.datetime, say: Say, *, dry_run: bool) -> None:
    """Forgets what is due at the moment `at` in both databases and among the logs. Raises `Trouble`.

    `dry_run`: says what would go and changes nothing. Doing it twice is doing it once.
    """
    with _owner(settings, "kassa") as connection:
        rules = _rules(connection)
        _requests(connection, at, rules["requests"], say, dry_run=dry_run)
        for kind in KINDS:
            forgotten = _forget(connection, kind, at - dt.timedelta(days=rules[kind.rule]), dry_run=dry_run)
            say(f"{kind.title}: {forgotten} older than {rules[kind.rule]} days")
        counters = at - dt.timedelta(days=rules["attempt_counters"])
        _plain_rows(connection, COUNTERS, "window", counters, "counters of attempts", say, dry_run=dry_run)
        _plain_rows(connection, SESSIONS, "expire_date", at, "sessions that have ended", say, dry_run=dry_run)
    _operator(settings, at, rules["attempt_counters"], say, dry_run=dry_run)
    before = at - dt.timedelta(days=rules["logs"])
    forgotten = logs_forget(settings.home / "logs", before, dry_run=dry_run)
    say(f"logs: {forgotten} bytes older than {rules['logs']} days")


@contextlib.contextmanager
def _owner(settings: Settings, project: str) -> Iterator[psycopg.Connection]:
    """The database as its owner, held against a migrate or another retention."""
    with psycopg.connect(database_urls(settings, project).owner, autocommit=True, connect_timeout=10) as connection:
        connection.execute("SELECT set_config('lock_timeout', %s, false)", [LOCK_TIMEOUT])
        held = connection.execute("SELECT pg_try_advisory_lock(%s)", [ADVISORY_KEY]).fetchone()
        if held != (True,):
            raise Trouble(f"a migrate or another retention works on database {project}: let it end, then repeat")
        yield connection


def _rules(connection: psycopg.Connection) -> dict[str, int]:
    """Days by kind. Raises `Trouble` for a kind without a rule, and for one against the law."""
    rules: dict[str, int] = dict(connection.execute("SELECT kind, days FROM core_retentionrule").fetchall())
    wanted = {kind.rule for kind in KINDS} | {"requests", "attempt_counters", "logs"}
    if missing := sorted(wanted - rules.keys()):
        raise Trouble(f"core_retentionrule has no row for {', '.join(missing)}: nothing was deleted; add the rows")
    if rules[FISCAL_RULE] < FISCAL_DAYS:
        raise Trouble(
            f"core_retentionrule keeps {FISCAL_RULE} for {rules[FISCAL_RULE]} days: the law wants five years "
            f"({FISCAL_DAYS} days); nothing was deleted"
        )
    return rules


def _forget(connection: psycopg.Connection, kind: Kind, before: dt.datetime, *, dry_run: bool) -> int:
    """One pass over a kind; returns how many rows went. What only goes after something else waits for the next pass."""
    forgotten, after = 0, FIRST
    while True:
        values = {"after": after, "below": _first_id(before), "before": before, "limit": BATCH}
        rows = connection.execute(kind.expired, values).fetchall()
        if not rows:
            return forgotten
        after = rows[-1][1]
        if dry_run:
            forgotten += len(rows)
            continue
        of_organisation = defaultdict(list)
        for organisation_id, row_id in rows:
            of_organisation[organisation_id].append(row_id)
        for organisation_id, ids in of_organisation.items():
            forgotten += _erase(connection, kind, organisation_id, ids)


def _erase(connection: psycopg.Connection, kind: Kind, organisation_id: uuid.UUID, ids: Sequence[uuid.UUID]) -> int:
    """Rows of one organisation, in one transaction in which the guards of append-only tables look away."""

    def work() -> int:
        with connection.transaction():
            (triggers,) = connection.execute(TRIGGERS).fetchone() or ([],)
            connection.execute("SELECT set_config('pgtrigger.ignore', %s, true)", ["{" + ",".join(triggers) + "}"])
            count = 0
            for statement in kind.erase:
                count = connection.execute(statement, {"organisation_id": organisation_id, "ids": list(ids)}).rowcount
            return count

    return _patiently(work, kind.title)


def _requests(connection: psycopg.Connection, at: dt.datetime, days: int, say: Say, *, dry_run: bool) -> None:
    """Months of requests that are over, and the partitions of the months to come."""
    before = at - dt.timedelta(days=days)
    with connection.cursor() as cursor:
        over = partitions_before(cursor, REQUESTS, before.date())
        if not dry_run:
            for name in over:
                drop = sql.SQL("DROP TABLE {}").format(sql.Identifier(name))
                _patiently(functools.partial(cursor.execute, drop), name)
            _patiently(lambda: ensure_partitions(cursor, REQUESTS, at.date()), REQUESTS)
            late = sql.SQL("DELETE FROM {} WHERE accepted_at < %s").format(sql.Identifier(f"{REQUESTS}_default"))
            cursor.execute(late, [before])
    months = ", ".join(f"{name[-6:-2]}-{name[-2:]}" for name in over) or "none"
    say(f"months of requests older than {days} days: {months}")


def _plain_rows(
    connection: psycopg.Connection,
    table: str,
    column: str,
    before: dt.datetime,
    title: str,
    say: Say,
    *,
    dry_run: bool,
) -> None:
    """Rows of a control table by their time."""
    parts = {"table": sql.Identifier(table), "column": sql.Identifier(column)}
    if dry_run:
        query = sql.SQL("SELECT count(*) FROM {table} WHERE {column} < %s").format(**parts)
        (count,) = connection.execute(query, [before]).fetchone() or (0,)
    else:
        query = sql.SQL("DELETE FROM {table} WHERE {column} < %s").format(**parts)
        count = _patiently(lambda: connection.execute(query, [before]).rowcount, table)
    say(f"{title}: {count}")


def _operator(settings: Settings, at: dt.datetime, counter_days: int, say: Say, *, dry_run: bool) -> None:
    """The operator's archive has a rule of its own, which is the law's."""
    years = f"documents at the operator older than {archive.KEEP_YEARS} years"
    with _owner(settings, "ofd") as connection:
        say(f"{years}: {_archive_count(connection, at) if dry_run else archive.run_due(connection, at)}")
        before = at - dt.timedelta(days=counter_days)
        for table, column, moment, title in (
            ("ofd_people_attemptcounter", "window", before, "operator's counters of attempts"),
            (SESSIONS, "expire_date", at, "operator's sessions that have ended"),
        ):
            _plain_rows(connection, table, column, moment, title, say, dry_run=dry_run)


def _archive_count(connection: psycopg.Connection, at: dt.datetime) -> int:
    query = "SELECT count(*) FROM ofd_archive_document WHERE received_at < %s"
    (count,) = connection.execute(query, [at - dt.timedelta(days=FISCAL_DAYS)]).fetchone() or (0,)
    return count


def _patiently(work: Callable[[], T], what: str) -> T:
    """Does a piece of work that may find a table locked. Raises `Trouble` when it stays so."""
    for _ in range(LOCK_ATTEMPTS - 1):
        with contextlib.suppress(psycopg.errors.LockNotAvailable):
            return work()
        time.sleep(LOCK_PAUSE)
    try:
        return work()
    except psycopg.errors.LockNotAvailable as error:
        raise Trouble(f"{what}: locked by somebody for {LOCK_TIMEOUT}, {LOCK_ATTEMPTS} times; repeat later") from error


def _first_id(moment: dt.datetime) -> uuid.UUID:
    """The least UUIDv7 of a moment."""
    return uuid.UUID(int=max(0, int(moment.timestamp() * 1000)) << 80)
