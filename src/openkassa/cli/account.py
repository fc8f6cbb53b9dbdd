"""The operating-system account that PostgreSQL runs under, and which directories it can reach.

PostgreSQL refuses to run as root, so root gives it to `postgres` or to another account without privileges.
An ordinary user runs it under his own account.
"""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from openkassa.cli.errors import Trouble

ACCOUNTS_FOR_ROOT = ("postgres", "_postgres", "nobody")


class NoAccount(Trouble):
    """No account can run PostgreSQL; the text says what to do."""


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int
    name: str
    other: bool  # not the account of this process: children must be started under it

    def popen(self) -> dict:
        """Arguments of `subprocess.Popen` that start a child under this account."""
        if not self.other:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        """Give a file or directory to this account."""
        if self.other:
            os.chown(path, self.uid, self.gid)


def account_for(data: Path) -> Account:
    """The account that owns the data directory, or the one that will. Raises `NoAccount`."""
    me = _named(os.geteuid())
    owner = data.stat().st_uid if data.exists() else None
    if os.geteuid() != 0:
        if owner not in (None, me.uid):
            raise NoAccount(
                f"{data} belongs to {_name(owner)}, and this process runs as {me.name}: start it as root "
                f"or as {_name(owner)}, or choose another KASSA_HOME"
            )
        return me
    if owner not in (None, 0):
        return _named(owner, other=True)
    for name in ACCOUNTS_FOR_ROOT:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        if found.pw_uid != 0:
            return Account(found.pw_uid, found.pw_gid, found.pw_name, other=True)
    raise NoAccount(
        "PostgreSQL does not run as root, and this machine has none of the accounts "
        f"{', '.join(ACCOUNTS_FOR_ROOT)}: create one (useradd --system postgres)"
    )


def first_unreachable(path: Path, account: Account) -> Path | None:
    """The first existing directory on the way to `path` that the account can't enter; None where it can enter all."""
    if not account.other:
        return None
    for directory in (*reversed(path.parents), path):
        if not directory.is_dir():
            return None
        entered = subprocess.run(
            ["/bin/sh", "-c", 'cd "$1"', "sh", str(directory)], stderr=subprocess.DEVNULL, cwd="/", **account.popen()
        )
        if entered.returncode != 0:
            return directory
    return None


def _named(uid: int, *, other: bool = False) -> Account:
    try:
        found = pwd.getpwuid(uid)
    except KeyError:
        raise NoAccount(
            f"user id {uid} has no entry in the account database, and PostgreSQL needs one: add it to /etc/passwd, "
            "run under a named account, or give KASSA_DATABASE_URL and its three companions"
        ) from None
    return Account(found.pw_uid, found.pw_gid, found.pw_name, other=other)


def _name(uid: int | None) -> str:
    try:
        return pwd.getpwuid(uid or 0).pw_name
    except KeyError:
        return f"user id {uid}"
