"""The operator's processes and registers that send to them."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator

import psycopg
import pytest
from psycopg.rows import dict_row
from tests.ofd.exchange_process import ExchangeProcess
from tests.ofd.kkt import TestRegister

_numbers = itertools.count(1)


@pytest.fixture
def new_register() -> Callable[[], TestRegister]:
    """Maker of registers with a storage number that no other test of this run has; their documents stay apart."""
    return lambda: TestRegister(next(_numbers))


@pytest.fixture
def register(new_register: Callable[[], TestRegister]) -> TestRegister:
    """Registered, its shift open."""
    return new_register().ready()


@pytest.fixture(scope="session")
def running_exchange(django_db_setup: None) -> Iterator[ExchangeProcess]:
    process = ExchangeProcess()
    process.start()
    yield process
    process.stop()
    failed = [line for line in process.log_lines() if line["event"] in ("exchange_failed", "batch_failed")]
    assert failed == [], "nothing that a register sends may raise an exception in the exchange"


@pytest.fixture
def exchange(running_exchange: ExchangeProcess) -> ExchangeProcess:
    return running_exchange


@pytest.fixture
def own_exchange(django_db_setup: None) -> Iterator[ExchangeProcess]:
    """A process that the test may kill."""
    process = ExchangeProcess()
    process.start()
    yield process
    if process.process is not None and process.process.poll() is None:
        process.kill()


@pytest.fixture
def archive(django_db_setup: None) -> Iterator[psycopg.Connection]:
    """The operator's database as its processes see it; rows are dicts."""
    with psycopg.connect(os.environ["KASSA_OFD_DATABASE_URL"], autocommit=True, row_factory=dict_row) as connection:
        yield connection


@pytest.fixture
def stored(archive: psycopg.Connection) -> Callable[[str], list[dict]]:
    """Documents of a storage with their bytes, by number."""

    def documents(fn: str) -> list[dict]:
        return archive.execute(
            "SELECT document.*, container, acknowledgement, problems FROM ofd_archive_document AS document "
            "JOIN ofd_archive_documentbody AS body ON body.document_id = document.id WHERE fn = %s ORDER BY fd",
            [fn],
        ).fetchall()

    return documents


@pytest.fixture(scope="session")
def static_files(django_test_environment: None) -> None:
    """The manifest that pages name their static files by."""
    from django.core.management import call_command

    call_command("collectstatic", interactive=False, verbosity=0)
