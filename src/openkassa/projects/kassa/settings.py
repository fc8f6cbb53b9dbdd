"""Django settings of the merchant side. Everything that differs between installations is in core.settings."""

from __future__ import annotations

import os

from openkassa.core.databases import database_urls, django_database
from openkassa.core.keys import secret
from openkassa.core.settings import settings
from openkassa.projects import common

_settings = settings()
_role = os.environ.get("KASSA_DATABASE_ROLE", "app")
_urls = database_urls(_settings, "kassa")

DEBUG = False
SECRET_KEY = secret("django").hex()
ALLOWED_HOSTS = common.allowed_hosts(_settings, _settings.public_url)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "pgtrigger",
    "pghistory",
    "procrastinate.contrib.django",
    *common.UI_APPS,
    "openkassa.core",
    "openkassa.kassa.people",
    "openkassa.kassa.outlets",
    "openkassa.kassa.registers",
    "openkassa.kassa.receipts",
    "openkassa.kassa.fiscalisation",
    "openkassa.kassa.ledger",
    "openkassa.api",
    "openkassa.web",
]

# Middleware of pages. Requests to the wire faces pass none of it: it would cost them a third of their time
# (see wsgi.py).
MIDDLEWARE = [
    *common.MIDDLEWARE,
    "pghistory.middleware.HistoryMiddleware",  # history says who changed it
    "openkassa.web.middleware.organisation_of_session",
]

ROOT_URLCONF = "openkassa.projects.kassa.urls"
WSGI_APPLICATION = "openkassa.projects.kassa.wsgi.application"
TEMPLATES = common.templates("openkassa.ui.context.site", "openkassa.web.context.navigation")

DATABASES = {
    "default": django_database(_urls.owner if _role == "owner" else _urls.app, application=f"kassa-{_role}"),
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "kassa_people.User"
AUTHENTICATION_BACKENDS = ["openkassa.kassa.people.backends.IdentifierBackend"]
PASSWORD_HASHERS = common.PASSWORD_HASHERS
AUTH_PASSWORD_VALIDATORS = common.AUTH_PASSWORD_VALIDATORS
LOGIN_URL = "/login"
LOGIN_REDIRECT_URL = "/receipts"

SESSION_COOKIE_NAME = "kassa_session"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = common.secure_cookies(_settings.public_url)
SESSION_COOKIE_AGE = 14 * 24 * 3600
CSRF_COOKIE_NAME = "kassa_csrf"
CSRF_TRUSTED_ORIGINS = [_settings.public_url]
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if SESSION_COOKIE_SECURE else 0
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        **common.CONTENT_SECURITY_POLICY["DIRECTIVES"],
        "connect-src": ["'self'", _settings.events_public_url],
    }
}

LANGUAGE_CODE = "ru"
LANGUAGES = common.LANGUAGES
LOCALE_PATHS = [common.PACKAGE / "locale"]
LANGUAGE_COOKIE_NAME = "kassa_language"
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = _settings.home / "static" / "kassa"
STORAGES = common.STORAGES
APPEND_SLASH = False
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
LOGGING_CONFIG = None  # core.logs sets logging up, in every process the same way
SILENCED_SYSTEM_CHECKS = ["security.W004"]
PGHISTORY_CREATED_AT_FUNCTION = "CURRENT_TIMESTAMP"
