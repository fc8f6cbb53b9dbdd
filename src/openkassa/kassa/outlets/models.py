"""Outlets (точки продаж) and who works at them."""

from __future__ import annotations

import pghistory
from django.db import models

from openkassa.core.clock import now
from openkassa.core.tenancy import TenantForeignKey, TenantModel


@pghistory.track()
class Outlet(TenantModel):
    name = models.CharField(max_length=200)
    address = models.CharField(max_length=256)  # tag 1009
    place = models.CharField(max_length=256)  # tag 1187: site, shop's name
    utc_offset = models.SmallIntegerField(default=180)  # minutes, of the place of settlement
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "id"], name="outlet_tenant_id"),
            models.UniqueConstraint(fields=["organisation", "name"], name="outlet_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


@pghistory.track()
class OutletMember(TenantModel):
    """At which outlet a member works."""

    outlet_id = models.UUIDField()
    membership_id = models.UUIDField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "outlet_id", "membership_id"], name="outlet_member_once"),
            TenantForeignKey(column="outlet_id", to="kassa_outlets_outlet", name="outlet_member_outlet"),
            TenantForeignKey(column="membership_id", to="kassa_people_membership", name="outlet_member_membership"),
        ]
