"""Attempts: the one place where a receipt and a register meet."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from openkassa.core.states import state_machine
from openkassa.core.tenancy import HotTenantModel, TenantForeignKey


class AttemptState(models.TextChoices):
    OPEN = "open", _("open")
    DOUBT = "doubt", _("in doubt")
    MADE = "made", _("made")
    VOID = "void", _("void")


class Attempt(HotTenantModel):
    """A receipt is given to a register: committed before the first byte goes to the device. Its id is the task id.

    At most one attempt of a receipt is open, in doubt or made: the unique index is what keeps a receipt from
    becoming two documents, whatever the code above it does.
    """

    receipt_id = models.UUIDField()
    register_id = models.UUIDField()
    fn = models.CharField(max_length=16)
    fence = models.BigIntegerField()
    expected_fd = models.BigIntegerField()
    content_digest = models.BinaryField()
    state = models.CharField(max_length=8, choices=AttemptState.choices, default=AttemptState.OPEN)
    fd = models.BigIntegerField(null=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "receipt_id"],
                condition=models.Q(state__in=["open", "doubt", "made"]),
                name="attempt_one_live",
            ),
            TenantForeignKey(column="receipt_id", to="kassa_receipts_receipt", name="attempt_receipt"),
            TenantForeignKey(column="register_id", to="kassa_registers_cashregister", name="attempt_register"),
        ]
        indexes = [
            models.Index(
                fields=["organisation", "register_id", "id"],
                condition=models.Q(state__in=["open", "doubt"]),
                name="attempt_unresolved",
            ),
            models.Index(fields=["organisation", "receipt_id", "id"], name="attempt_receipt_order"),
        ]
        triggers = [
            *state_machine(
                name="attempt_states",
                initial=["open"],
                transitions={"open": ["made", "void", "doubt"], "doubt": ["made", "void"]},
            )
        ]
