"""`kassa user reset`: a new password, shown once; the old one and every session are gone."""

from __future__ import annotations

import pytest
from django.contrib.auth import authenticate
from django.contrib.sessions.backends.db import SessionStore
from tests.cli.conftest import Kassa

from openkassa.kassa.people.services import user_create

pytestmark = pytest.mark.django_db(transaction=True)
LOGIN, OLD = "anna@example.com", "canary-old-password"


def test_a_person_gets_a_new_password_and_loses_their_sessions(kassa: Kassa) -> None:
    person = user_create(display_name="Анна", identifier=LOGIN, password=OLD)
    other = user_create(display_name="Пётр", identifier="+79991234567", password="another-password")
    sessions = []
    for user in (person, other):
        session = SessionStore()
        session["_auth_user_id"] = str(user.id)
        session.save()
        sessions.append(session.session_key)
    done = kassa("user", "reset", "Anna@Example.com")
    assert done.returncode == 0, done.stderr
    login, _, new = done.stdout.strip().partition(" / ")
    assert login == "Anna@Example.com"
    assert len(new) == 14
    assert authenticate(username=LOGIN, password=new) == person
    assert authenticate(username=LOGIN, password=OLD) is None
    assert [SessionStore().exists(key) for key in sessions] == [False, True]
    assert new not in done.stderr


@pytest.mark.parametrize(
    ("login", "text"), [("nobody@example.com", "Nobody signs in as nobody@example.com"), ("canary", "canary: ")]
)
def test_an_unknown_login_is_said_in_one_line(kassa: Kassa, login: str, text: str) -> None:
    done = kassa("user", "reset", login)
    assert done.returncode == 1
    assert text in done.stderr
    assert "Traceback" not in done.stderr
