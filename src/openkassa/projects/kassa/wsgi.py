"""WSGI entry of the merchant side."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openkassa.projects.kassa.settings")
django.setup(set_prefix=False)

from openkassa.projects.dispatch import Dispatcher  # noqa: E402

application = Dispatcher(("/api/", "/possystem/", "/v4/", "/v5/", "/health/", "/metrics"))
