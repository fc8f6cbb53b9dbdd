"""Migrate one Django project and grant the application role its rights: `python -m ... kassa|ofd`.

A process of its own, because a process holds one set of Django settings. `kassa migrate` starts it for both.
"""

from __future__ import annotations

import os
import sys
import time

import psycopg

from openkassa.cli.errors import Trouble

PROJECTS = ("kassa", "ofd")
LOCK_TIMEOUT = "5s"  # a migration waits no longer for a table, as everything behind it would wait too
LOCK_ATTEMPTS = 6
ADVISORY_KEY = 0x6B61737361  # «kassa»: one migrate at a time
ADVISORY_WAIT_SECONDS = 120


class MigrationTrouble(Trouble):
    """Migration is not possible now; the text says why and what to do."""


def migrate_project(project: str) -> None:
    """Bring the database of `project` to this version's schema, and the rights to what the models say."""
    os.environ["DJANGO_SETTINGS_MODULE"] = f"openkassa.projects.{project}.settings"
    os.environ["KASSA_DATABASE_ROLE"] = "owner"
    import django

    django.setup()
    from django.db import connection

    from openkassa.cli.grants import grant
    from openkassa.cli.provision import names
    from openkassa.core.databases import database_urls
    from openkassa.core.settings import settings

    _wait_for_other_migrate(connection)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [LOCK_TIMEOUT])
    _apply()
    done = grant(connection, names(database_urls(settings(), project)).app)
    print(f"{project}: schema is current, {len(done)} rights changed")


def _wait_for_other_migrate(connection) -> None:
    """Take a lock of the session, released however this process ends."""
    deadline = time.monotonic() + ADVISORY_WAIT_SECONDS
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [ADVISORY_KEY])
            if cursor.fetchone()[0]:
                return
            if time.monotonic() > deadline:
                raise MigrationTrouble("another `kassa migrate` is still running after two minutes: wait, then repeat")
            time.sleep(0.2)


def _apply() -> None:
    from django.core.management import call_command
    from django.db.utils import OperationalError

    for attempt in range(1, LOCK_ATTEMPTS + 1):
        try:
            call_command("migrate", interactive=False, verbosity=1 if sys.stdout.isatty() else 0)
        except OperationalError as error:
            if not isinstance(error.__cause__, psycopg.errors.LockNotAvailable):
                raise
            if attempt == LOCK_ATTEMPTS:
                raise MigrationTrouble(
                    f"a table stayed locked for {LOCK_TIMEOUT}, {LOCK_ATTEMPTS} times: end long transactions and repeat"
                ) from error
        else:
            return


def main() -> int:
    """Exit code 0, or 1 with one line on stderr."""
    from openkassa.core.settings import WrongSetting

    if len(sys.argv) != 2 or sys.argv[1] not in PROJECTS:
        print(f"usage: {sys.argv[0]} {'|'.join(PROJECTS)}", file=sys.stderr)
        return 2
    try:
        migrate_project(sys.argv[1])
    except (Trouble, WrongSetting) as error:
        print(f"kassa migrate: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
