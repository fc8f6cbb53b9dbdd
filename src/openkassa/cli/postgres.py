"""The embedded PostgreSQL: one cluster in the home, reached over a Unix socket only.

The data directory remembers the major version that made it and is only ever started with that one. Who may
connect is decided by the account of the connecting process (peer): the one that runs the platform and the
one that runs PostgreSQL, under the platform's role names and no others.
"""

from __future__ import annotations

import hashlib
import locale
import os
import pwd
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

from openkassa.cli import account as accounts
from openkassa.cli.account import Account
from openkassa.cli.children import start_child
from openkassa.cli.errors import Trouble
from openkassa.cli.home import make_home
from openkassa.cli.postgres_binaries import Binaries, copy_of_wheel, find_binaries
from openkassa.core.databases import EMBEDDED_ROLES
from openkassa.core.settings import Settings

SUPERUSER = "postgres"
POINTER = "postgres.location"  # file of the home that names the data directory, where it is not `postgres` in the home
OUTSIDE = Path("/var/lib/openkassa")  # where root keeps data whose home PostgreSQL's account can't enter
SOCKET_PATH_LIMIT = 107  # bytes, Linux; 103 on macOS
START_SECONDS = 60
ANSWERS = "answers"
STARTING_UP = "the database system is starting up"  # our clusters say it in English
STOP_SECONDS = 60

CONFIGURATION = """
# OpenKassa's choices for a machine that PostgreSQL shares with the platform. Change them here.
max_connections = 200
shared_buffers = 256MB
max_wal_size = 4GB
checkpoint_timeout = 15min
random_page_cost = 1.1
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %a '
"""


class PostgresTrouble(Trouble):
    """PostgreSQL can't be prepared, started or stopped; the text says why and what to do."""


@dataclass(frozen=True)
class Cluster:
    """An embedded cluster: where it is, whose it is, and with which programs it runs."""

    data: Path
    sockets: Path
    log: Path
    account: Account
    binaries: Binaries
    durable: bool = True  # False only for tests: without fsync

    @property
    def superuser_url(self) -> str:
        return self.url(SUPERUSER, "postgres")

    def url(self, role: str, database: str) -> str:
        return f"postgresql://{role}@/{database}?host={self.sockets}&port=5432"

    def command(self) -> list[str]:
        """What runs the server in the foreground."""
        options = {"listen_addresses": "", "unix_socket_directories": str(self.sockets), "port": "5432"}
        if not self.durable:
            options |= {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
        switches = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        return [self.binaries.program("postgres"), "-D", str(self.data), *switches]

    def start(self) -> subprocess.Popen:
        """Start the server as a child of this process and wait until it answers. Raises `PostgresTrouble`."""
        forget_dead_owner(self.data / "postmaster.pid")
        forget_dead_owner(self.sockets / ".s.PGSQL.5432.lock")
        child = start_child(self.command(), log=self.log, account=self.account, death_signal=signal.SIGINT)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if child.poll() is not None:
                raise PostgresTrouble(f"PostgreSQL stopped at once, {self.log} ends with:\n{_tail(self.log)}")
            state = self._state()
            if state == ANSWERS:
                return child
            if STARTING_UP in state:
                deadline = time.monotonic() + START_SECONDS  # ended in the middle it would begin its recovery anew
            time.sleep(0.05)
        self.stop(child)
        raise PostgresTrouble(f"PostgreSQL did not answer within {START_SECONDS} s, {self.log} says why")

    def answers(self) -> bool:
        return self._state() == ANSWERS

    def _state(self) -> str:
        """`ANSWERS`, or why not: with `STARTING_UP` in it while the server recovers from a fall."""
        try:
            psycopg.connect(self.superuser_url, connect_timeout=2).close()
        except psycopg.OperationalError as error:
            return str(error)
        return ANSWERS

    def stop(self, child: subprocess.Popen) -> None:
        """Fast shutdown: open transactions are rolled back. After a minute, the immediate one."""
        if child.poll() is not None:
            return
        child.send_signal(signal.SIGINT)
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGQUIT)
            child.wait()


def embedded_cluster(settings: Settings, *, durable: bool = True) -> Cluster:
    """The home's cluster, made at the first call. Raises `PostgresTrouble`, `NoPostgres` or `NoAccount`."""
    make_home(settings)
    data = _data_directory(settings.home)
    account = accounts.account_for(data)
    version = data / "PG_VERSION"
    if data.exists() and not version.exists() and any(data.iterdir()):
        raise PostgresTrouble(f"{data} is not a PostgreSQL data directory and is not empty: move it away")
    binaries = _reachable(find_binaries(int(version.read_text()) if version.exists() else None), account, settings.home)
    sockets = _socket_directory(settings, account)
    cluster = Cluster(data, sockets, settings.home / "logs" / "postgres.log", account, binaries, durable)
    if not version.exists():
        _create(cluster)
    return cluster


def cluster_beside(settings: Settings, old: Cluster, binaries: Binaries) -> Cluster:
    """A new, empty cluster of another version beside the one in use, whose place it may take. Nothing of `old` changes.

    Raises `PostgresTrouble` when its directory is there already.
    """
    data = old.data.with_name(f"postgres-{binaries.major}")
    if data.exists():
        raise PostgresTrouble(f"{data} is there already: move it away")
    reachable = _reachable(binaries, old.account, settings.home)
    new = Cluster(data, old.sockets, old.log, old.account, reachable, old.durable)
    _create(new)
    return new


