"""The embedded cluster: who may connect, what survives, what is refused."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import psycopg
import pytest

from openkassa.cli import postgres
from openkassa.cli.account import Account, first_unreachable
from openkassa.cli.postgres_binaries import Binaries, NoPostgres, find_binaries
from openkassa.core.settings import Settings, read_settings


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of an empty home that PostgreSQL's account can enter."""
    import shutil
    import tempfile

    root = Path(tempfile.mkdtemp(prefix="kt-", dir="/tmp"))
    root.chmod(0o711)
    monkeypatch.setenv("KASSA_RUN_ROOT", str(root))
    yield read_settings({"KASSA_HOME": str(root / "home")})
    shutil.rmtree(root)


def test_a_new_cluster_speaks_utf8_and_knows_letters_of_all_alphabets(home: Settings) -> None:
    cluster = postgres.embedded_cluster(home, durable=False)
    server = cluster.start()
    try:
        with psycopg.connect(cluster.superuser_url) as connection:
            shown = dict(
                connection.execute(
                    "SELECT name, setting FROM pg_settings WHERE name IN "
                    "('server_encoding', 'data_checksums', 'listen_addresses', 'TimeZone')"
                ).fetchall()
            )
            assert shown == {
                "server_encoding": "UTF8",
                "data_checksums": "on",
                "listen_addresses": "",
                "TimeZone": "UTC",
            }
            assert connection.execute("SELECT 'Чек' ILIKE 'чЕК'").fetchone() == (True,)
    finally:
        cluster.stop(server)


def test_a_cluster_is_durable_unless_a_test_says_otherwise(home: Settings) -> None:
    assert "fsync=off" not in postgres.embedded_cluster(home).command()


def test_nobody_outside_the_platform_may_connect(home: Settings) -> None:
    cluster = postgres.embedded_cluster(home, durable=False)
    server = cluster.start()
    try:
        with pytest.raises(psycopg.OperationalError, match=r"[Pp]eer authentication failed"):
            psycopg.connect(cluster.url("stranger", "postgres"))
    finally:
        cluster.stop(server)


def test_the_data_of_another_major_version_is_not_started(home: Settings) -> None:
    cluster = postgres.embedded_cluster(home, durable=False)
    (cluster.data / "PG_VERSION").write_text("9\n")
    with pytest.raises(NoPostgres, match="apt-get install postgresql-9"):
        postgres.embedded_cluster(home)


def test_a_directory_with_other_things_is_not_taken(home: Settings) -> None:
    (home.home / "postgres").mkdir(parents=True)
    (home.home / "postgres" / "letters.txt").write_text("mine")
    with pytest.raises(postgres.PostgresTrouble, match="not a PostgreSQL data directory"):
        postgres.embedded_cluster(home)


STARTER = """
    import os, sys
    from openkassa.cli.postgres import embedded_cluster
    from openkassa.core.settings import read_settings
    server = embedded_cluster(read_settings({"KASSA_HOME": sys.argv[1]}), durable=False).start()
    print(server.pid, flush=True)
    sys.stdin.read()
"""


