"""Who may see a page."""

from __future__ import annotations

import functools
from collections.abc import Callable

import structlog
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase
from django.shortcuts import render

from openkassa.web.requests import MemberRequest

log = structlog.get_logger(__name__)


def role_required(*roles: str) -> Callable:
    """Lets a view be seen by members in one of `roles`.

    A stranger is sent to sign in and comes back; a person without any organisation is told so; another role gets
    the 403 page, and the attempt is logged.
    """

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @functools.wraps(view)
        def guarded(request: MemberRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path() if request.method == "GET" else "/")
            if request.membership is None:
                return render(request, "web/no_organisation.html", status=403)
            if request.role not in roles:
                log.warning(
                    "page_denied",
                    user_id=str(request.user.id),
                    organisation_id=str(request.organisation_id),
                    role=request.role,
                    path=request.path,
                )
                raise PermissionDenied
            response = view(request, *args, **kwargs)
            response.headers.setdefault("Cache-Control", "private, no-store")
            return response

        return guarded

    return decorate
