"""Addresses of МодульКасса's fiscal service: under /api/fn as the service has it, and /fn as its demo stand."""

from django.urls import path

from openkassa.api.modulkassa.views import entry

urlpatterns = [
    path("api/fn/<path:rest>", entry),
    path("fn/<path:rest>", entry),
    path("api/fn/", entry, {"rest": ""}),
    path("fn/", entry, {"rest": ""}),
]
