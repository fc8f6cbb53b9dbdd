"""A process that was given an owner's address refuses to start, and says which setting is wrong."""

from __future__ import annotations

import os
import subprocess
import sys

import psycopg
import pytest

from openkassa.cli.postgres import Cluster
from openkassa.core.rights import check_rights
from openkassa.core.settings import WrongSetting, settings

pytestmark = pytest.mark.django_db


def start(command: str, url: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "openkassa.cli.main", command],
        capture_output=True,
        text=True,
        env=os.environ | {"KASSA_DATABASE_URL": url},
        timeout=60,
    )


@pytest.mark.parametrize("command", ["web", "worker", "events"])
def test_no_process_starts_as_the_owner(command: str) -> None:
    urls = settings().kassa_database
    assert urls is not None
    done = start(command, urls.owner)
    assert done.returncode == 2, done.stderr
    assert "KASSA_DATABASE_URL: role kassa_owner owns the tables" in done.stderr


def test_a_superuser_has_too_many_rights(run_cluster: Cluster) -> None:
    with (
        psycopg.connect(run_cluster.superuser_url) as connection,
        pytest.raises(WrongSetting, match=r"KASSA_OFD_DATABASE_URL: role .* is a superuser"),
    ):
        check_rights(connection, "ofd")


def test_the_application_role_has_not() -> None:
    urls = settings().kassa_database
    assert urls is not None
    with psycopg.connect(urls.app) as connection:
        check_rights(connection, "kassa")
