"""What the application role may do with each table: read and write, only add, or only read.

A model that says `append_only = True`, and every event table of pghistory, can only be added to. Nothing is
granted beforehand: a table made by hand stays closed until `kassa migrate` has looked at it.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.apps import apps
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql

READ_AND_WRITE = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE"})
ADD_ONLY = frozenset({"SELECT", "INSERT"})
READ_ONLY = frozenset({"SELECT"})
READ_ONLY_TABLES = frozenset({"django_migrations"})

# Partitions get nothing: rows are reached through the parent, whose rights count.
RELATIONS = """
SELECT c.oid::regclass::text, c.relname, c.relkind, c.relispartition,
       ARRAY(SELECT a.privilege_type FROM aclexplode(c.relacl) AS a
             WHERE a.grantee = (SELECT oid FROM pg_roles WHERE rolname = %(app)s))
FROM pg_class AS c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
  AND NOT EXISTS (SELECT 1 FROM pg_depend AS d WHERE d.objid = c.oid AND d.deptype = 'e')
ORDER BY c.relname
"""


def append_only_tables() -> frozenset[str]:
    """Tables of the loaded project that rows are only added to."""
    return frozenset(model._meta.db_table for model in apps.get_models(include_auto_created=True) if _adds_only(model))


def _adds_only(model: type[models.Model]) -> bool:
    from pghistory.models import Event

    return bool(getattr(model, "append_only", False)) or (issubclass(model, Event) and model._meta.managed)


def wanted_rights(name: str, kind: str, is_partition: bool, append_only: Iterable[str]) -> frozenset[str]:
    """Rights of the application role on a relation of pg_class; `kind` is its relkind."""
    if is_partition:
        return frozenset()
    if kind == "S":
        return frozenset({"SELECT", "USAGE"})
    if kind in ("v", "m") or name in READ_ONLY_TABLES:
        return READ_ONLY
    return ADD_ONLY if name in append_only else READ_AND_WRITE


def grant(connection: BaseDatabaseWrapper, app: str) -> list[str]:
    """Bring the rights of role `app` to what the models say; only differences are executed, which are returned."""
    append_only = append_only_tables()
    done: list[str] = []
    with connection.cursor() as cursor:
        cursor.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(sql.Identifier(app)))
        cursor.execute(RELATIONS, {"app": app})
        for relation, name, kind, is_partition, actual in cursor.fetchall():
            wanted = wanted_rights(name, kind, is_partition, append_only)
            for verb, link, rights in (
                ("REVOKE", "FROM", set(actual) - wanted),
                ("GRANT", "TO", wanted - set(actual)),
            ):
                if rights:
                    statement = _statement(verb, link, rights, "SEQUENCE" if kind == "S" else "TABLE", relation, app)
                    cursor.execute(statement)
                    done.append(f"{verb} {', '.join(sorted(rights))} {link} {app}: {name}")
    return done


def _statement(verb: str, link: str, rights: Iterable[str], kind: str, relation: str, app: str) -> sql.Composed:
    # `relation` comes quoted from regclass; the other words are ours.
    words = f"{verb} {', '.join(sorted(rights))} ON {kind} {relation} {link} "
    return sql.SQL(words) + sql.Identifier(app)
