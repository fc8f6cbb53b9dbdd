"""Addresses of digitalkassa v2.1 and of Innokassa v2, its older name."""

from django.urls import path

from openkassa.api.digitalkassa.views import entry

urlpatterns = [
    pattern
    for version in ("v2.1", "v2")
    for pattern in (path(f"{version}/<path:rest>", entry), path(f"{version}/", entry, {"rest": ""}))
]
