"""An export has every row of its organisation and none of another."""

from __future__ import annotations

import csv
import io
import stat
import zipfile
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection
from tests.cli.conftest import Kassa
from tests.support.world import World, make_world

from openkassa.cli.exporting import organisation_export, tenant_tables
from openkassa.kassa.people.services import membership_create, user_create

# A directory of secrets and its history: they name organisations, and are none of theirs.
CONTROL = {"kassa_receipts_channelkey", "kassa_receipts_channelkeyevent"}

FILLED = (
    "kassa_receipts_receipt",
    "kassa_receipts_receiptrequest",
    "kassa_registers_documentcontainer",
    "kassa_people_membership",
    "core_organisationevent",
    "kassa_registers_cashregisterevent",
)


def tables_of(file: Path) -> dict[str, list[dict[str, str]]]:
    csv.field_size_limit(10_000_000)
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        return {
            name.removesuffix(".csv"): list(csv.DictReader(io.StringIO(archive.read(name).decode())))
            for name in archive.namelist()
        }


@pytest.fixture
def two(world: World) -> tuple[World, World]:
    """Two organisations, alike in everything, each with a fiscalised receipt and a member."""
    other = make_world(name="ООО «Чужое»")
    for number, one in enumerate((world, other)):
        device = one.add_register()
        one.sell("order-1")
        one.drain(device)
        person = user_create(display_name="Анна", identifier=f"anna{number}@example.com", password="canary-password-1")
        membership_create(organisation_id=one.organisation_id, user_id=person.id, role="owner")
    return world, other


def test_it_has_every_row_of_its_organisation_and_no_other(
    two: tuple[World, World], tmp_path: Path, kassa: Kassa
) -> None:
    mine, other = two
    target = tmp_path / "mine.zip"
    done = kassa("org", "export", str(mine.organisation_id), str(target))
    for device in other.devices:
        device.kill()
    assert done.returncode == 0, done.stderr
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    exported = tables_of(target)
    assert exported.keys() == tenant_tables().keys()
    for table, column in tenant_tables().items():
        owners = {row[column] for row in exported[table]}
        assert owners <= {str(mine.organisation_id)}, f"{table} has rows of somebody else"
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {table} WHERE {column} = %s", [mine.organisation_id])
            assert cursor.fetchone() == (len(exported[table]),), table
    for table in FILLED:
        assert exported[table], f"{table} is empty: the test shows nothing"
    with zipfile.ZipFile(target) as archive:
        assert not any(b"canary-password-1" in archive.read(name) for name in archive.namelist())


def test_every_table_with_an_organisation_is_in_it() -> None:
    with_organisation = {
        model._meta.db_table
        for model in apps.get_models()
        if any(field.column == "organisation_id" for field in model._meta.concrete_fields)
    }
    assert with_organisation - CONTROL <= tenant_tables().keys()


@pytest.mark.django_db
def test_control_tables_are_not_in_it() -> None:
    assert not {"kassa_people_user", "kassa_people_loginidentifier", *CONTROL} & tenant_tables().keys()


def test_a_file_that_is_there_is_left_alone(world: World, tmp_path: Path, kassa: Kassa) -> None:
    target = tmp_path / "there.zip"
    target.write_text("mine")
    done = kassa("org", "export", str(world.organisation_id), str(target))
    assert done.returncode == 1
    assert "there.zip can't be written: File exists" in done.stderr
    assert target.read_text() == "mine"
    done = kassa("org", "export", str(world.organisation_id), str(tmp_path / "no" / "such.zip"))
    assert done.returncode == 1
    assert "No such file or directory" in done.stderr


def test_an_export_that_fails_leaves_no_file(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from openkassa.cli import exporting

    monkeypatch.setattr(exporting, "tenant_tables", lambda: {"no_such_table": "id"})
    target = tmp_path / "half.zip"
    with pytest.raises(Exception, match="no_such_table"):
        organisation_export(world.organisation_id, target)
    assert not target.exists()
