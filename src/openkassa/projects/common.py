"""What the settings of both Django projects share."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from openkassa.core.settings import Settings

PACKAGE = Path(__file__).resolve().parent.parent

LANGUAGES = [("ru", "Русский"), ("ky", "Кыргызча"), ("en", "English")]

# Cotton and partials both rewrite the loaders when left to their default configuration, and then components
# are printed as plain tags without any error: so both are installed plainly and the loaders are named here.
CACHED_LOADERS = [
    "django.template.loaders.cached.Loader",
    [
        "django_cotton.cotton_loader.Loader",
        "django.template.loaders.filesystem.Loader",
        "django.template.loaders.app_directories.Loader",
    ],
]

UI_APPS = [
    "django_cotton.apps.SimpleAppConfig",
    "template_partials.apps.SimpleAppConfig",
    "openkassa.ui",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "csp.middleware.CSPMiddleware",
]

PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "style-src": ["'self'"],
        "script-src": ["'self'"],
        "connect-src": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "object-src": ["'none'"],
    }
}


def templates(*context_processors: str) -> list[dict]:
    """TEMPLATES with cotton components and partials."""
    return [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [],
            "OPTIONS": {
                "loaders": [("template_partials.loader.Loader", [tuple(CACHED_LOADERS)])],
                "builtins": [
                    "django_cotton.templatetags.cotton",
                    "template_partials.templatetags.partials",
                ],
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.template.context_processors.i18n",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                    *context_processors,
                ],
            },
        }
    ]


def allowed_hosts(settings: Settings, public_url: str) -> list[str]:
    """Hosts that requests may name: the public one, and the loopback names where the server is bound to it."""
    host = urlsplit(public_url).hostname or ""
    local = ["127.0.0.1", "localhost", "[::1]"] if settings.bind.startswith("127.") or settings.testing else []
    return [host, *local]


def secure_cookies(public_url: str) -> bool:
    return public_url.startswith("https://")
