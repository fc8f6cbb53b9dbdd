"""Migrations that a running platform survives: `python -m openkassa.cli.migration_lint kassa|ofd`.

Old processes work on the new schema while an upgrade is on its way, so a migration may only expand: what it
takes away must go a release later, and what it adds must not lock a table for long. A migration that breaks
a rule for a good reason says so in a class attribute `safe_because = "…"`. Models without a migration fail too.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.db.migrations import Migration
    from django.db.migrations.operations.base import Operation


def findings(migration: Migration) -> list[str]:
    """What is wrong with a migration, a line each; none for one that says why it is safe."""
    from django.db.migrations import operations

    if getattr(migration, "safe_because", ""):
        return []
    made_here = {
        operation.name_lower for operation in migration.operations if isinstance(operation, operations.CreateModel)
    }
    label = f"{migration.app_label}.{migration.name}"
    return [
        f"{label}: {text}" for operation in migration.operations for text in _problems(operation, migration, made_here)
    ]


def _problems(operation: Operation, migration: Migration, made_here: set[str]) -> Iterator[str]:
    table = getattr(operation, "model_name_lower", None)
    if table in made_here:
        return  # nobody uses it yet
    if _is(operation, "RemoveField", "DeleteModel", "RenameField", "RenameModel", "AlterModelTable"):
        yield f"{operation.describe()}: the release before still uses it; take it away one release later"
    if _is(operation, "AddIndex"):
        yield f"{operation.describe()}: locks writes; use AddIndexConcurrently with atomic = False"
    if _is(operation, "AddIndexConcurrently", "RemoveIndexConcurrently") and migration.atomic:
        yield f"{operation.describe()}: needs atomic = False"
    if _is(operation, "AddConstraint"):
        yield from _constraint_problems(operation)
    if _is(operation, "AlterField"):
        yield f"{operation.describe()}: may rewrite or lock the table; say safe_because, or add a field beside it"
    if _is(operation, "AddField"):
        yield from _new_field_problems(operation)
    if _is(operation, "AlterUniqueTogether", "AlterIndexTogether"):
        yield f"{operation.describe()}: locks writes; use a constraint over an index built concurrently"


def _constraint_problems(operation) -> Iterator[str]:
    from django.db.models import CheckConstraint

    if isinstance(operation.constraint, CheckConstraint):
        yield f"{operation.describe()}: scans under a lock; use AddConstraintNotValid, then ValidateConstraint"
    else:
        yield f"{operation.describe()}: locks writes; build the index concurrently, then attach the constraint"


def _new_field_problems(operation) -> Iterator[str]:
    field = operation.field
    if not field.null and not field.has_db_default() and not field.many_to_many:
        yield f"{operation.describe()}: old processes insert without it; make it null or give it a db_default"
    if getattr(field, "unique", False) or getattr(field, "db_index", False):
        yield f"{operation.describe()}: builds its index under a lock; add the index concurrently afterwards"


def _is(operation: Operation, *names: str) -> bool:
    return type(operation).__name__ in names


def main() -> int:
    """Exit code 1 with a line for each finding."""
    project = sys.argv[1]
    os.environ["DJANGO_SETTINGS_MODULE"] = f"openkassa.projects.{project}.settings"
    with tempfile.TemporaryDirectory() as home:
        os.environ["KASSA_HOME"] = home  # keys are made there; no database is asked
        import django

        django.setup()
        from django.utils import translation

        with translation.override(None):  # migrations hold texts as they are written, not as they are read
            return _check(project)


def _check(project: str) -> int:
    from django.apps import apps
    from django.db.migrations.autodetector import MigrationAutodetector
    from django.db.migrations.loader import MigrationLoader
    from django.db.migrations.state import ProjectState

    loader = MigrationLoader(None, ignore_no_migrations=True)
    ours = {config.label for config in apps.get_app_configs() if config.name.startswith("openkassa.")}
    lines = [
        line
        for (label, name), migration in sorted(loader.disk_migrations.items())
        if label in ours and not (migration.initial or name.startswith("0001_"))
        for line in findings(migration)
    ]
    changes = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps)).changes(loader.graph)
    for label, missing in changes.items():
        for migration in missing:
            lines += [f"{label}: no migration for: {operation.describe()}" for operation in migration.operations]
    lines += [f"{label}: two last migrations: {', '.join(names)}" for label, names in loader.detect_conflicts().items()]
    print(f"migrations of {project}: {len(loader.disk_migrations)} read, {len(lines)} findings")
    for line in lines:
        print(f"  {line}")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
