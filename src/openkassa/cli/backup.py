"""`kassa backup` and `kassa restore`: both databases, the keys, and the journals of the emulated registers.

A register's journal stands for the memory of a real device, which goes on counting while our databases are
dumped. So it is copied last: what is restored may lack documents that the device has, and doctor adopts
them; the other way round the device would give numbers a second time.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

import openkassa
from openkassa.cli import archive, databases
from openkassa.cli.errors import Trouble
from openkassa.cli.home import hold_home, make_home, write_private
from openkassa.cli.migrate_project import PROJECTS
from openkassa.cli.postgres import embedded_cluster, has_cluster
from openkassa.cli.postgres_binaries import Binaries, find_binaries
from openkassa.cli.processes import DEVICES, RESTORED
from openkassa.cli.provision import provision_embedded, provision_external
from openkassa.core.clock import now
from openkassa.core.databases import database_urls
from openkassa.core.settings import Settings

BEFORE = ("keys", "ports", "demo.json")  # copied before the databases; the devices after them
NOT_KEPT = {"device.lock"}
LIBPQ = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
LIBPQ |= {"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "connect_timeout": "PGCONNECT_TIMEOUT"}

Say = Callable[[str], None]


def backup(settings: Settings, target: Path, say: Say) -> None:
    """Write a backup to `target` (mode 0600). The platform may be running."""
    binaries = _client_programs(settings)
    with archive.Writer(target) as writer, tempfile.TemporaryDirectory(dir=settings.home, prefix=".backup-") as folder:
        for name in BEFORE:
            _add_tree(writer, settings.home, settings.home / name)
        for project in PROJECTS:
            say(f"dumping database {project}")
            dump = Path(folder) / f"{project}.dump"
            command = [binaries.program("pg_dump"), "--format=custom", f"--file={dump}"]
            run_client(command, database_urls(settings, project).owner)
            writer.add_file(f"databases/{dump.name}", dump)
        _add_tree(writer, settings.home, settings.home / DEVICES)
        made_at = now().isoformat(timespec="seconds")
        writer.finish(made_at=made_at, version=openkassa.__version__, postgres=binaries.major)
    say(f"{target}: {target.stat().st_size / 1e6:.1f} MB. It holds the keys too: keep it as secret as the home.")


def restore(settings: Settings, source: Path, say: Say, *, force: bool) -> None:
    """Bring a backup back into a home where nothing runs. Raises `Trouble`, and then nothing has been changed yet."""
    make_home(settings)
    with (
        hold_home(settings, "kassa restore"),
        tempfile.TemporaryDirectory(dir=settings.home, prefix=".restore-") as folder,
    ):
        unpacked = Path(folder)
        manifest = archive.unpack(source, unpacked)
        say(f"{source}: made {manifest.made_at} by version {manifest.version}, whole")
        if not force:
            _refuse_what_is_there(settings)
        _put_files_back(settings.home, unpacked, say)
        with _server(settings):
            for project in PROJECTS:
                say(f"restoring database {project}")
                _restore_database(settings, project, unpacked / "databases" / f"{project}.dump")
            databases.migrate(settings)
    marker = {"backup_made_at": manifest.made_at, "restored_at": now().isoformat(timespec="seconds")}
    write_private(settings.home / RESTORED, json.dumps(marker))
    say(
        "Restored. Registers and operator may know more than the backup did: start the platform, which leaves the "
        "worker out for now, and run `kassa doctor --reconcile`. The worker starts after it."
    )


@contextlib.contextmanager
def _server(settings: Settings) -> Iterator[None]:
    """The databases, empty or not, while we hold the home."""
    if not settings.embedded:
        for project in PROJECTS:
            provision_external(database_urls(settings, project))
        yield
        return
    cluster = embedded_cluster(settings)
    server = cluster.start()
    try:
        provision_embedded(cluster.superuser_url)
        yield
    finally:
        cluster.stop(server)


def _refuse_what_is_there(settings: Settings) -> None:
    there = [name for name in ("keys", DEVICES) if list((settings.home / name).glob("*"))]
    if settings.embedded and has_cluster(settings):
        there.append("a database")
    if not settings.embedded:
        there += [f"tables in the {project} database" for project in PROJECTS if _has_tables(settings, project)]
    if there:
        raise Trouble(f"{settings.home} has {', '.join(there)} already: take an empty home, or say --force")


def _has_tables(settings: Settings, project: str) -> bool:
    with psycopg.connect(database_urls(settings, project).owner, connect_timeout=10) as connection:
        return connection.execute("SELECT 1 FROM pg_tables WHERE schemaname = 'public' LIMIT 1").fetchone() is not None


def _put_files_back(home: Path, unpacked: Path, say: Say) -> None:
    for name in BEFORE:
        if (home / name).exists() and (unpacked / name).exists():
            (home / name).rename(home / f"{name}.before-{now():%Y%m%dT%H%M%S}")
        if (unpacked / name).exists():
            shutil.move(unpacked / name, home / name)
    if (home / "keys").exists():
        (home / "keys").chmod(0o700)
    for device in sorted((unpacked / DEVICES).glob("*")):
        kept = home / DEVICES / device.name
        if kept.exists():
            say(f"register {device.name}: its own memory is here and is left as it is")
        else:
            kept.parent.mkdir(exist_ok=True)
            shutil.move(device, kept)


def _restore_database(settings: Settings, project: str, dump: Path) -> None:
    owner = database_urls(settings, project).owner
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    name = str(conninfo_to_dict(owner)["dbname"])
    program = _client_programs(settings).program("pg_restore")
    # Rights come from the models of this version, not from the dump.
    run_client([program, "--no-owner", "--no-privileges", "--exit-on-error", f"--dbname={name}", str(dump)], owner)


def run_client(command: list[str], url: str) -> None:
    """Run a client program against `url`; the password goes by the environment, where other accounts can't read it."""
    words = {LIBPQ[key]: str(value) for key, value in conninfo_to_dict(url).items() if key in LIBPQ}
    done = subprocess.run(command, env={**os.environ, **words}, capture_output=True, text=True)
    if done.returncode != 0:
        raise Trouble(f"{Path(command[0]).name} failed:\n{done.stderr.strip()}")


def _client_programs(settings: Settings) -> Binaries:
    """Those of the embedded server's own version; the newest ones for another server."""
    return embedded_cluster(settings).binaries if settings.embedded else find_binaries()


def _add_tree(writer: archive.Writer, home: Path, path: Path) -> None:
    if path.is_file():
        writer.add_file(str(path.relative_to(home)), path)
    for file in sorted(path.rglob("*")):
        if file.is_file() and file.name not in NOT_KEPT:
            writer.add_file(str(file.relative_to(home)), file)
