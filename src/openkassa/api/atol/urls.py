"""Addresses of ATOL Online: with and without /possystem, since clients append /v4 to whatever host they get,
and under /api/fn, where МодульКасса's gateway speaks it."""

from django.urls import path

from openkassa.api.atol.versions import VERSIONS
from openkassa.api.atol.views import entry

urlpatterns = [
    pattern
    for base in ("possystem/", "", "api/fn/possystem/")
    for name, version in VERSIONS.items()
    for pattern in (
        path(f"{base}{name}/<path:rest>", entry, {"version": version}),
        path(f"{base}{name}/", entry, {"version": version, "rest": ""}),
        path(f"{base}{name}", entry, {"version": version, "rest": ""}),
    )
]
