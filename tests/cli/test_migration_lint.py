"""Migrations that would stop a running platform are refused."""

from __future__ import annotations

import pytest
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently
from django.db import migrations, models

from openkassa.cli.migration_lint import findings

INDEX = models.Index(fields=["number"], name="thing_number")
CHECK = models.CheckConstraint(condition=models.Q(number__gt=0), name="thing_positive")
UNIQUE = models.UniqueConstraint(fields=["number"], name="thing_once")


def migration(*operations, **attributes):
    made = type("Migration", (migrations.Migration,), {"operations": list(operations), **attributes})
    return made("0002_change", "shop")


@pytest.mark.parametrize(
    ("operation", "part"),
    [
        (migrations.RemoveField("thing", "number"), "one release later"),
        (migrations.RenameField("thing", "number", "count"), "one release later"),
        (migrations.DeleteModel("Thing"), "one release later"),
        (migrations.AddIndex("thing", INDEX), "AddIndexConcurrently"),
        (AddIndexConcurrently("thing", INDEX), "atomic = False"),
        (migrations.AddConstraint("thing", CHECK), "AddConstraintNotValid"),
        (migrations.AddConstraint("thing", UNIQUE), "build the index concurrently"),
        (migrations.AlterField("thing", "number", models.BigIntegerField()), "rewrite or lock"),
        (migrations.AddField("thing", "size", models.IntegerField(default=1)), "db_default"),
        (migrations.AddField("thing", "size", models.IntegerField(null=True, db_index=True)), "under a lock"),
    ],
)
def test_unsafe_operations_are_named(operation, part: str) -> None:
    (line,) = findings(migration(operation))
    assert line.startswith("shop.0002_change: ")
    assert part in line


@pytest.mark.parametrize(
    "operation",
    [
        migrations.AddField("thing", "size", models.IntegerField(null=True)),
        migrations.AddField("thing", "size", models.IntegerField(db_default=1)),
        AddConstraintNotValid("thing", CHECK),
        migrations.CreateModel("Other", [("id", models.BigAutoField(primary_key=True))]),
    ],
)
def test_safe_operations_pass(operation) -> None:
    assert findings(migration(operation)) == []


def test_a_table_made_in_the_same_migration_may_get_anything() -> None:
    made = migrations.CreateModel("Thing", [("number", models.IntegerField(primary_key=True))])
    assert findings(migration(made, migrations.AddIndex("thing", INDEX))) == []


def test_an_index_built_concurrently_outside_a_transaction_passes() -> None:
    assert findings(migration(AddIndexConcurrently("thing", INDEX), atomic=False)) == []


def test_a_reason_lets_a_migration_pass() -> None:
    assert findings(migration(migrations.DeleteModel("Thing"), safe_because="nothing has ever read it")) == []
