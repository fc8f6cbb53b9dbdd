"""Roles and databases: made where the given address may make them, otherwise the text says what to run.

Each database has an owner, who makes tables, and an application role, which owns nothing. The processes of
the platform connect as the latter.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from openkassa.cli.errors import Trouble
from openkassa.core.databases import EMBEDDED_ROLES
from openkassa.core.settings import DatabaseUrls


class NotProvisioned(Trouble):
    """A role or database is missing and this address may not make it; the text says what to run."""


@dataclass(frozen=True)
class Names:
    database: str
    owner: str
    app: str
    app_password: str


def names(urls: DatabaseUrls) -> Names:
    """Database and roles that the two addresses name. Raises `NotProvisioned` when both name one role."""
    app, owner = urlsplit(urls.app), urlsplit(urls.owner)
    found = Names(
        database=unquote(owner.path.lstrip("/")),
        owner=unquote(owner.username or ""),
        app=unquote(app.username or ""),
        app_password=unquote(app.password or ""),
    )
    if unquote(app.path.lstrip("/")) != found.database:
        raise NotProvisioned(f"the two addresses name two databases: {found.database} and {app.path[1:]}")
    if found.app == found.owner:
        raise NotProvisioned(
            f"both addresses of database {found.database} name role {found.owner}: the processes need a role that "
            "owns nothing, so that no fault in them can change what is append-only"
        )
    return found


def provision_embedded(superuser_url: str) -> None:
    """Make the roles and databases of both projects in an embedded cluster, as its superuser."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        for database, (owner, app) in EMBEDDED_ROLES.items():
            for role in (owner, app):
                if not _exists(connection, "pg_roles", "rolname", role):
                    connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
            make_database(connection, database, owner=owner, app=app)


def make_database(
    connection: psycopg.Connection, name: str, *, owner: str, app: str, template: str | None = None
) -> None:
    """Make a database unless it exists; only its owner and `app` may connect to it."""
    if not _exists(connection, "pg_database", "datname", name):
        words = [sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(owner))]
        if template:
            words.append(sql.SQL("TEMPLATE {}").format(sql.Identifier(template)))
        connection.execute(sql.SQL(" ").join(words))
    parts = {"database": sql.Identifier(name), "app": sql.Identifier(app)}
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {database} FROM PUBLIC").format(**parts))
    connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {database} TO {app}").format(**parts))


def provision_external(urls: DatabaseUrls) -> None:
    """Make what is missing with the owner's rights. Raises `NotProvisioned` with the statements to run elsewhere."""
    wanted = names(urls)
    try:
        connection = psycopg.connect(urls.owner, autocommit=True, connect_timeout=10)
    except psycopg.OperationalError as error:
        if "does not exist" not in str(error) or "database" not in str(error):
            raise NotProvisioned(f"database {wanted.database} can't be reached as {wanted.owner}: {error}") from error
        _make_missing_database(urls, wanted)
        connection = psycopg.connect(urls.owner, autocommit=True, connect_timeout=10)
    with connection:
        _make_missing_role(connection, wanted)
        _check_separation(connection, wanted)


def _make_missing_database(urls: DatabaseUrls, wanted: Names) -> None:
    parts = urlsplit(urls.owner)
    maintenance = urlunsplit(parts._replace(path="/postgres"))
    try:
        with psycopg.connect(maintenance, autocommit=True, connect_timeout=10) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(wanted.database)))
    except psycopg.Error as error:
        raise NotProvisioned(
            f"database {wanted.database} does not exist and {wanted.owner} may not make it. As a superuser run:\n"
            f'  CREATE DATABASE "{wanted.database}" OWNER "{wanted.owner}";'
        ) from error


def _make_missing_role(connection: psycopg.Connection, wanted: Names) -> None:
    if _exists(connection, "pg_roles", "rolname", wanted.app):
        return
    password = sql.SQL(" PASSWORD {}").format(sql.Literal(wanted.app_password)) if wanted.app_password else sql.SQL("")
    try:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(wanted.app)) + password)
    except psycopg.errors.InsufficientPrivilege as error:
        raise NotProvisioned(
            f"role {wanted.app} does not exist and {wanted.owner} may not make it. As a superuser run:\n"
            f"  CREATE ROLE \"{wanted.app}\" LOGIN PASSWORD '(the one in the address)';\n"
            f'  GRANT CONNECT ON DATABASE "{wanted.database}" TO "{wanted.app}";'
        ) from error


def _check_separation(connection: psycopg.Connection, wanted: Names) -> None:
    row = connection.execute(
        "SELECT rolsuper, pg_has_role(%(app)s, %(owner)s, 'MEMBER') FROM pg_roles WHERE rolname = %(app)s",
        {"app": wanted.app, "owner": wanted.owner},
    ).fetchone()
    if row and any(row):
        raise NotProvisioned(
            f"role {wanted.app} is a superuser or a member of {wanted.owner}, so nothing would be append-only for it. "
            f'Run: ALTER ROLE "{wanted.app}" NOSUPERUSER; REVOKE "{wanted.owner}" FROM "{wanted.app}";'
        )


def _exists(connection: psycopg.Connection, catalogue: str, column: str, name: str) -> bool:
    statement = sql.SQL("SELECT 1 FROM {} WHERE {} = %s").format(sql.Identifier(catalogue), sql.Identifier(column))
    return connection.execute(statement, [name]).fetchone() is not None
