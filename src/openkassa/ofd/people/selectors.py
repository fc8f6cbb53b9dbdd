"""Reads of the operator's people."""

from __future__ import annotations

from openkassa.core.identity import normalise_identifier
from openkassa.ofd.people.models import User


def user_find(*, identifier: str) -> User | None:
    """The person who signs in with `identifier`. Raises `ValidationError` for neither phone nor e-mail."""
    return User.objects.filter(identifiers__value=normalise_identifier(identifier)[1]).first()
