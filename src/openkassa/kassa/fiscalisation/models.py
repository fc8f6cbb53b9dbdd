"""Attempts: the one place where a receipt and a register meet."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from openkassa.core.states import append_only, state_machine
from openkassa.core.tenancy import HotTenantModel, TenantForeignKey, TenantModel


class AttemptState(models.TextChoices):
    OPEN = "open", _("open")
    DOUBT = "doubt", _("in doubt")
    MADE = "made", _("made")
    VOID = "void", _("void")


class Decision(TenantModel):
    """What a person says about a receipt in doubt whose register is lost for good (insert-only).

    `made`: that the lost register made the document with these numbers; else that it made none.
    """

    append_only = True
    attempt_id = models.UUIDField()  # without a constraint: attempts are hot, and have no unique key for it
    receipt_id = models.UUIDField()
    register_id = models.UUIDField()
    made = models.BooleanField()
    fn = models.CharField(max_length=16)
    fd = models.BigIntegerField(null=True)
    fiscal_sign = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=500)
    decided_by = models.UUIDField()
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "attempt_id"], name="decision_once"),
            models.CheckConstraint(
                condition=models.Q(made=True, fd__gt=0, fiscal_sign__isnull=False)
                | models.Q(made=False, fd__isnull=True, fiscal_sign__isnull=True),
                name="decision_numbers",
            ),
            models.CheckConstraint(condition=~models.Q(reason=""), name="decision_reason"),
            TenantForeignKey(column="receipt_id", to="kassa_receipts_receipt", name="decision_receipt"),
            TenantForeignKey(column="register_id", to="kassa_registers_cashregister", name="decision_register"),
        ]
        indexes = [models.Index(fields=["organisation", "receipt_id"], name="decision_receipt_order")]
        triggers = [append_only("decision_append_only")]


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
