"""Django settings of the operator: its own database, users, cookies and addresses."""

from __future__ import annotations

import os

from openkassa.core.databases import database_urls, django_database
from openkassa.core.keys import secret
from openkassa.core.settings import settings
from openkassa.projects import common

_settings = settings()
_role = os.environ.get("KASSA_DATABASE_ROLE", "app")
_urls = database_urls(_settings, "ofd")

DEBUG = False
SECRET_KEY = secret("ofd_django").hex()
ALLOWED_HOSTS = common.allowed_hosts(_settings, _settings.ofd_public_url)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "pgtrigger",
    "pghistory",
    *common.UI_APPS,
    "openkassa.ofd.people",
    "openkassa.ofd.archive",
    "openkassa.ofd.web",
]

MIDDLEWARE = [
    "openkassa.ofd.web.middleware.limit_body",
    *common.MIDDLEWARE,
    "openkassa.ofd.web.errors.TooManyPages",
]

ROOT_URLCONF = "openkassa.projects.ofd.urls"
WSGI_APPLICATION = "openkassa.projects.ofd.wsgi.application"
TEMPLATES = common.templates("openkassa.ui.context.site", "openkassa.ofd.web.context.navigation")

DATABASES = {
    "default": django_database(_urls.owner if _role == "owner" else _urls.app, application=f"ofd-{_role}"),
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "ofd_people.User"
AUTHENTICATION_BACKENDS = ["openkassa.core.identity.IdentifierBackend"]
PASSWORD_HASHERS = common.PASSWORD_HASHERS
AUTH_PASSWORD_VALIDATORS = common.AUTH_PASSWORD_VALIDATORS
LOGIN_URL = "/login"
LOGIN_REDIRECT_URL = "/registers"

SESSION_COOKIE_NAME = "ofd_session"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = common.secure_cookies(_settings.ofd_public_url)
SESSION_COOKIE_AGE = 14 * 24 * 3600
CSRF_COOKIE_NAME = "ofd_csrf"
CSRF_TRUSTED_ORIGINS = [_settings.ofd_public_url]
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if SESSION_COOKIE_SECURE else 0
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = common.CONTENT_SECURITY_POLICY

LANGUAGE_CODE = "ru"
LANGUAGES = common.LANGUAGES
LOCALE_PATHS = [common.PACKAGE / "locale"]
LANGUAGE_COOKIE_NAME = "ofd_language"
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = _settings.home / "static" / "ofd"
STORAGES = common.STORAGES
APPEND_SLASH = False
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
LOGGING_CONFIG = None  # core.logs sets logging up, in every process the same way
SILENCED_SYSTEM_CHECKS = ["security.W004"]
PGHISTORY_CREATED_AT_FUNCTION = "CURRENT_TIMESTAMP"
