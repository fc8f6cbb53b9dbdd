"""People who sign in at the operator: its staff, later its clients and agents. No table is shared with kassa."""

from __future__ import annotations

import pghistory
from django.db import models

from openkassa.core.identity import AbstractLoginIdentifier, AbstractPerson


@pghistory.track(exclude=["password", "last_login"])
class User(AbstractPerson):
    is_operator = models.BooleanField(default=False)  # staff of the operator: sees every register and document

    class Meta(AbstractPerson.Meta):
        abstract = False


@pghistory.track()
class LoginIdentifier(AbstractLoginIdentifier):
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="identifiers")

    class Meta(AbstractLoginIdentifier.Meta):
        abstract = False


class AttemptCounter(models.Model):
    """Sign-ins tried with one identifier or from one address in one window of time."""

    key = models.CharField(max_length=64)  # keyed digest of what is counted, never the value itself
    window = models.DateTimeField()
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "window"], name="ofd_attempt_counter_once")]
