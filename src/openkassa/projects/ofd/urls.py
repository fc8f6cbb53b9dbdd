"""Addresses of the operator: documents, pages, health."""

from django.urls import include, path

urlpatterns = [
    path("", include("openkassa.core.health_urls")),
    path("", include("openkassa.ofd.web.urls")),
]
