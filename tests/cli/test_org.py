"""`kassa org`: made, listed, suspended, resumed; a wrong one is named."""

from __future__ import annotations

import uuid

import pytest
from tests.cli.conftest import Kassa
from tests.support.world import INN

from openkassa.core.models import Organisation

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_organisation_is_made_listed_suspended_and_resumed(kassa: Kassa) -> None:
    done = kassa("org", "create", "--name", "ООО «Пример»", "--inn", INN)
    assert done.returncode == 0, done.stderr
    organisation_id = uuid.UUID(done.stdout.strip())
    assert f"{organisation_id} active {INN} ООО «Пример»" in kassa("org", "list").stdout
    for words, state in ((["suspend"], "suspended"), (["suspend"], "suspended"), (["suspend", "--resume"], "active")):
        assert kassa("org", *words, str(organisation_id)).returncode == 0
        assert Organisation.objects.get(id=organisation_id).state == state


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["create", "--name", "x", "--inn", "7800000028"], "ИНН 7800000028 is wrong for RU"),
        (["create", "--name", "x", "--inn", INN, "--jurisdiction", "KZ"], "Jurisdiction KZ is unknown"),
        (["suspend", "01890000-0000-7000-8000-000000000000"], "There is no organisation 01890000"),
        (["export", "01890000-0000-7000-8000-000000000000", "/tmp/none.zip"], "There is no organisation 01890000"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(kassa: Kassa, words: list[str], text: str) -> None:
    done = kassa("org", *words)
    assert done.returncode == 1
    assert text in done.stderr
    assert "Traceback" not in done.stderr
    assert not Organisation.objects.exists()


def test_a_kyrgyz_organisation_keeps_som(kassa: Kassa) -> None:
    done = kassa("org", "create", "--name", "ОсОО «Мисал»", "--inn", "01234567890123", "--jurisdiction", "KG")
    assert done.returncode == 0, done.stderr
    assert Organisation.objects.get().currency == "KGS"
