"""A process works only with the schema that it was written for."""

from __future__ import annotations

from openkassa.cli.errors import UnknownSchema


def check_schema(alias: str = "default") -> None:
    """Compare the applied migrations with those of the code. Needs Django set up. Raises `UnknownSchema`."""
    from django.apps import apps
    from django.db import connections
    from django.db.migrations.loader import MigrationLoader

    connection = connections[alias]
    loader = MigrationLoader(connection, ignore_no_migrations=True)
    labels = {config.label for config in apps.get_app_configs()}
    applied = {key for key in loader.applied_migrations if key[0] in labels}
    known = set(loader.disk_migrations) | {
        replaced for migration in loader.disk_migrations.values() for replaced in migration.replaces
    }
    missing = {key for key in loader.graph.nodes if loader.graph.nodes[key] is not None} - applied
    newer = applied - known
    where = f"database {connection.settings_dict['NAME']}"
    if newer:
        raise UnknownSchema(f"{where} is newer than this program (it has {_some(newer)}): upgrade the program")
    if not applied:
        raise UnknownSchema(f"{where} has no tables yet: run `kassa migrate`")
    if missing:
        raise UnknownSchema(f"{where} is older than this program (it lacks {_some(missing)}): run `kassa migrate`")


def _some(keys: set[tuple[str, str]]) -> str:
    shown = [".".join(key) for key in sorted(keys)]
    return ", ".join(shown[:3]) + (f" and {len(shown) - 3} more" if len(shown) > 3 else "")
