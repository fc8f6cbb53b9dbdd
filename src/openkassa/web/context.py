"""What the pages of the merchant side have around their content."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from openkassa.ui.navigation import Item, mark_active


def navigation(request: HttpRequest) -> dict:
    """`navigation`, `product`, `home_url`, `membership`, `memberships`."""
    membership = getattr(request, "membership", None)
    entries = []
    if membership is not None:
        entries = [Item(label=_("Receipts"), url=reverse("receipts"), icon="receipt")]
        if membership.role in ("owner", "manager"):
            entries += [
                Item(label=_("Prepayments"), url=reverse("prepayments"), icon="credit-card"),
                Item(label=_("Cash registers"), url=reverse("registers"), icon="device-desktop"),
                Item(label=_("Connect a shop"), url=reverse("connect"), icon="code"),
            ]
    return {
        "product": "OpenKassa",
        "home_url": reverse("receipts") if membership else reverse("landing"),
        "navigation": mark_active(entries, request.path),
        "membership": membership,
        "memberships": getattr(request, "memberships", []),
    }
