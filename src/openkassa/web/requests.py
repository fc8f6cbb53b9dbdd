"""What a request carries once the middleware and the guards have let it through. For type checkers alone."""

from __future__ import annotations

import uuid

from django.http import HttpRequest

from openkassa.kassa.people.models import User
from openkassa.web.organisations import Workplace


class PersonRequest(HttpRequest):
    """Of somebody who has signed in, in an organisation or not."""

    user: User
    memberships: list[Workplace]


class MemberRequest(PersonRequest):
    """Of a member: `role_required` has seen to it that there is a membership."""

    membership: Workplace
    organisation_id: uuid.UUID
    role: str
