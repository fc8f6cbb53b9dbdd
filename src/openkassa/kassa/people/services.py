"""Every write to people and memberships."""

from __future__ import annotations

import uuid

from django.contrib.sessions.models import Session

from openkassa.core.clock import now
from openkassa.core.db import atomic
from openkassa.core.identity import normalise_identifier
from openkassa.core.tenancy import within
from openkassa.kassa.people.models import LoginIdentifier, Membership, User


def user_create(
    *, display_name: str, identifier: str, password: str, staff_role: str = "", language: str = "ru"
) -> User:
    """A person with one identifier, taken as verified by whoever makes the account.

    Raises `ValidationError` for an identifier that is neither phone nor e-mail, `IntegrityError` for a taken one.
    """
    kind, value = normalise_identifier(identifier)
    with atomic():
        user = User(display_name=display_name, language=language, staff_role=staff_role)
        user.set_password(password)
        user.save(force_insert=True)
        LoginIdentifier.objects.create(user=user, kind=kind, value=value, verified_at=now())
    return user


def user_reset_password(*, user: User, password: str) -> None:
    """Sets a new password and ends every session of the person."""
    with atomic():
        user.set_password(password)
        user.save(update_fields=["password"])
        user_sessions_end(user_id=user.id)


def user_sessions_end(*, user_id: uuid.UUID) -> int:
    """Ends the sessions of a person; returns how many. Sessions are few, and this is rare."""
    mine = [
        session.session_key
        for session in Session.objects.filter(expire_date__gt=now()).iterator()
        if session.get_decoded().get("_auth_user_id") == str(user_id)
    ]
    return Session.objects.filter(session_key__in=mine).delete()[0]


def user_set_language(*, user: User, language: str) -> None:
    user.language = language
    user.save(update_fields=["language"])


def membership_create(*, organisation_id: uuid.UUID, user_id: uuid.UUID, role: str) -> Membership:
    with within(organisation_id):
        return Membership.objects.create(organisation_id=organisation_id, user_id=user_id, role=role)


def membership_deactivate(*, organisation_id: uuid.UUID, membership_id: uuid.UUID) -> None:
    """The person loses the organisation at once: their sessions end."""
    with atomic(), within(organisation_id):
        membership = Membership.objects.select_for_update().get(id=membership_id)
        membership.is_active = False
        membership.save(update_fields=["is_active"])
        user_sessions_end(user_id=membership.user_id)
