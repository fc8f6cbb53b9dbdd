"""One real PostgreSQL for a run, the application role by default, the real migrations.

Django's settings are one set a process: `pytest tests/ofd` runs under the operator's project, everything else
under kassa's; `make test` runs both.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import psycopg
import pytest
from tests.support import cleaning, cluster

if TYPE_CHECKING:
    from tests.support.platform import Platform

from openkassa.cli.postgres import Cluster
from openkassa.core import clock as core_clock

# How fast examples are made says something of the machine, not of the code.
hypothesis.settings.register_profile("kassa", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("kassa")

OFD_TESTS = Path(__file__).parent / "ofd"
SHARE_A_PLATFORM = ("tests/e2e/", "tests/docs/", "tests/conformance/")
FOR_TESTS = ("KASSA_TEST_", "KASSA_FUZZ_")
ROOT_VARIABLE = "KASSA_TEST_ROOT"
run_key = pytest.StashKey[Path]()
alive_key = pytest.StashKey[object]()
project_key = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    """Choose project and databases before anything reads Django's settings."""
    if hasattr(config, "workerinput"):
        root = Path(os.environ[ROOT_VARIABLE])
    else:
        root = cluster.new_run_directory()
        config.stash[alive_key] = cluster.hold_alive(root)
        os.environ[ROOT_VARIABLE] = str(root)
    config.stash[run_key] = root
    config.stash[project_key] = project = _project(config)
    for name in [name for name in os.environ if name.startswith("KASSA_") and not name.startswith(FOR_TESTS)]:
        del os.environ[name]  # a developer's own settings have no place in a test
    os.environ |= cluster.worker_environment(root, _worker())
    core_clock.clock = core_clock.clock_of_environment()  # it was imported before it could know of the file
    with pytest.MonkeyPatch.context() as patch:
        # Not left in the environment: workers of xdist would read the settings before they come here.
        patch.setenv("DJANGO_SETTINGS_MODULE", f"openkassa.projects.{project}.settings")
        from django.conf import settings

        _ = settings.DATABASES  # pytest-django sets Django up only where the settings have been read


def pytest_unconfigure(config: pytest.Config) -> None:
    root = config.stash.get(run_key, None)
    if root is not None and config.stash.get(alive_key, None) is not None and not (root / "starting.lock").exists():
        import shutil

        shutil.rmtree(root, ignore_errors=True)  # no holder was started, which would do it


def pytest_report_header(config: pytest.Config) -> str:
    if config.stash[project_key] == "ofd":
        return "Django project: ofd"
    return "Django project: kassa (tests of the operator run apart: pytest tests/ofd)"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Some tests share a platform, so one worker gets them all; others go to whoever is free.

    By path: with pytest 9.2 the marks that xdist 3.8 groups by do not reach its scheduler.
    """
    from xdist.scheduler import LoadScopeScheduling

    class OnePlatform(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return "platform" if nodeid.startswith(SHARE_A_PLATFORM) else nodeid

    return OnePlatform(config, log)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    if config.stash[project_key] == "kassa" and collection_path == OFD_TESTS:
        return True
    return None


def _project(config: pytest.Config) -> str:
    paths = [Path(str(argument).split("::")[0]).resolve() for argument in config.args]
    return "ofd" if paths and all(path.is_relative_to(OFD_TESTS) for path in paths) else "kassa"


def _worker() -> str:
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


@pytest.fixture(scope="session")
def django_db_setup(request: pytest.FixtureRequest, django_test_environment: None) -> None:
    """The worker's database, in place of the one that Django's test runner would make as a superuser."""
    cluster.make_worker_database(request.config.stash[run_key], request.config.stash[project_key], _worker())


@pytest.fixture(scope="session")
def run_cluster(request: pytest.FixtureRequest) -> Cluster:
    """The run's PostgreSQL, started by whoever asks first."""
    return cluster.start_once(request.config.stash[run_key])


@pytest.fixture(scope="session")
def superuser_url(request: pytest.FixtureRequest, run_cluster: Cluster, django_db_setup: None) -> str:
    """Address of the worker's database as superuser. For cleaning, and to look at what the roles can't see."""
    return run_cluster.url("postgres", f"{request.config.stash[project_key]}_{_worker()}")


@pytest.fixture
def owner_connection(request: pytest.FixtureRequest, db: None) -> Iterator[psycopg.Connection]:
    """The worker's database as its owner."""
    part = "" if request.config.stash[project_key] == "kassa" else "OFD_"
    name = f"KASSA_{part}DATABASE_OWNER_URL"
    with psycopg.connect(os.environ[name], autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session", autouse=True)
def cleaned_by_superuser(request: pytest.FixtureRequest) -> Iterator[None]:
    """After a test that commits, rows are deleted by the superuser: Django's own flush truncates as our role."""
    from django.test import TransactionTestCase

    kept: dict[str, set[str]] = {}

    def connect() -> psycopg.Connection:
        return psycopg.connect(request.getfixturevalue("superuser_url"), autocommit=True)

    def setup(case: type[TransactionTestCase]) -> None:
        if not kept:
            with connect() as connection:
                kept["tables"] = cleaning.tables_with_rows(connection)

    def teardown(self: TransactionTestCase) -> None:
        with connect() as connection:
            cleaning.empty(connection, keep=kept["tables"])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_setup", classmethod(setup))
        patch.setattr(TransactionTestCase, "_fixture_teardown", teardown)
        yield


@pytest.fixture
def travel() -> Iterator[Callable[[float], None]]:
    """Move the clock of this test and of all processes it starts by so many seconds from now."""
    file = Path(os.environ["KASSA_CLOCK_FILE"])

    def move(seconds: float) -> None:
        draft = file.with_suffix(".new")
        draft.write_text(repr(float(file.read_text()) + seconds if file.exists() else float(seconds)))
        draft.replace(file)
        time.sleep(0.03)  # clocks look at the file no more often

    yield move
    if file.exists():
        file.unlink()
        time.sleep(0.03)  # the next test begins in its own time


@pytest.fixture(scope="session")
def platform() -> Iterator[Platform]:
    """The whole platform, started once by `kassa up --demo`. Its tests lie in `SHARE_A_PLATFORM`."""
    from tests.support.platform import running_platform  # imports code that reads the environment

    with running_platform() as started:
        yield started
