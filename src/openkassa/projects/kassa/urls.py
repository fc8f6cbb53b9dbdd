"""Addresses of the merchant side: wire faces, pages, health."""

from django.urls import include, path

handler404 = "openkassa.api.refusals.not_found"

urlpatterns = [
    path("", include("openkassa.core.health_urls")),
    path("", include("openkassa.api.urls")),
    path("", include("openkassa.web.urls")),
]
