"""`kassa init`: a business that sells, without demo data. Secrets are shown once and lie nowhere in the open."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.contrib.auth import authenticate
from tests.cli.conftest import Kassa
from tests.support.world import INN

from openkassa.core.models import Organisation
from openkassa.core.settings import settings
from openkassa.core.tenancy import within
from openkassa.kassa.receipts.channels import channel_by_key, channel_by_login
from openkassa.kassa.registers.models import CashRegister

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = {
    "--name": "ООО «Ромашка»",
    "--inn": INN,
    "--owner": "owner@example.com",
    "--owner-name": "Ольга",
    "--address": "Москва, ул. Примерная, 1",
    "--place": "https://romashka.example",
}


def words(**changes: str) -> list[str]:
    return ["init", *[word for pair in (WORDS | changes).items() for word in pair]]


def told(done: subprocess.CompletedProcess) -> dict[str, str]:
    assert done.returncode == 0, done.stderr
    return dict(line.split(": ", 1) for line in done.stdout.strip().splitlines())


@pytest.fixture(autouse=True)
def devices() -> Iterator[Path]:
    """Homes of devices that the command makes."""
    folder = settings().home / "devices"
    before = set(folder.glob("*")) if folder.exists() else set()
    yield folder
    for made in set(folder.glob("*")) - before:
        shutil.rmtree(made)


def test_what_it_says_works(kassa: Kassa, devices: Path) -> None:
    made = told(kassa(*words()))
    owner, _, password = made["owner"].partition(" / ")
    assert authenticate(username=owner, password=password) is not None
    login, pass_, group = made["ATOL login / pass / group"].split(" / ")
    atol = channel_by_login("atol", login, pass_)
    assert atol is not None
    assert atol.code == group
    v1 = channel_by_key("v1", made["API v1 key"])
    assert v1 is not None
    assert str(v1.organisation_id) == made["organisation"]
    with within(v1.organisation_id):
        register = CashRegister.objects.get()
    assert f"{register.serial}, РНМ {register.rnm}, ФН {register.fn}" == made["register"]
    config = json.loads((devices / register.serial / "device.json").read_text())
    assert config["listen"] == register.endpoint


def test_its_secrets_lie_nowhere_in_the_open(kassa: Kassa, superuser: psycopg.Connection) -> None:
    """Canaries: the secrets that were shown are searched in every table and every file but the keys'."""
    done = kassa(*words())
    made = told(done)
    secrets = [made["owner"].split(" / ")[1], made["ATOL login / pass / group"].split(" / ")[1]]
    secrets.append(made["API v1 key"])
    assert not [secret for secret in secrets if secret in done.stderr]
    names = superuser.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
    ).fetchall()
    for (name,) in names:
        text = "".join(row[0] for row in superuser.execute(f'SELECT t::text FROM "{name}" AS t').fetchall())
        assert not [secret for secret in secrets if secret in text], name
    for file in settings().home.rglob("*"):
        if file.is_file():
            assert not [secret for secret in secrets if secret.encode() in file.read_bytes()], file


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"--inn": "7800000028"}, "ИНН 7800000028 is wrong"),
        ({"--ffd": "1.3"}, "FFD 1.3 is unknown; choose one of 1.05, 1.1, 1.2"),
        ({"--taxation": "8"}, "taxation 8 is not a sum"),
        ({"--owner": "nobody"}, "Введите телефон"),
    ],
)
def test_a_wrong_value_is_named_and_leaves_nothing(kassa: Kassa, devices: Path, change: dict, text: str) -> None:
    before = set(devices.glob("*"))
    done = kassa(*words(**change))
    assert done.returncode == 1
    assert text in done.stderr
    assert "Traceback" not in done.stderr
    assert not Organisation.objects.exists()
    assert set(devices.glob("*")) == before


def test_what_is_taken_is_named_and_leaves_no_register_behind(kassa: Kassa, devices: Path) -> None:
    told(kassa(*words()))
    before = set(devices.glob("*"))
    done = kassa(*words())
    assert done.returncode == 1
    assert "owner@example.com signs in already" in done.stderr
    done = kassa(*words(**{"--owner": "second@example.com"}))
    assert done.returncode == 1
    assert f"there is a business with ИНН {INN} already" in done.stderr
    assert set(devices.glob("*")) == before
    assert Organisation.objects.count() == 1
