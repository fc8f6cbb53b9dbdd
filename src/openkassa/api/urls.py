"""Addresses of the wire faces."""

from django.urls import include, path

urlpatterns = [
    path("", include("openkassa.api.atol.urls")),
    path("", include("openkassa.api.komtet.urls")),
    path("", include("openkassa.api.modulkassa.urls")),
    path("", include("openkassa.api.digitalkassa.urls")),
    path("", include("openkassa.api.yookassa.urls")),
    path("", include("openkassa.api.cloudkassir.urls")),
    path("", include("openkassa.api.orangedata.urls")),
    path("api/v1/", include("openkassa.api.v1.urls")),
]
