"""A real PostgreSQL for a run of tests: one cluster, roles and rights as in production, one database a worker.

The pytest process that was started by hand makes a directory for the run and keeps a lock on `alive` in it.
The first worker that needs a database starts a holder, which starts PostgreSQL and waits for that lock: it
gets it when the run is over, however it ended, stops PostgreSQL and removes the directory.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

from openkassa.cli.postgres import Cluster, embedded_cluster
from openkassa.cli.provision import make_database, provision_embedded
from openkassa.core.databases import EMBEDDED_ROLES
from openkassa.core.settings import Settings, read_settings

START_SECONDS = 60


def new_run_directory() -> Path:
    """A short directory that PostgreSQL's account can enter."""
    root = Path(tempfile.mkdtemp(prefix="kt-", dir="/tmp"))
    root.chmod(0o711)
    return root


def hold_alive(root: Path):
    """Lock that lasts as long as this process; keep the returned file."""
    file = (root / "alive").open("w")
    fcntl.flock(file, fcntl.LOCK_EX)
    return file


def run_settings(root: Path) -> Settings:
    """Settings under which the run's cluster is made; databases of workers are named in `worker_environment`."""
    return read_settings({"KASSA_HOME": str(root / "home"), "KASSA_TESTING": "1"})


def worker_environment(root: Path, worker: str) -> dict[str, str]:
    """Environment of one worker and of all processes that its tests start."""
    sockets = root / _run_name(root) / "pg"

    def url(role: str, database: str) -> str:
        return f"postgresql://{role}@/{database}_{worker}?host={sockets}&port=5432"

    return {
        "KASSA_TESTING": "1",
        "KASSA_HOME": str(root / f"home-{worker}"),
        "KASSA_RUN_ROOT": str(root),
        "KASSA_CLOCK_FILE": str(root / f"clock-{worker}"),
        "KASSA_DATABASE_URL": url("kassa_app", "kassa"),
        "KASSA_DATABASE_OWNER_URL": url("kassa_owner", "kassa"),
        "KASSA_OFD_DATABASE_URL": url("ofd_app", "ofd"),
        "KASSA_OFD_DATABASE_OWNER_URL": url("ofd_owner", "ofd"),
    }


def _run_name(root: Path) -> str:
    return run_settings(root).run.name


def start_once(root: Path) -> Cluster:
    """The run's cluster, started by whoever comes first."""
    with locked(root, "starting"):
        ready = root / "ready"
        if not ready.exists():
            with (root / "holder.log").open("ab") as log:
                holder = subprocess.Popen(
                    [sys.executable, "-m", "tests.support.cluster", str(root)],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    cwd=Path(__file__).parents[2],
                )
            deadline = time.monotonic() + START_SECONDS
            while not ready.exists():
                if holder.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"no PostgreSQL for the tests:\n{(root / 'holder.log').read_text()}")
                time.sleep(0.05)
        return embedded_cluster(run_settings(root), durable=False)


def make_worker_database(root: Path, project: str, worker: str) -> None:
    """The worker's own database: a copy of one that the real `migrate` has made."""
    cluster = start_once(root)
    owner, app = EMBEDDED_ROLES[project]
    with locked(root, f"template-{project}"):
        migrated = root / f"migrated-{project}"
        if not migrated.exists():
            _migrate(root, project)
            migrated.touch()
        with psycopg.connect(cluster.superuser_url, autocommit=True) as connection:
            make_database(connection, f"{project}_{worker}", owner=owner, app=app, template=project)


def _migrate(root: Path, project: str) -> None:
    environment = {name: value for name, value in os.environ.items() if "DATABASE" not in name}
    environment |= {"KASSA_HOME": str(root / "home"), "KASSA_TESTING": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "openkassa.cli.migrate_project", project],
        env=environment,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise RuntimeError(f"migrations of {project} failed:\n{done.stdout}{done.stderr}")


@contextlib.contextmanager
def locked(root: Path, name: str) -> Iterator[None]:
    """Alone among the workers of a run, as far as `name` goes."""
    with (root / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _hold(root: Path) -> None:
    cluster = embedded_cluster(run_settings(root), durable=False)
    server = cluster.start()
    provision_embedded(cluster.superuser_url)
    (root / "ready").touch()
    with (root / "alive").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # the end of the run
    cluster.stop(server)
    shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    _hold(Path(sys.argv[1]))
