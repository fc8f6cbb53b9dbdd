"""The file that `kassa backup` makes: a tar with a manifest that names every other member, its size and SHA-256."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from openkassa.cli.errors import Trouble

FORMAT = 1
MANIFEST = "manifest.json"
BLOCK = 1 << 20


class BadArchive(Trouble):
    """The file is no backup of ours, or not what was written; the text says which part."""


@dataclass(frozen=True)
class Manifest:
    """Who made the archive, when, and what is in it: member name → (bytes, SHA-256)."""

    made_at: str
    version: str
    postgres: int
    members: dict[str, tuple[int, str]]


class Writer:
    """Writes an archive beside its final name and gives it that name when it is whole and on disk. Mode 0600."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self._draft = target.with_name(f".{target.name}.{os.getpid()}")
        self._members: dict[str, tuple[int, str]] = {}

    def __enter__(self) -> Writer:
        try:
            handle = os.open(self._draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        except OSError as error:
            raise Trouble(f"{self.target} can't be written: {error.strerror}") from error
        self._file = os.fdopen(handle, "wb")
        self._tar = tarfile.open(fileobj=self._file, mode="w", format=tarfile.PAX_FORMAT)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._tar.close()
        if kind is None:
            self._file.flush()
            os.fsync(self._file.fileno())
        self._file.close()
        if kind is None:
            self._draft.replace(self.target)
        else:
            self._draft.unlink(missing_ok=True)

    def add_file(self, name: str, path: Path) -> None:
        """Add a file as long as it is now: one that grows meanwhile gets only its beginning in."""
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            head = _Head(file, size)
            self._add(name, size, head)
            self._members[name] = (size, head.digest())

    def finish(self, *, made_at: str, version: str, postgres: int) -> None:
        """Add the manifest; nothing may follow."""
        text = json.dumps(
            {"format": FORMAT, "made_at": made_at, "version": version, "postgres": postgres, "members": self._members},
            indent=1,
        ).encode()
        self._add(MANIFEST, len(text), io.BytesIO(text))

    def _add(self, name: str, size: int, content) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode = size, 0o600
        self._tar.addfile(member, content)


class _Head:
    """The first `size` bytes of a file, hashed as they are read."""

    def __init__(self, file, size: int) -> None:
        self._file, self._left, self._hash = file, size, hashlib.sha256()

    def read(self, count: int) -> bytes:
        block = self._file.read(min(count, self._left))
        self._left -= len(block)
        self._hash.update(block)
        return block

    def digest(self) -> str:
        return self._hash.hexdigest()


def unpack(source: Path, folder: Path) -> Manifest:
    """Unpack into an empty folder and compare with the manifest. Raises `BadArchive`; never writes outside."""
    found: dict[str, tuple[int, str]] = {}
    try:
        with _opened(source) as tar:
            for member in _plain_members(tar):
                path = folder / member.name
                path.parent.mkdir(parents=True, exist_ok=True)
                found[member.name] = (member.size, _extract(tar, member, path))
    except (tarfile.TarError, EOFError) as error:
        raise BadArchive(f"{source} is not a backup or is cut short: {error}") from error
    manifest = _read_manifest(source, folder / MANIFEST)
    del found[MANIFEST]
    for name in sorted(manifest.members.keys() | found.keys()):
        if manifest.members.get(name) != found.get(name):
            raise BadArchive(f"{source}: {name} is not what was backed up; take another backup")
    return manifest


def _opened(source: Path) -> tarfile.TarFile:
    try:
        return tarfile.open(source)
    except OSError as error:
        raise BadArchive(f"{source} can't be read: {error.strerror}") from error


def _plain_members(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    for member in tar:
        parts = Path(member.name).parts
        if not member.isfile() or member.name.startswith("/") or ".." in parts:
            raise BadArchive(f"a backup holds no {member.name}")
        yield member


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> str:
    digest = hashlib.sha256()
    content = tar.extractfile(member)
    assert content is not None
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while block := content.read(BLOCK):
            digest.update(block)
            file.write(block)
    return digest.hexdigest()


def _read_manifest(source: Path, path: Path) -> Manifest:
    try:
        data = json.loads(path.read_text())
        if data["format"] > FORMAT:
            raise BadArchive(f"{source} was made by a newer version ({data['version']}): restore with that one")
        members = {name: (size, digest) for name, (size, digest) in data["members"].items()}
        return Manifest(data["made_at"], data["version"], data["postgres"], members)
    except (FileNotFoundError, ValueError, KeyError, TypeError) as error:
        raise BadArchive(f"{source} has no readable {MANIFEST}: it is not a backup") from error
