"""Reads of people and memberships."""

from __future__ import annotations

import uuid

from openkassa.core.identity import normalise_identifier
from openkassa.core.models import Organisation
from openkassa.core.tenancy import all_tenants
from openkassa.kassa.people.models import Membership, User


def user_by_identifier(identifier: str) -> User | None:
    """Raises `ValidationError` for what is neither phone nor e-mail."""
    return User.objects.filter(identifiers__value=normalise_identifier(identifier)[1]).first()


def memberships_of(user_id: uuid.UUID) -> list[tuple[Membership, Organisation]]:
    """Active memberships of a person with their organisations, by name."""
    with all_tenants("a person may belong to several organisations"):
        memberships = list(Membership.objects.filter(user_id=user_id, is_active=True))
    organisations = Organisation.objects.in_bulk([membership.organisation_id for membership in memberships])
    pairs = [(membership, organisations[membership.organisation_id]) for membership in memberships]
    return sorted(pairs, key=lambda pair: pair[1].name)
