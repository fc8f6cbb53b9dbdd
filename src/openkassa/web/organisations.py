"""A person's organisations, as the pages need them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from openkassa.kassa.people import selectors
from openkassa.kassa.people.models import Role


@dataclass(frozen=True, kw_only=True, slots=True)
class Workplace:
    """A person's membership with what pages say about its organisation."""

    organisation_id: uuid.UUID
    name: str
    inn: str
    jurisdiction: str
    currency: str
    role: str
    is_suspended: bool

    @property
    def role_label(self) -> str:
        return str(Role(self.role).label)


def workplaces_of(user_id: uuid.UUID) -> list[Workplace]:
    """Where a person works, by the organisation's name. Two queries."""
    return [
        Workplace(
            organisation_id=organisation.id,
            name=organisation.name,
            inn=organisation.inn,
            jurisdiction=organisation.jurisdiction,
            currency=organisation.currency,
            role=membership.role,
            is_suspended=organisation.state == "suspended",
        )
        for membership, organisation in selectors.memberships_of(user_id)
    ]
