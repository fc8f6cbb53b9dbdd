"""Addresses of ATOL Online v4: with and without /possystem, since clients append /v4 to whatever host they get."""

from django.urls import path

from openkassa.api.atol.views import entry

urlpatterns = [
    path("possystem/v4/<path:rest>", entry),
    path("v4/<path:rest>", entry),
    path("possystem/v4/", entry, {"rest": ""}),
    path("v4/", entry, {"rest": ""}),
]
