"""A test that commits leaves nothing behind for the next one."""

from __future__ import annotations

import pytest
from django.contrib.sessions.models import Session

from openkassa.core.clock import now


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_rows_committed_in_one_test_are_gone_in_the_next(turn: int) -> None:
    assert not Session.objects.exists()
    Session.objects.create(session_key=f"turn{turn}", session_data="", expire_date=now())


@pytest.mark.django_db
def test_what_migrations_made_stays() -> None:
    from django.contrib.contenttypes.models import ContentType

    assert ContentType.objects.exists()
