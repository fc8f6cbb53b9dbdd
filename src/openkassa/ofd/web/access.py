"""Who may see what: the operator's staff everything, anybody else the document whose fiscal sign they can name."""

from __future__ import annotations

import functools
from collections.abc import Callable

import structlog
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from openkassa.ofd.archive import selectors
from openkassa.ofd.archive.models import Document
from openkassa.ofd.web import visitors

log = structlog.get_logger(__name__)

MAX_SIGN = 2**32 - 1


class TooMany(Exception):
    """The address has asked for too many documents that don't exist."""


def is_operator(request: HttpRequest) -> bool:
    user = getattr(request, "user", None)  # none yet where a request was refused before its session was read
    return user is not None and user.is_authenticated and user.is_operator


def operator_required(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page of the operator's staff: others sign in, or get 403 and a line in the log."""

    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not request.user.is_operator:
            log.warning("page_denied", user_id=str(request.user.id), path=request.path)
            raise PermissionDenied
        response = view(request, *args, **kwargs)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    guarded.roles = ("operator",)  # type: ignore[attr-defined] # read by the test that tries role against route
    return guarded


def visible_document(request: HttpRequest, *, fn: str, fd: int, sign: str | None) -> Document | None:
    """The document if the visitor may see it: by its fiscal sign, or as staff without one.

    None stands alike for one that doesn't exist, a sign that is wrong and a sign that is missing.
    """
    if is_operator(request) and sign is None:
        return selectors.document_find(fn=fn, fd=fd, fiscal_sign=None) if fd <= selectors.MAX_FD else None
    if not visitors.may_look(request):
        raise TooMany
    number = int(sign) if sign and sign.isdecimal() and sign.isascii() and len(sign) <= 10 else -1
    found = None
    if 0 < number <= MAX_SIGN and fd <= selectors.MAX_FD:
        found = selectors.document_find(fn=fn, fd=fd, fiscal_sign=number)
    if found is None:
        visitors.missed(request)
    return found