def test_postgres_dies_with_its_killed_parent_and_starts_again_with_the_data(home: Settings) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(STARTER), str(home.home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    server = psutil.Process(int(parent.stdout.readline()))
    cluster = postgres.embedded_cluster(home, durable=False)
    with psycopg.connect(cluster.superuser_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS number")
    os.kill(parent.pid, signal.SIGKILL)
    parent.communicate()
    psutil.wait_procs([server], timeout=20)
    assert not server.is_running()
    again = cluster.start()
    try:
        with psycopg.connect(cluster.superuser_url) as connection:
            assert connection.execute("SELECT number FROM kept").fetchone() == (1,)
    finally:
        cluster.stop(again)


@pytest.mark.slow
def test_a_server_that_recovers_for_long_is_waited_for(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = postgres.embedded_cluster(home, durable=False)
    cluster.stop(cluster.start())
    with (cluster.data / "postgresql.auto.conf").open("a") as settings:
        settings.write("restore_command = 'sleep 2; false'\n")  # so it recovers for some seconds
    monkeypatch.setattr(postgres, "START_SECONDS", 1)
    with monkeypatch.context() as patch:  # negative control
        patch.setattr(postgres, "STARTING_UP", "never said")
        (cluster.data / "recovery.signal").touch()
        with pytest.raises(postgres.PostgresTrouble, match="did not answer within 1 s"):
            cluster.start()
    (cluster.data / "recovery.signal").touch()
    begun = time.monotonic()
    cluster.stop(cluster.start())
    assert time.monotonic() - begun > 1


@pytest.mark.skipif(sys.platform != "linux", reason="sleep is named otherwise elsewhere")
def test_a_lock_whose_number_now_belongs_to_another_program_is_forgotten(tmp_path: Path) -> None:
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        lock = tmp_path / "postmaster.pid"
        lock.write_text(f"{stranger.pid}\n/somewhere\n")
        deadline = time.monotonic() + 5
        while psutil.Process(stranger.pid).name() != "sleep" and time.monotonic() < deadline:
            time.sleep(0.01)
        postgres.forget_dead_owner(lock)
        assert not lock.exists()
    finally:
        stranger.kill()
        stranger.wait()


def test_newest_system_version_is_taken_and_an_absent_one_is_named() -> None:
    assert find_binaries().major >= 15
    with pytest.raises(NoPostgres, match="PostgreSQL 9 is not installed"):
        find_binaries(9)


def test_the_wheel_serves_where_the_system_has_no_postgres(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    from openkassa.cli import postgres_binaries

    bundled = [found for found in postgres_binaries._installed() if found.bundled]
    monkeypatch.setattr(postgres_binaries, "_installed", lambda: tuple(bundled))
    cluster = postgres.embedded_cluster(home, durable=False)
    assert cluster.binaries.bundled
    server = cluster.start()
    try:
        with psycopg.connect(cluster.superuser_url) as connection:
            assert connection.execute("SELECT 'Чек' ILIKE 'чЕК'").fetchone() == (True,)
    finally:
        cluster.stop(server)


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL under another account")


@as_root
def test_a_home_that_postgres_can_not_enter_keeps_its_data_outside(home: Settings, monkeypatch) -> None:
    home.home.parent.chmod(0o711)
    closed = home.home.parent / "closed"
    closed.mkdir(mode=0o700)
    outside = home.home.parent / "outside"
    monkeypatch.setattr(postgres, "OUTSIDE", outside)
    settings = read_settings({"KASSA_HOME": str(closed / "home")})
    cluster = postgres.embedded_cluster(settings, durable=False)
    assert outside in cluster.data.parents
    server = cluster.start()
    cluster.stop(server)
    assert postgres.embedded_cluster(settings).data == cluster.data


@as_root
def test_programs_that_postgres_can_not_enter_are_copied(home: Settings, monkeypatch) -> None:
    from openkassa.cli import postgres_binaries

    bundled = next((found for found in postgres_binaries._installed() if found.bundled), None)
    assert bundled is not None
    package = bundled.directory.parent.parent
    closed = home.home.parent / "closed"
    closed.mkdir(mode=0o700)
    (closed / package.name).symlink_to(package)
    (closed / f"{package.name}.libs").symlink_to(package.with_name(f"{package.name}.libs"))
    hidden = Binaries(closed / package.name / "pginstall" / "bin", bundled.major, bundled=True)
    monkeypatch.setattr(postgres, "OUTSIDE", home.home.parent / "outside")
    monkeypatch.setattr(postgres, "find_binaries", lambda major: hidden)
    cluster = postgres.embedded_cluster(home, durable=False)
    assert home.home.parent / "outside" in cluster.binaries.directory.parents
    cluster.stop(cluster.start())


@as_root
def test_the_directory_that_blocks_the_way_is_named(tmp_path: Path) -> None:
    import pwd

    nobody = pwd.getpwnam("nobody")
    account = Account(nobody.pw_uid, nobody.pw_gid, "nobody", other=True)
    closed = tmp_path / "closed"
    (closed / "inner").mkdir(parents=True)
    for directory in (tmp_path, *tmp_path.parents[:-2]):
        directory.chmod(0o755)
    closed.chmod(0o700)
    assert first_unreachable(closed / "inner", account) == closed
    closed.chmod(0o755)
    assert first_unreachable(closed / "inner", account) is None
