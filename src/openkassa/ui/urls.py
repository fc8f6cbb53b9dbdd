"""Addresses that both projects have: the language switch, and the gallery of components where tests may look."""

from django.urls import path

from openkassa.core.settings import settings
from openkassa.ui import views

urlpatterns = [path("language", views.switch_language, name="language")]

if settings().testing:
    urlpatterns += [
        path("ui/", views.gallery, name="ui-gallery"),
        path("ui/error/<str:name>", views.gallery_error, name="ui-error"),
    ]
