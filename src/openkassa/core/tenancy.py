"""Tenants: the organisation, the base of tenant tables, and foreign keys that can't cross organisations.

A tenant table has `organisation_id`, first in each of its unique keys, and `UNIQUE (organisation_id, id)` where
others refer to it. A reference between tenant tables is a plain UUID column with a `TenantForeignKey`
constraint on (organisation_id, x_id): the database itself refuses a reference into another organisation.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

import structlog
from django.db import models
from django.db.models.constraints import BaseConstraint
from django_scopes import ScopedManager, scope, scopes_disabled

from openkassa.core.ids import uuid7

log = structlog.get_logger(__name__)


class TenantRow(models.Model):
    """Base of cell tables. Queries outside of `within(organisation_id)` raise an error."""

    organisation = models.ForeignKey("core.Organisation", on_delete=models.PROTECT, related_name="+", db_index=False)

    objects = ScopedManager(organisation="organisation")  # type: ignore[django-manager-missing] # made by a call

    class Meta:
        abstract = True


class HotTenantRow(TenantRow):
    """A cell table on the way of each receipt. Its organisation is not checked once more on each INSERT: that
    would lock one organisation row in every transaction. Its other keys tie it to rows that were checked."""

    organisation = models.ForeignKey(
        "core.Organisation", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )

    class Meta:
        abstract = True


class HotTenantModel(HotTenantRow):
    """A hot cell table with an id of its own."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)

    class Meta:
        abstract = True


class TenantModel(TenantRow):
    """A cell table with an id of its own."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)

    class Meta:
        abstract = True


class TenantForeignKey(BaseConstraint):
    """FOREIGN KEY (organisation_id, `column`) REFERENCES `to` (organisation_id, `to_column`).

    `also`: more columns, which have the same names in both tables.
    """

    def __init__(
        self,
        *,
        column: str,
        to: str,
        name: str,
        to_column: str = "id",
        also: Sequence[str] = (),
        deferrable: bool = False,
    ) -> None:
        super().__init__(name=name)
        self.column = column
        self.to = to
        self.to_column = to_column
        self.also = list(also)
        self.deferrable = deferrable

    def constraint_sql(self, model: Any, schema_editor: Any) -> str:
        quote = schema_editor.quote_name
        later = " DEFERRABLE INITIALLY DEFERRED" if self.deferrable else ""
        own = ", ".join(quote(column) for column in ("organisation_id", self.column, *self.also))
        theirs = ", ".join(quote(column) for column in ("organisation_id", self.to_column, *self.also))
        return f"CONSTRAINT {quote(self.name)} FOREIGN KEY ({own}) REFERENCES {quote(self.to)} ({theirs}){later}"

    def create_sql(self, model: Any, schema_editor: Any) -> str:
        table = schema_editor.quote_name(model._meta.db_table)
        return f"ALTER TABLE {table} ADD {self.constraint_sql(model, schema_editor)}"

    def remove_sql(self, model: Any, schema_editor: Any) -> str:
        table = schema_editor.quote_name(model._meta.db_table)
        return f"ALTER TABLE {table} DROP CONSTRAINT {schema_editor.quote_name(self.name)}"

    def validate(self, model: Any, instance: Any, exclude: Any = None, using: str = "default") -> None:
        """The database checks it."""

    def deconstruct(self):
        path = f"{self.__class__.__module__}.{self.__class__.__name__}"
        kwargs: dict[str, Any] = {"column": self.column, "to": self.to, "name": self.name}
        if self.to_column != "id":
            kwargs["to_column"] = self.to_column
        if self.also:
            kwargs["also"] = self.also
        if self.deferrable:
            kwargs["deferrable"] = True
        return path, (), kwargs

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TenantForeignKey) and self.deconstruct() == other.deconstruct()

    __hash__ = BaseConstraint.__hash__


def within(organisation_id: uuid.UUID):
    """Scope of one organisation: ORM queries inside see its rows alone."""
    return scope(organisation=organisation_id)


@contextlib.contextmanager
def all_tenants(reason: str) -> Iterator[None]:
    """Work across organisations. The reason is logged; a service never does this."""
    log.debug("all_tenants", reason=reason)
    with scopes_disabled():
        yield


def database_of(organisation_id: uuid.UUID) -> str:
    """Which database an organisation lives in. Today there is one; every other piece of code asks here."""
    return "default"
