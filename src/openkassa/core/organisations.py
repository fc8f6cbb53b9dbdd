"""Writes of organisations."""

from __future__ import annotations

import uuid

from openkassa.core.db import atomic
from openkassa.core.models import Organisation, OrganisationState


def organisation_create(*, name: str, inn: str, jurisdiction: str = "RU") -> Organisation:
    currency = {"RU": "RUB", "KG": "KGS"}[jurisdiction]
    return Organisation.objects.create(name=name, inn=inn, jurisdiction=jurisdiction, currency=currency)


def organisation_suspend(*, organisation_id: uuid.UUID) -> None:
    """New sales are refused; what was accepted is still fiscalised, and all reads go on."""
    _set_state(organisation_id, OrganisationState.SUSPENDED)


def organisation_resume(*, organisation_id: uuid.UUID) -> None:
    _set_state(organisation_id, OrganisationState.ACTIVE)


def _set_state(organisation_id: uuid.UUID, state: str) -> None:
    with atomic():
        organisation = Organisation.objects.select_for_update().get(id=organisation_id)
        organisation.state = state
        organisation.save(update_fields=["state"])
