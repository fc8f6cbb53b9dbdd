"""Views that both projects have: the language switch and the gallery of components.

Error pages need no view: Django's own ones take `400.html`, `403.html`, `403_csrf.html`, `404.html` and `500.html`
from this app, the first and the last of them without any context, so that they show when nothing else works.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

switch_language = require_POST(set_language)

ERROR_PAGES = {"400": 400, "403": 403, "403_csrf": 403, "404": 404, "500": 500}


def gallery(request: HttpRequest) -> HttpResponse:
    """Every component in the states that it can have."""
    from openkassa.ui.gallery import examples

    return render(request, "ui/gallery.html", examples(request))


def gallery_error(request: HttpRequest, name: str) -> HttpResponse:
    """An error page as it looks; an unknown name gives the real 404."""
    status = ERROR_PAGES.get(name, 404)
    return render(request, f"{name if name in ERROR_PAGES else '404'}.html", status=status)
