"""WSGI entry of the merchant side."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openkassa.projects.kassa.settings")
django.setup(set_prefix=False)

from openkassa.api.too_large import too_large  # noqa: E402
from openkassa.projects.dispatch import Dispatcher  # noqa: E402

MACHINES = ("/api/", "/possystem/", "/v4/", "/health/", "/metrics")

application = Dispatcher(MACHINES, too_large)
