"""Database settings for Django from a PostgreSQL address, and the addresses of the embedded cluster."""

from __future__ import annotations

from urllib.parse import parse_qsl, quote, unquote, urlsplit

from openkassa.core.settings import DatabaseUrls, Settings

NEVER = 1_000_000_000
EMBEDDED_ROLES = {"kassa": ("kassa_owner", "kassa_app"), "ofd": ("ofd_owner", "ofd_app")}


def embedded_url(settings: Settings, role: str, database: str) -> str:
    """Address of a database in the embedded cluster: a Unix socket, no TCP port, no password."""
    return f"postgresql://{role}@/{database}?host={quote(str(settings.run / 'pg'), safe='')}"


def database_urls(settings: Settings, database: str) -> DatabaseUrls:
    """Addresses of the database `kassa` or `ofd`."""
    given = settings.kassa_database if database == "kassa" else settings.ofd_database
    if given is not None:
        return given
    owner, app = EMBEDDED_ROLES[database]
    return DatabaseUrls(app=embedded_url(settings, app, database), owner=embedded_url(settings, owner, database))


def django_database(url: str, *, application: str = "kassa") -> dict:
    """Django's DATABASES entry for a PostgreSQL address; `host` may come as a query parameter (Unix socket)."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    host = query.pop("host", None) or parts.hostname or ""
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or query.pop("port", "")),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        # Django turns prepared statements off unless a threshold is given. This one is never reached, so the ORM's
        # statements are planned each time, and those of core.db, which ask for it, once for a connection.
        "OPTIONS": {"application_name": application, "prepare_threshold": NEVER, **query},
    }
