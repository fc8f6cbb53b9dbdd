"""Faults of visitors that any page may meet."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from openkassa.ofd.web.access import TooMany
from openkassa.ofd.web.visitors import RETRY_AFTER_SECONDS


class TooManyPages:
    """Answers `TooMany` with 429 and a page that says what to do."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, TooMany):
            return None
        response = render(request, "ofd/too_many.html", status=429)
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return response
