"""A backup is whole or it is refused; it is private; it never writes outside of where it is unpacked."""

from __future__ import annotations

import io
import json
import stat
import tarfile
from pathlib import Path

import pytest

from openkassa.cli.archive import BadArchive, Writer, unpack
from openkassa.cli.errors import Trouble


@pytest.fixture
def made(tmp_path: Path) -> Path:
    (tmp_path / "journal").write_bytes(b"documents")
    target = tmp_path / "backup.tar"
    with Writer(target) as writer:
        writer.add_file("devices/1/journal", tmp_path / "journal")
        writer.finish(made_at="2026-11-21T00:00:00+00:00", version="0.1.0", postgres=15)
    return target


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def test_what_went_in_comes_out(made: Path, folder: Path) -> None:
    manifest = unpack(made, folder)
    assert (folder / "devices/1/journal").read_bytes() == b"documents"
    assert manifest.version == "0.1.0"
    assert list(manifest.members) == ["devices/1/journal"]


def test_only_its_maker_can_read_it(made: Path) -> None:
    assert stat.S_IMODE(made.stat().st_mode) == 0o600


def test_changed_bytes_are_noticed(made: Path, folder: Path) -> None:
    made.write_bytes(made.read_bytes().replace(b"documents", b"documentz", 1))
    with pytest.raises(BadArchive, match="devices/1/journal is not what was backed up"):
        unpack(made, folder)


def test_a_cut_file_is_refused(made: Path, folder: Path) -> None:
    made.write_bytes(made.read_bytes()[:700])
    with pytest.raises(BadArchive):
        unpack(made, folder)


def test_something_else_is_refused(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "letter").write_text("dear operator")
    with pytest.raises(BadArchive, match="not a backup"):
        unpack(tmp_path / "letter", folder)


def test_a_failed_backup_leaves_the_one_before(made: Path, tmp_path: Path) -> None:
    before = made.read_bytes()
    with pytest.raises(FileNotFoundError), Writer(made) as writer:
        writer.add_file("gone", tmp_path / "gone")
    assert made.read_bytes() == before
    assert not list(tmp_path.glob(".backup*"))


@pytest.mark.parametrize("name", ["../outside", "/outside"])
def test_members_that_lead_outside_are_refused(tmp_path: Path, folder: Path, name: str) -> None:
    with tarfile.open(tmp_path / "evil.tar", "w") as tar:
        member = tarfile.TarInfo(name)
        member.size = 1
        tar.addfile(member, io.BytesIO(b"x"))
    with pytest.raises(BadArchive, match="holds no"):
        unpack(tmp_path / "evil.tar", folder)


def test_an_archive_of_a_newer_version_is_refused(tmp_path: Path, folder: Path) -> None:
    text = json.dumps({"format": 99, "version": "9.0"}).encode()
    with tarfile.open(tmp_path / "new.tar", "w") as tar:
        member = tarfile.TarInfo("manifest.json")
        member.size = len(text)
        tar.addfile(member, io.BytesIO(text))
    with pytest.raises(BadArchive, match=r"made by a newer version \(9\.0\)"):
        unpack(tmp_path / "new.tar", folder)


def test_files_that_can_not_be_opened_are_named(made: Path, tmp_path: Path, folder: Path) -> None:
    with pytest.raises(Trouble, match=r"nowhere/x can't be written: No such file"), Writer(tmp_path / "nowhere" / "x"):
        pass
    with pytest.raises(BadArchive, match="missing can't be read: No such file"):
        unpack(tmp_path / "missing", folder)
    with pytest.raises(BadArchive, match="can't be read: Is a directory"):
        unpack(tmp_path, folder)
