"""What is due daily is done once a day, ahead of time, and again when it failed."""

from __future__ import annotations

import datetime as dt
import json
import os
import time
from collections.abc import Iterator

import psycopg
import pytest

from openkassa.cli import periodic
from openkassa.cli.errors import Trouble
from openkassa.cli.migrate_project import ADVISORY_KEY
from openkassa.cli.periodic import DONE, Periodic, last_done, run_due
from openkassa.core.clock import now
from openkassa.core.partitions import AHEAD_MONTHS, ensure_partitions, month_start, partition_name
from openkassa.core.settings import settings

TABLE = "kassa_receipts_receiptrequest"
DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def _fresh(operator_database: str, transactional_db: None) -> Iterator[None]:
    (settings().home / DONE).unlink(missing_ok=True)
    yield
    (settings().home / DONE).unlink(missing_ok=True)
    with owner() as connection:
        ensure_partitions(connection.cursor(), TABLE, now().date())


def owner() -> psycopg.Connection:
    return psycopg.connect(os.environ["KASSA_DATABASE_OWNER_URL"], autocommit=True)


def is_there(month: dt.date) -> bool:
    with owner() as connection:
        return connection.execute("SELECT to_regclass(%s)", [partition_name(TABLE, month)]).fetchone() != (None,)


def ignore(line: str) -> None:
    pass


def test_it_is_done_once_a_day():
    at = now()
    assert run_due(settings(), at, ignore)
    assert not run_due(settings(), at + DAY / 2, ignore)
    assert last_done(settings()) == at
    assert run_due(settings(), at + DAY, ignore)
    assert run_due(settings(), at, ignore)  # a clock that was put back is no reason to wait


def test_months_are_made_long_before_they_come():
    coming = month_start(now().date(), AHEAD_MONTHS + 1)
    assert not is_there(coming)
    assert run_due(settings(), now() + dt.timedelta(days=32), ignore)
    assert is_there(coming)


def test_one_that_fails_is_not_taken_for_done():
    with owner() as other:
        other.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_KEY])
        with pytest.raises(Trouble):
            run_due(settings(), now(), ignore)
    assert last_done(settings()) is None
    assert run_due(settings(), now(), ignore)


def test_a_file_that_says_nothing_is_as_none():
    (settings().home / DONE).write_text("yesterday")
    assert last_done(settings()) is None


def test_the_supervisor_does_it_beside_its_work_and_tries_again_after_an_hour(monkeypatch, travel):
    calls: list[dt.datetime] = []

    def fails(settings, at, say) -> bool:
        calls.append(at)
        time.sleep(1)
        raise Trouble("not now")

    monkeypatch.setattr(periodic, "run_due", fails)
    watch = Periodic(settings())
    begun = time.monotonic()
    for _ in range(3):
        watch.tick()
    assert time.monotonic() - begun < 1  # the supervisor does not wait for it
    _end(watch)
    watch.tick()
    assert len(calls) == 1
    travel(3601)
    watch.tick()
    _end(watch)
    assert len(calls) == 2


def _end(watch: Periodic) -> None:
    assert watch._thread is not None
    watch._thread.join(10)


def test_what_was_done_is_in_a_log_and_not_on_the_terminal(monkeypatch, capsys) -> None:
    monkeypatch.setattr(periodic, "run_due", lambda _settings, _at, say: say("logs: 5 bytes older than 30 days"))
    watch = Periodic(settings())
    watch.tick()
    _end(watch)
    last = (settings().home / "logs" / periodic.LOG).read_text().splitlines()[-1]
    assert json.loads(last)["text"] == "logs: 5 bytes older than 30 days"
    assert not "".join(capsys.readouterr())
