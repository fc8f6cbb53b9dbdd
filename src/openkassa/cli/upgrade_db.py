"""`kassa upgrade-db`: the embedded databases move on to a newer major version of PostgreSQL.

They are dumped from the old cluster and restored into a new one beside it, and each table's rows are counted in both.
Then one file of the home names the new directory. The old one stays as it is until somebody deletes it.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
from psycopg import sql

from openkassa.cli.backup import run_client
from openkassa.cli.errors import Trouble
from openkassa.cli.home import hold_home, write_private
from openkassa.cli.migrate_project import PROJECTS
from openkassa.cli.postgres import POINTER, Cluster, cluster_beside, embedded_cluster, has_cluster
from openkassa.cli.postgres_binaries import newest_binaries
from openkassa.cli.provision import provision_embedded
from openkassa.core.databases import database_urls
from openkassa.core.settings import Settings

Say = Callable[[str], None]


def upgrade_db(settings: Settings, say: Say, *, durable: bool = True) -> None:
    """Raises `Trouble`, and then the old cluster is the one in use as before. `durable`: False only for tests."""
    if not settings.embedded:
        raise Trouble("the databases are given by KASSA_DATABASE_URL: upgrade their own server")
    if not has_cluster(settings):
        raise Trouble(f"{settings.home} has no embedded PostgreSQL yet: `kassa up` makes one of the newest version")
    with hold_home(settings, "kassa upgrade-db"):
        old = embedded_cluster(settings, durable=durable)
        newest = newest_binaries()
        if newest.major <= old.binaries.major:
            say(f"PostgreSQL {old.binaries.major} is the newest that is installed: nothing to do.")
            return
        new = cluster_beside(settings, old, newest)
        say(f"PostgreSQL {old.binaries.major} in {old.data} → {newest.major} in {new.data}")
        try:
            _copy(settings, old, new, say)
        except BaseException:
            shutil.rmtree(new.data, ignore_errors=True)
            raise
        write_private(settings.home / POINTER, f"{new.data}\n")
        say(
            f"Done. The old data stays in {old.data}: delete it when you have seen that all is well. Changes of your"
            f" own in its postgresql.conf have to be made again in {new.data}."
        )


def _copy(settings: Settings, old: Cluster, new: Cluster, say: Say) -> None:
    with tempfile.TemporaryDirectory(dir=settings.home, prefix=".upgrade-") as folder:
        with _running(old):
            counts = {project: _counts(settings, project) for project in PROJECTS}
            for project in PROJECTS:
                say(f"dumping database {project}")
                command = [new.binaries.program("pg_dump"), "--format=custom", f"--file={Path(folder) / project}"]
                run_client(command, database_urls(settings, project).owner)
        with _running(new):
            provision_embedded(new.superuser_url)
            for project in PROJECTS:
                say(f"restoring database {project}")
                owner = database_urls(settings, project).owner
                program = new.binaries.program("pg_restore")
                name = psycopg.conninfo.conninfo_to_dict(owner)["dbname"]
                run_client([program, "--no-owner", "--exit-on-error", f"--dbname={name}", f"{folder}/{project}"], owner)
                if _counts(settings, project) != counts[project]:
                    raise Trouble(f"database {project} has other rows after the move: the old cluster stays in use")
                with psycopg.connect(owner, autocommit=True) as connection:
                    connection.execute("ANALYZE")


@contextlib.contextmanager
def _running(cluster: Cluster) -> Iterator[None]:
    server = cluster.start()
    try:
        yield
    finally:
        cluster.stop(server)


def _counts(settings: Settings, project: str) -> dict[str, int]:
    """Rows of each table."""
    with psycopg.connect(database_urls(settings, project).owner, autocommit=True) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").fetchall()
        found = {}
        for (table,) in tables:
            row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
            found[table] = row[0] if row else 0
        return found
