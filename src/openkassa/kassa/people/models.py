"""People who sign in, and what they are in an organisation."""

from __future__ import annotations

import pghistory
from django.db import models
from django.utils.translation import gettext_lazy as _

from openkassa.core.clock import now
from openkassa.core.identity import AbstractLoginIdentifier, AbstractPerson
from openkassa.core.tenancy import TenantModel


class StaffRole(models.TextChoices):
    """What a person is at the service company that runs the platform."""

    NONE = "", _("none")
    STAFF = "staff", _("staff")
    OPERATOR = "operator", _("operator")


@pghistory.track(exclude=["password", "last_login"])
class User(AbstractPerson):
    """A person (control table)."""

    staff_role = models.CharField(max_length=16, choices=StaffRole.choices, blank=True, default=StaffRole.NONE)

    class Meta(AbstractPerson.Meta):
        abstract = False


@pghistory.track()
class LoginIdentifier(AbstractLoginIdentifier):
    """A phone or an e-mail that a person signs in with (control table)."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="identifiers")

    class Meta(AbstractLoginIdentifier.Meta):
        abstract = False


class Role(models.TextChoices):
    OWNER = "owner", _("owner")
    MANAGER = "manager", _("manager")
    CASHIER = "cashier", _("cashier")


@pghistory.track()
class Membership(TenantModel):
    """A person's role in an organisation (cell table: `user_id` is a plain UUID, since users are control)."""

    user_id = models.UUIDField()
    role = models.CharField(max_length=16, choices=Role.choices)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "user_id"], name="membership_once"),
            models.UniqueConstraint(fields=["organisation", "id"], name="membership_tenant_id"),
        ]
        indexes = [models.Index(fields=["user_id"], name="membership_user")]
