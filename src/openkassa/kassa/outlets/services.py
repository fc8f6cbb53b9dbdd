"""Every write to outlets."""

from __future__ import annotations

import uuid

from openkassa.core.tenancy import within
from openkassa.kassa.outlets.models import Outlet, OutletMember


def outlet_create(*, organisation_id: uuid.UUID, name: str, address: str, place: str, utc_offset: int = 180) -> Outlet:
    with within(organisation_id):
        return Outlet.objects.create(
            organisation_id=organisation_id, name=name, address=address, place=place, utc_offset=utc_offset
        )


def outlet_member_add(*, organisation_id: uuid.UUID, outlet_id: uuid.UUID, membership_id: uuid.UUID) -> OutletMember:
    with within(organisation_id):
        return OutletMember.objects.create(
            organisation_id=organisation_id, outlet_id=outlet_id, membership_id=membership_id
        )
