"""The application role owns nothing: what it must not do is refused by the database itself."""

from __future__ import annotations

import psycopg
import pytest
from django.apps import apps
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from openkassa.cli.grants import append_only_tables, wanted_rights

pytestmark = pytest.mark.django_db


def refused(statement: str) -> None:
    expected = pytest.raises(ProgrammingError, match=r"permission denied|must be owner")
    with expected, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_tests_connect_as_the_application_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == ("kassa_app", False)


def test_it_owns_no_relation(owner_connection: psycopg.Connection) -> None:
    owned = owner_connection.execute(
        "SELECT relname FROM pg_class WHERE relowner = (SELECT oid FROM pg_roles WHERE rolname = 'kassa_app')"
    ).fetchall()
    assert owned == []


def test_there_are_append_only_tables() -> None:
    assert "pghistory_context" not in append_only_tables()
    assert len(append_only_tables()) > 3


@pytest.mark.parametrize("verb", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {}"])
def test_append_only_tables_are_not_changed(verb: str) -> None:
    columns = {model._meta.db_table: model._meta.concrete_fields[0].column for model in apps.get_models()}
    for table in sorted(append_only_tables()):
        refused(verb.format(table, columns[table], columns[table]))


def test_no_table_can_be_altered_emptied_or_rid_of_its_triggers() -> None:
    tables = connection.introspection.table_names()
    assert len(tables) > 20
    for table in tables:
        refused(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        refused(f"TRUNCATE {table}")
        refused(f"DROP TABLE {table}")


def test_nothing_can_be_created() -> None:
    refused("CREATE TABLE mine (id int)")
    refused("CREATE SCHEMA mine")


def test_migration_records_are_read_only() -> None:
    refused("DELETE FROM django_migrations")


def test_ordinary_tables_can_be_written() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_session")


def test_a_new_table_is_closed_until_migrate_has_seen_it(owner_connection: psycopg.Connection) -> None:
    owner_connection.execute("CREATE TABLE made_by_hand (id int)")
    try:
        refused("SELECT * FROM made_by_hand")
    finally:
        owner_connection.execute("DROP TABLE made_by_hand")


def test_partitions_are_reached_through_their_parent_only() -> None:
    assert wanted_rights("journal_2026_01", "r", True, ["journal"]) == frozenset()
    assert wanted_rights("journal", "p", False, ["journal"]) == {"SELECT", "INSERT"}
