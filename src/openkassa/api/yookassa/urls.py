"""Addresses of the YooKassa API."""

from django.urls import path

from openkassa.api.yookassa.views import entry

urlpatterns = [path("v3/<path:rest>", entry), path("v3/", entry, {"rest": ""})]
