"""WSGI entry of the merchant side."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openkassa.projects.kassa.settings")
application = get_wsgi_application()
