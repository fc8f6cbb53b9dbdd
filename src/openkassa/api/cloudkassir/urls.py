"""Addresses of CloudKassir: clients put kkt/… behind their base."""

from django.urls import path

from openkassa.api.cloudkassir.views import entry

urlpatterns = [path("kkt/<path:rest>", entry), path("kkt/", entry, {"rest": ""})]
