"""Beginning of every process that uses one of the two Django projects."""

from __future__ import annotations

import os


def set_up(project: str, process: str) -> None:
    """Logs, Django, and a look at schema and rights. Raises `UnknownSchema`, `WrongSetting`."""
    os.environ["DJANGO_SETTINGS_MODULE"] = f"openkassa.projects.{project}.settings"
    import django

    from openkassa.cli.schema import check_schema
    from openkassa.core import logs

    logs.configure(process)
    django.setup()
    check_schema()
    _check_rights(project)
    _close_connections()


def _check_rights(project: str) -> None:
    from django.db import connection

    from openkassa.core.rights import check_rights

    check_rights(connection.connection, project)


def _close_connections() -> None:
    """Servers fork after this: a connection must not be shared."""
    from django.db import connections

    connections.close_all()
