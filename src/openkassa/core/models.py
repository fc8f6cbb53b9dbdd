"""Tables that every room of the merchant side stands on."""

from __future__ import annotations

import pghistory
from django.db import models
from django.utils.translation import gettext_lazy as _

from openkassa.core.clock import now
from openkassa.core.ids import uuid7
from openkassa.core.states import state_machine
from openkassa.core.tenancy import HotTenantModel


class OrganisationState(models.TextChoices):
    ACTIVE = "active", _("active")
    SUSPENDED = "suspended", _("suspended")


@pghistory.track()
class Organisation(models.Model):
    """The tenant: a company or a sole trader (cell table)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=256)
    inn = models.CharField(max_length=14)
    jurisdiction = models.CharField(max_length=2, default="RU")
    currency = models.CharField(max_length=3, default="RUB")
    state = models.CharField(max_length=10, choices=OrganisationState.choices, default=OrganisationState.ACTIVE)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(jurisdiction__in=["RU", "KG"]), name="organisation_jurisdiction"),
        ]
        triggers = [
            *state_machine(
                name="organisation_states",
                initial=["active"],
                transitions={"active": ["suspended"], "suspended": ["active"]},
            )
        ]

    def __str__(self) -> str:
        return self.name


class NotificationState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    SENT = "sent", _("sent")
    FAILED = "failed", _("failed")


class Notification(HotTenantModel):
    """One message to one person, sent once: an e-mail or an SMS (stream table)."""

    key = models.CharField(max_length=128)  # what it is about: a repeat of the effect finds the first
    channel = models.CharField(max_length=8, choices=[("email", "email"), ("sms", "sms")])
    recipient = models.CharField(max_length=254)  # emptied by retention
    template = models.CharField(max_length=64)
    context = models.JSONField(default=dict)
    language = models.CharField(max_length=8, default="ru")
    state = models.CharField(max_length=8, choices=NotificationState.choices, default=NotificationState.WAITING)
    attempts = models.SmallIntegerField(default=0)
    next_at = models.DateTimeField(default=now)
    error = models.CharField(max_length=500, blank=True, default="")
    created_at = models.DateTimeField(default=now)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "key"], name="notification_once"),
        ]
        indexes = [
            models.Index(fields=["next_at"], condition=models.Q(state="waiting"), name="notification_waiting"),
        ]
        triggers = [
            *state_machine(
                name="notification_states",
                initial=["waiting"],
                transitions={"waiting": ["sent", "failed"], "failed": ["waiting"]},
            )
        ]


class AttemptCounter(models.Model):
    """Attempts of a code, a sign-in or a sending budget in one window (control table)."""

    key = models.CharField(max_length=200)  # keyed digest of what is counted, never the value itself
    window = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "window"], name="attempt_counter_once")]


class RetentionRule(models.Model):
    """How many days a kind of data is kept (control table)."""

    kind = models.CharField(primary_key=True, max_length=64)
    days = models.PositiveIntegerField()
    reason = models.CharField(max_length=200)