def has_cluster(settings: Settings) -> bool:
    """Whether the home has an embedded cluster already."""
    return (_data_directory(settings.home) / "PG_VERSION").exists()


def _data_directory(home: Path) -> Path:
    """`home/postgres`; for root, where PostgreSQL's account can't enter the home, a place outside kept in the home."""
    pointer = home / POINTER
    if pointer.exists():
        return Path(pointer.read_text().strip())
    inside = home / "postgres"
    if os.geteuid() != 0:
        return inside
    blocked = accounts.first_unreachable(home, accounts.account_for(inside))
    if blocked is None:
        return inside
    if inside.exists():
        raise PostgresTrouble(f"{inside} : its owner can't get through {blocked} any more; chmod o+x {blocked}")
    outside = _outside(home) / "postgres"
    pointer.write_text(f"{outside}\n")
    return outside


def _outside(home: Path) -> Path:
    return OUTSIDE / hashlib.sha256(str(home).encode()).hexdigest()[:12]


def _reachable(binaries: Binaries, account: Account, home: Path) -> Binaries:
    if accounts.first_unreachable(binaries.directory, account) is None:
        return binaries
    if not binaries.bundled:
        raise PostgresTrouble(f"{account.name} can't enter {binaries.directory}: install a PostgreSQL package")
    _make_reachable(_outside(home))
    return copy_of_wheel(binaries, _outside(home) / f"programs-{binaries.major}")


def _make_reachable(directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    for path in (OUTSIDE, directory):
        path.chmod(0o755)


def _socket_directory(settings: Settings, account: Account) -> Path:
    """`run/pg`, private to PostgreSQL's account; `run` must be ours, as others may write beside it."""
    run = settings.run
    run.mkdir(mode=0o711 if account.other else 0o700, parents=True, exist_ok=True)
    if run.is_symlink() or run.stat().st_uid != os.geteuid():
        raise PostgresTrouble(f"{run} is someone else's: set KASSA_RUN_ROOT to a directory of yours")
    run.chmod(0o711 if account.other else 0o700)
    sockets = run / "pg"
    sockets.mkdir(mode=0o700, exist_ok=True)
    account.own(sockets)
    if len(os.fsencode(sockets / ".s.PGSQL.5432")) > SOCKET_PATH_LIMIT:
        raise PostgresTrouble(f"{sockets} is too long for a socket: set KASSA_RUN_ROOT to a shorter directory")
    return sockets


def _create(cluster: Cluster) -> None:
    if OUTSIDE in cluster.data.parents:
        _make_reachable(cluster.data.parent)
    cluster.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    cluster.account.own(cluster.data)
    made = subprocess.run(
        [
            cluster.binaries.program("initdb"),
            "--pgdata", str(cluster.data),
            "--username", SUPERUSER,
            "--auth", "peer",
            "--encoding", "UTF8",
            "--data-checksums",
            *([] if cluster.durable else ["--no-sync"]),
            *_locale_switches(cluster.binaries.major),
        ],
        cwd="/",
        capture_output=True,
        text=True,
        **cluster.account.popen(),
    )  # fmt: skip
    if made.returncode != 0:
        raise PostgresTrouble(f"initdb failed:\n{made.stderr.strip()}")
    with (cluster.data / "postgresql.conf").open("a") as file:
        file.write(CONFIGURATION)
    _write_access_rules(cluster)


def _write_access_rules(cluster: Cluster) -> None:
    """Peer authentication with a map: our accounts may take the platform's roles, nobody else any."""
    us = {pwd.getpwuid(os.geteuid()).pw_name, cluster.account.name}
    roles = [SUPERUSER, *(role for pair in EMBEDDED_ROLES.values() for role in pair)]
    lines = [f"kassa {name} {role}\n" for name in sorted(us) for role in roles]
    (cluster.data / "pg_ident.conf").write_text("".join(lines))
    (cluster.data / "pg_hba.conf").write_text("local all all peer map=kassa\n")


def _locale_switches(major: int) -> list[str]:
    """Bytes order, and letters of all alphabets: with plain C a search for «чек» would not find «Чек»."""
    if major >= 17:
        return ["--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"]
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        for name in ("UTF-8",) if sys.platform == "darwin" else ("C.UTF-8", "en_US.UTF-8"):
            try:
                locale.setlocale(locale.LC_CTYPE, name)
            except locale.Error:
                continue
            return ["--locale", "C", "--lc-ctype", name]
    finally:
        locale.setlocale(locale.LC_CTYPE, before)
    raise PostgresTrouble("this machine has no UTF-8 locale: install one (Debian: apt-get install locales)")


def forget_dead_owner(lock: Path) -> None:
    """Remove a lock left by a killed server whose process number now belongs to something else.

    PostgreSQL removes one whose process is gone; it can't tell a number that was given out again, as happens
    after each restart of a container.
    """
    try:
        holder = psutil.Process(int(lock.read_text().split()[0]))
        if holder.name() not in ("postgres", "postmaster"):
            lock.unlink()
    except (FileNotFoundError, psutil.NoSuchProcess):
        return
    except (ValueError, IndexError):
        lock.unlink()


def _tail(log: Path, lines: int = 8) -> str:
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return "(empty)"
