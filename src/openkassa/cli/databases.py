"""Having the databases at hand: the embedded PostgreSQL is started for one command when nothing else runs it."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator

from openkassa.cli.errors import Trouble
from openkassa.cli.home import hold_home, make_home
from openkassa.cli.migrate_project import PROJECTS
from openkassa.cli.postgres import embedded_cluster
from openkassa.cli.provision import provision_embedded, provision_external
from openkassa.core.databases import database_urls
from openkassa.core.settings import Settings


@contextlib.contextmanager
def database_running(settings: Settings, command: str) -> Iterator[None]:
    """The databases answer inside; an embedded PostgreSQL that nobody runs is started, and stopped afterwards."""
    make_home(settings)
    if not settings.embedded:
        yield
        return
    cluster = embedded_cluster(settings)
    if cluster.answers():
        yield
        return
    with hold_home(settings, command):
        server = cluster.start()
        try:
            yield
        finally:
            cluster.stop(server)


def migrate(settings: Settings) -> None:
    """Make roles and databases, migrate both projects, grant rights. The databases must answer."""
    if settings.embedded:
        provision_embedded(embedded_cluster(settings).superuser_url)
    else:
        for project in PROJECTS:
            provision_external(database_urls(settings, project))
    for project in PROJECTS:
        run_migrations(project)


def run_migrations(project: str) -> None:
    """Migrate one project in a process of its own; its output goes to ours. Raises `Trouble`.

    Ctrl-C does not reach it: what it has begun it ends.
    """
    done = subprocess.run([sys.executable, "-m", "openkassa.cli.migrate_project", project], start_new_session=True)
    if done.returncode != 0:
        raise Trouble(f"the {project} database could not be migrated; the lines above say why")
