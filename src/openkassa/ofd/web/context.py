"""What the operator's pages have around their content."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from openkassa.ofd.web.access import is_operator
from openkassa.ofd.web.wording import UTC_OFFSET
from openkassa.ui.navigation import Item, mark_active


def navigation(request: HttpRequest) -> dict:
    """`navigation`, `product`, `home_url`, `operator`, `utc_offset` of the operator's place."""
    entries = []
    operator = is_operator(request)
    if operator:
        entries = [
            Item(label=_("Cash registers"), url=reverse("registers"), icon="device-desktop"),
            Item(label=_("Documents"), url=reverse("archive"), icon="file-text"),
            Item(label=_("Receipt search"), url=reverse("landing"), icon="search"),
        ]
    return {
        "product": _("OpenKassa OFD"),
        "home_url": reverse("registers") if operator else reverse("landing"),
        "navigation": mark_active(entries, request.path),
        "operator": operator,
        "utc_offset": UTC_OFFSET,
    }
