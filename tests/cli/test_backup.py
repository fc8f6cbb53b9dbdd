"""A backup taken from one home comes back in another: rows, rights, keys, devices."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from openkassa.cli.postgres import embedded_cluster
from openkassa.core.settings import read_settings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory that PostgreSQL's account can enter, for homes that share nothing with the run's cluster."""
    found = Path(tempfile.mkdtemp(prefix="kt-", dir="/tmp"))
    found.chmod(0o711)
    monkeypatch.setenv("KASSA_RUN_ROOT", str(found))
    yield found
    shutil.rmtree(found)


def kassa(home: Path, *words: str) -> subprocess.CompletedProcess:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KASSA_")}
    environment |= {"KASSA_HOME": str(home), "KASSA_RUN_ROOT": os.environ["KASSA_RUN_ROOT"]}
    command = [sys.executable, "-m", "openkassa.cli.main", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def ask(home: Path, role: str, statement: str) -> list[tuple]:
    """Run a statement in the home's kassa database, its PostgreSQL started for it."""
    cluster = embedded_cluster(read_settings({"KASSA_HOME": str(home)}))
    server = cluster.start()
    try:
        with psycopg.connect(cluster.url(role, "kassa"), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        cluster.stop(server)


def test_a_backup_comes_back_in_an_empty_home(root: Path) -> None:
    first, second, file = root / "first", root / "second", root / "backup.tar"
    assert kassa(first, "migrate").returncode == 0
    insert = "INSERT INTO django_session VALUES ('kept', '', '2030-01-01')"
    ask(first, "kassa_app", insert)
    journal = first / "devices" / "0001" / "journal"
    journal.parent.mkdir(parents=True)
    journal.write_bytes(b"documents")
    done = kassa(first, "backup", str(file))
    assert done.returncode == 0, done.stderr

    done = kassa(second, "restore", str(file))
    assert done.returncode == 0, done.stderr
    assert ask(second, "kassa_app", "SELECT session_key FROM django_session") == [("kept",)]
    refused = "UPDATE kassa_receipts_receipt SET id = id"
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(second, "kassa_app", refused)
    assert (second / "devices" / "0001" / "journal").read_bytes() == b"documents"
    key = "keys/django.1.key"
    assert (second / key).read_bytes() == (first / key).read_bytes()

    done = kassa(second, "worker")
    assert done.returncode == 1
    assert "run `kassa doctor --reconcile` first" in done.stderr

    done = kassa(second, "restore", str(file))
    assert done.returncode == 1
    assert "a database already" in done.stderr

    (second / "devices" / "0001" / "journal").write_bytes(b"documents and newer ones")
    done = kassa(second, "restore", "--force", str(file))
    assert done.returncode == 0, done.stderr
    assert (second / "devices" / "0001" / "journal").read_bytes() == b"documents and newer ones"
    assert ask(second, "kassa_app", "SELECT session_key FROM django_session") == [("kept",)]
