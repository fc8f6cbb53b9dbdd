"""The embedded databases move on to a newer PostgreSQL, and the old ones stay until somebody deletes them."""

from __future__ import annotations

import psycopg
import pytest
from tests.cli.test_postgres import home  # noqa: F401

from openkassa.cli import postgres, upgrade_db
from openkassa.cli.errors import Trouble
from openkassa.cli.postgres_binaries import find_binaries, newest_binaries
from openkassa.cli.provision import provision_embedded
from openkassa.core.databases import database_urls
from openkassa.core.settings import Settings


@pytest.fixture
def old(home: Settings) -> postgres.Cluster:  # noqa: F811
    """A cluster of the system's version with a table in each database, and a newer version to move on to."""
    # The newer one comes with the Python packages (18). Where the system's is as new, there is nothing to move on to;
    # what can be tried without that, refusing to start with another version, is in test_postgres.
    if newest_binaries().major <= find_binaries().major:
        pytest.skip("one version of PostgreSQL is installed: a move to another can't be tried here")
    cluster = postgres.embedded_cluster(home, durable=False)
    with upgrade_db._running(cluster):
        provision_embedded(cluster.superuser_url)
        for project in ("kassa", "ofd"):
            with psycopg.connect(database_urls(home, project).owner, autocommit=True) as connection:
                connection.execute("CREATE TABLE goods (name text)")
                connection.execute("INSERT INTO goods SELECT 'Чек ' || n FROM generate_series(1, 1000) n")
                connection.execute(f"GRANT SELECT ON goods TO {project}_app")
    return cluster


def read(settings: Settings, project: str = "kassa") -> tuple[int, int]:
    """(rows, major version) as the processes' role sees them."""
    cluster = postgres.embedded_cluster(settings, durable=False)
    with upgrade_db._running(cluster), psycopg.connect(database_urls(settings, project).app) as connection:
        rows = connection.execute("SELECT count(*) FROM goods WHERE name ~ 'чек' OR name ~ 'Чек'").fetchone()
        return rows[0], connection.info.server_version // 10_000


@pytest.mark.slow
def test_data_and_rights_move_to_the_newest_version_and_the_old_data_stays(home, old):  # noqa: F811
    said: list[str] = []
    upgrade_db.upgrade_db(home, said.append, durable=False)
    for project in ("kassa", "ofd"):
        assert read(home, project) == (1000, newest_binaries().major)
    assert (old.data / "PG_VERSION").read_text().strip() == str(old.binaries.major)
    assert str(old.data) in said[-1]
    upgrade_db.upgrade_db(home, said.append, durable=False)
    assert "nothing to do" in said[-1]


@pytest.mark.slow
def test_one_that_fails_leaves_the_old_data_in_use_and_may_be_repeated(home, old, monkeypatch):  # noqa: F811
    with monkeypatch.context() as patch:
        patch.setattr(upgrade_db, "_counts", _other_each_time())
        with pytest.raises(Trouble, match="other rows"):
            upgrade_db.upgrade_db(home, lambda line: None, durable=False)
    assert read(home) == (1000, old.binaries.major)
    upgrade_db.upgrade_db(home, lambda line: None, durable=False)
    assert read(home) == (1000, newest_binaries().major)


def test_with_one_version_there_is_nothing_to_do(home, monkeypatch):  # noqa: F811
    postgres.embedded_cluster(home, durable=False)
    monkeypatch.setattr(upgrade_db, "newest_binaries", find_binaries)
    said: list[str] = []
    upgrade_db.upgrade_db(home, said.append, durable=False)
    assert "nothing to do" in said[0]
    assert not (home.home / postgres.POINTER).exists()


def test_a_home_without_a_cluster_is_told_so(home):  # noqa: F811
    with pytest.raises(Trouble, match="no embedded PostgreSQL"):
        upgrade_db.upgrade_db(home, lambda line: None)


def test_a_directory_in_the_way_is_named(home, old):  # noqa: F811
    old.data.with_name(f"postgres-{newest_binaries().major}").mkdir()
    with pytest.raises(Trouble, match="move it away"):
        upgrade_db.upgrade_db(home, lambda line: None, durable=False)


def _other_each_time():
    number = iter(range(100))
    return lambda settings, project: {"goods": next(number)}
