"""Documents go after five years, by the owner's hand alone."""

from __future__ import annotations

import datetime as dt
import os
import uuid
from collections.abc import Callable

import psycopg
import pytest
from tests.ofd.kkt import TestRegister, checked

from openkassa.ofd.archive import retention
from openkassa.ofd.exchange.store import Store

NOW = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)


@pytest.fixture
def aged(register: TestRegister, django_db_setup: None) -> TestRegister:
    """Two documents, received a day before and a day after the limit, the oldest of the archive."""
    documents = [checked(register, position) for position in range(2)]
    for position, (document, days) in enumerate(zip(documents, (-1, 1), strict=True)):
        document.id = uuid.UUID(int=int(register.fn) * 10 + position)
        document.received_at = NOW.replace(year=2021) + dt.timedelta(days=days)
    store = Store(os.environ["KASSA_OFD_DATABASE_URL"])
    store.write(documents)
    store.close()
    return register


def test_what_is_over_five_years_old_goes(aged: TestRegister, stored: Callable[[str], list[dict]]):
    with psycopg.connect(os.environ["KASSA_OFD_DATABASE_OWNER_URL"], autocommit=True) as owner:
        assert retention.run_due(owner, NOW) >= 1
        assert [row["fd"] for row in stored(aged.fn)] == [2]
        assert retention.run_due(owner, NOW) == 0
        with pytest.raises(psycopg.errors.RaiseException):  # the triggers are as they were
            owner.execute("DELETE FROM ofd_archive_document WHERE fn = %s", [aged.fn])
        retention.run_due(owner, NOW.replace(year=2028, month=2, day=29))
        assert stored(aged.fn) == []


def test_the_processes_can_not_do_it(aged: TestRegister, stored: Callable[[str], list[dict]]):
    with (
        psycopg.connect(os.environ["KASSA_OFD_DATABASE_URL"], autocommit=True) as app,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        retention.run_due(app, NOW)
    assert len(stored(aged.fn)) == 2
