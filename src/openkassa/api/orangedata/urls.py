"""Addresses of OrangeData v2."""

from django.urls import path

from openkassa.api.orangedata.views import entry

urlpatterns = [path("api/v2/<path:rest>", entry), path("api/v2/", entry, {"rest": ""})]
