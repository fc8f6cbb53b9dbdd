"""`kassa migrate`: roles, databases, tables and rights, in the embedded PostgreSQL and in one of somebody else's."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests.conftest import run_key
from tests.support import cluster as clusters

from openkassa.cli import provision
from openkassa.cli.errors import UnknownSchema
from openkassa.cli.postgres import Cluster
from openkassa.cli.provision import NotProvisioned, provision_external
from openkassa.cli.schema import check_schema
from openkassa.core.settings import DatabaseUrls


@pytest.fixture
def server(run_cluster: Cluster) -> Cluster:
    """PostgreSQL of somebody else, where `ofd_owner` stands for the administrator's account that we were given."""
    return run_cluster


@pytest.fixture
def clean(request: pytest.FixtureRequest, server: Cluster) -> Iterator[psycopg.Connection]:
    """Connection of the superuser, alone with the roles that these tests make; removed afterwards."""
    alone = clusters.locked(request.config.stash[run_key], "roles")
    with alone, psycopg.connect(server.superuser_url, autocommit=True) as connection:
        yield connection
        connection.execute("ALTER ROLE ofd_owner NOCREATEDB NOCREATEROLE")
        connection.execute("DROP DATABASE IF EXISTS elsewhere")
        connection.execute("DROP ROLE IF EXISTS elsewhere_app")


def urls(server: Cluster, *, app: str = "elsewhere_app") -> DatabaseUrls:
    return DatabaseUrls(app=server.url(app, "elsewhere"), owner=server.url("ofd_owner", "elsewhere"))


def test_an_owner_without_rights_is_told_what_to_run(server: Cluster, clean: psycopg.Connection) -> None:
    with pytest.raises(NotProvisioned, match='CREATE DATABASE "elsewhere" OWNER "ofd_owner";'):
        provision_external(urls(server))
    clean.execute("CREATE DATABASE elsewhere OWNER ofd_owner")
    with pytest.raises(NotProvisioned, match='CREATE ROLE "elsewhere_app" LOGIN'):
        provision_external(urls(server))


def test_an_owner_with_rights_makes_what_is_missing(server: Cluster, clean: psycopg.Connection) -> None:
    clean.execute("ALTER ROLE ofd_owner CREATEDB CREATEROLE")
    provision_external(urls(server))
    row = clean.execute("SELECT rolcanlogin, rolsuper FROM pg_roles WHERE rolname = 'elsewhere_app'").fetchone()
    assert row == (True, False)
    provision_external(urls(server))


def test_one_role_for_both_purposes_is_refused(server: Cluster) -> None:
    with pytest.raises(NotProvisioned, match="owns nothing"):
        provision_external(urls(server, app="ofd_owner"))


def test_an_application_role_with_too_many_rights_is_refused(server: Cluster, clean: psycopg.Connection) -> None:
    clean.execute("CREATE DATABASE elsewhere OWNER ofd_owner")
    clean.execute("CREATE ROLE elsewhere_app LOGIN")
    clean.execute("GRANT ofd_owner TO elsewhere_app")
    with pytest.raises(NotProvisioned, match='REVOKE "ofd_owner" FROM "elsewhere_app"'):
        provision_external(urls(server))


def test_two_addresses_of_two_databases_are_refused(server: Cluster) -> None:
    wrong = DatabaseUrls(app=server.url("a", "one"), owner=server.url("b", "two"))
    with pytest.raises(NotProvisioned, match="name two databases"):
        provision.names(wrong)


def migrate_worker_database() -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "openkassa.cli.migrate_project", "kassa"]
    return subprocess.run(command, capture_output=True, text=True, env=dict(os.environ))


@pytest.mark.django_db
def test_a_second_migrate_changes_nothing() -> None:
    done = migrate_worker_database()
    assert done.returncode == 0, done.stderr
    assert done.stdout == "kassa: schema is current, 0 rights changed\n"


@pytest.mark.django_db
def test_rights_that_drifted_are_brought_back(owner_connection: psycopg.Connection) -> None:
    owner_connection.execute("GRANT UPDATE, DELETE ON kassa_receipts_receipt TO kassa_app")
    owner_connection.execute("REVOKE INSERT ON django_session FROM kassa_app")
    assert "2 rights changed" in migrate_worker_database().stdout
    assert "0 rights changed" in migrate_worker_database().stdout


@pytest.mark.django_db
def test_two_migrates_at_once_wait_for_each_other(owner_connection: psycopg.Connection) -> None:
    from openkassa.cli.migrate_project import ADVISORY_KEY

    owner_connection.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_KEY])
    answers: list[subprocess.CompletedProcess] = []
    second = threading.Thread(target=lambda: answers.append(migrate_worker_database()))
    second.start()
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'kassa-owner' AND datname = %s"
    database = owner_connection.info.dbname
    second.join(4)
    assert owner_connection.execute(waiting, [database]).fetchone() == (1,)
    assert not answers
    owner_connection.execute("SELECT pg_advisory_unlock(%s)", [ADVISORY_KEY])
    second.join(30)
    assert answers[0].returncode == 0


@pytest.mark.django_db
def test_a_known_schema_is_accepted() -> None:
    check_schema()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("statement", "text"),
    [
        (
            "DELETE FROM django_migrations WHERE app = 'kassa_people'",
            r"older than this program .*: run `kassa migrate`",
        ),
        (
            "INSERT INTO django_migrations (app, name, applied) VALUES ('kassa_people', '9999_future', '2026-01-01')",
            r"newer than this program \(it has kassa_people\.9999_future\): upgrade",
        ),
        ("DELETE FROM django_migrations", "has no tables yet"),
    ],
)
def test_an_unknown_schema_is_refused(owner_connection: psycopg.Connection, statement: str, text: str) -> None:
    kept = owner_connection.execute("SELECT id, app, name, applied FROM django_migrations").fetchall()
    try:
        owner_connection.execute(statement)
        with pytest.raises(UnknownSchema, match=text):
            check_schema()
    finally:
        owner_connection.execute("DELETE FROM django_migrations")
        insert = (
            "INSERT INTO django_migrations (id, app, name, applied) OVERRIDING SYSTEM VALUE VALUES (%s, %s, %s, %s)"
        )
        with owner_connection.cursor() as cursor:
            cursor.executemany(insert, kept)


@pytest.mark.django_db
def test_a_process_ends_with_code_3_on_an_unknown_schema(owner_connection: psycopg.Connection, tmp_path: Path) -> None:
    owner_connection.execute(
        "INSERT INTO django_migrations (app, name, applied) VALUES ('kassa_people', '9999_future', '2026-01-01')"
    )
    try:
        done = subprocess.run(
            [sys.executable, "-m", "openkassa.cli.main", "worker"], capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 3
        assert "is newer than this program" in done.stderr
    finally:
        owner_connection.execute("DELETE FROM django_migrations WHERE name = '9999_future'")
