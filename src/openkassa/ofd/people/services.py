"""Writes of the operator's people."""

from __future__ import annotations

from django.db import transaction

from openkassa.core.clock import now
from openkassa.core.identity import normalise_identifier
from openkassa.ofd.people.models import LoginIdentifier, User


@transaction.atomic
def user_create(
    *, display_name: str, identifier: str, password: str, is_operator: bool = False, language: str = "ru"
) -> User:
    """A person with one identifier, taken as verified: the operator's own staff makes accounts.

    Raises `ValidationError` for an identifier that is neither phone nor e-mail, `IntegrityError` for a taken one.
    """
    kind, value = normalise_identifier(identifier)
    user = User(display_name=display_name, language=language, is_operator=is_operator)
    user.set_password(password)
    user.save(force_insert=True)
    LoginIdentifier.objects.create(user=user, kind=kind, value=value, verified_at=now())
    return user


def user_set_password(*, user: User, password: str) -> None:
    user.set_password(password)
    user.save(update_fields=["password"])
