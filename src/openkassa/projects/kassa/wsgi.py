"""WSGI entry of the merchant side."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openkassa.projects.kassa.settings")
django.setup(set_prefix=False)

from openkassa.api.faces import FACES  # noqa: E402
from openkassa.api.too_large import too_large  # noqa: E402
from openkassa.projects.dispatch import Dispatcher  # noqa: E402

MACHINES = ("/api/", "/health/", "/metrics", *(prefix for face in FACES for prefix in face.prefixes))

application = Dispatcher(MACHINES, too_large)
