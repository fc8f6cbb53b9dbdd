"""WSGI entry of the merchant side."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openkassa.projects.kassa.settings")
django.setup(set_prefix=False)

from openkassa.api.refusals import PREFIXES, refused  # noqa: E402
from openkassa.projects.dispatch import Dispatcher  # noqa: E402

MACHINES = ("/health/", "/metrics", *PREFIXES)

application = Dispatcher(MACHINES, refused)
