"""People who sign in at the operator: its staff, later its clients and agents. No table is shared with kassa."""

from __future__ import annotations

from django.db import models

from openkassa.core.identity import AbstractLoginIdentifier, AbstractPerson


class User(AbstractPerson):
    is_operator = models.BooleanField(default=False)  # staff of the operator: sees every register and document


class LoginIdentifier(AbstractLoginIdentifier):
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="identifiers")
