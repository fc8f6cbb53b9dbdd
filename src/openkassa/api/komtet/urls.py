"""Addresses of Komtet Kassa."""

from django.urls import path

from openkassa.api.komtet.versions import VERSIONS
from openkassa.api.komtet.views import entry

urlpatterns = [
    pattern
    for name, version in VERSIONS.items()
    for pattern in (
        path(f"api/shop/{name}/<path:rest>", entry, {"version": version}),
        path(f"api/shop/{name}/", entry, {"version": version, "rest": ""}),
    )
]
