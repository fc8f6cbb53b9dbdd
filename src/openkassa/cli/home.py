"""The home directory of an installation, and who works on it."""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from openkassa.cli.errors import HomeTaken, Trouble
from openkassa.core.clock import now
from openkassa.core.settings import Settings, settings

LOCK_NAME = "lock"
PRIVATE = ("logs", "devices", "ports")


def make_home(settings: Settings) -> None:
    """Make the home. For root, PostgreSQL's account must pass through it; nobody else may look around in it."""
    try:
        settings.home.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
        for name in PRIVATE:
            (settings.home / name).mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise Trouble(f"KASSA_HOME {settings.home} can't be made: {error.strerror}") from error
    if not os.access(settings.home, os.W_OK | os.X_OK):
        raise Trouble(f"KASSA_HOME {settings.home} can't be written by this account: choose another")


@contextlib.contextmanager
def hold_home(settings: Settings, command: str, facts: Mapping[str, object] | None = None) -> Iterator[None]:
    """Work on the home alone. Raises `HomeTaken` naming who holds it.

    The lock belongs to the open file, so it goes with the process however that ends; the text in it is only
    for people.
    """
    make_home(settings)
    with (settings.home / LOCK_NAME).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise HomeTaken(f"{settings.home} is in use by {describe_holder(settings)}") from None
        file.seek(0)
        file.truncate()
        since = now().isoformat(timespec="seconds")
        json.dump({"pid": os.getpid(), "command": command, "since": since, **(facts or {})}, file)
        file.flush()
        try:
            yield
        finally:
            file.seek(0)
            file.truncate()


def holder(settings: Settings) -> dict | None:
    """What the holder of the home wrote about itself; None when nobody holds it."""
    try:
        with (settings.home / LOCK_NAME).open("r+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return _read(file.read())
    except FileNotFoundError:
        pass
    return None


def given_addresses(environment: Mapping[str, str]) -> dict[str, str]:
    """Ports and addresses that an environment names: settings of one command line that others have to know."""
    return {
        name: value
        for name, value in environment.items()
        if name == "KASSA_BIND" or (name.startswith("KASSA_") and name.endswith(("_PORT", "_PUBLIC_URL")))
    }


def follow_running() -> None:
    """Takes ports and addresses from the `kassa up` that holds the home, where this shell names none of its own."""
    running = holder(settings())
    if running is not None and not given_addresses(os.environ):
        os.environ.update(running.get("given", {}))
        settings.cache_clear()


def describe_holder(settings: Settings) -> str:
    """One line about the holder."""
    found = _read((settings.home / LOCK_NAME).read_text())
    if not found:
        return "another process"
    since = dt.datetime.fromisoformat(found["since"]).astimezone()
    addresses = f", {found['http']}" if found.get("http") else ""
    return f"{found['command']} (process {found['pid']}, since {since:%Y-%m-%d %H:%M:%S}{addresses})"


def _read(text: str) -> dict:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return {}


def write_private(path: Path, text: str) -> None:
    """Write a file that only this account can read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
