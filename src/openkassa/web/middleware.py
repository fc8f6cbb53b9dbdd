"""Which organisation a signed-in person works in, and the scope of every query of their request."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from openkassa.core.tenancy import within
from openkassa.web.organisations import Workplace, workplaces_of
from openkassa.web.requests import PersonRequest

SESSION_KEY = "organisation"


def organisation_of_session(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable:
    """Puts `memberships`, `membership`, `organisation_id` and `role` on the request, and opens the tenant's scope.

    Someone in several organisations works in the one they chose last; a choice that is no longer theirs is
    forgotten. Without a membership `organisation_id` is None, and any query of tenant tables raises an error.
    """

    def middleware(request: Any) -> HttpResponse:
        request.memberships, request.membership = [], None
        request.organisation_id, request.role = None, ""
        if request.user.is_authenticated:
            request.memberships = workplaces_of(request.user.id)
            request.membership = _chosen(request)
        if request.membership is None:
            return get_response(request)
        request.organisation_id = request.membership.organisation_id
        request.role = request.membership.role
        with within(request.organisation_id):
            return get_response(request)

    return middleware


def choose_organisation(request: PersonRequest, organisation_id: uuid.UUID) -> bool:
    """Makes the organisation the one of the session. False, and no change, for one that isn't the person's."""
    mine = any(membership.organisation_id == organisation_id for membership in request.memberships)
    if mine:
        request.session[SESSION_KEY] = str(organisation_id)
    return mine


def _chosen(request: PersonRequest) -> Workplace | None:
    wanted = request.session.get(SESSION_KEY)
    for membership in request.memberships:
        if str(membership.organisation_id) == wanted:
            return membership
    return request.memberships[0] if request.memberships else None
