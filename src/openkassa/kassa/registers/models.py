"""Cash registers (ККТ), their fiscal storages (ФН), pools, and our copy of the documents that they made."""

from __future__ import annotations

import pghistory
import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from openkassa.core.clock import now
from openkassa.core.states import append_only, state_machine
from openkassa.core.tenancy import HotTenantModel, HotTenantRow, TenantForeignKey, TenantModel


class Ffd(models.IntegerChoices):
    V1_05 = 2, "1.05"
    V1_1 = 3, "1.1"
    V1_2 = 4, "1.2"


@pghistory.track()
class Pool(TenantModel):
    """Registers that serve the same shops: one FFD version, one tax profile. Work is spread over them."""

    name = models.CharField(max_length=100)
    outlet_id = models.UUIDField()
    ffd = models.PositiveSmallIntegerField(choices=Ffd.choices)
    taxation = models.PositiveSmallIntegerField()  # tag 1062, bits: systems that the registers are registered with
    sender_email = models.CharField(max_length=64, blank=True, default="")  # tag 1117
    internet_only = models.BooleanField(default=True)
    automatic_shifts = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "id"], name="pool_tenant_id"),
            models.UniqueConstraint(fields=["organisation", "name"], name="pool_name_once"),
            TenantForeignKey(column="outlet_id", to="kassa_outlets_outlet", name="pool_outlet"),
        ]

    def __str__(self) -> str:
        return self.name


class RegisterState(models.TextChoices):
    NEW = "new", _("not registered")
    WORKING = "working", _("working")
    STOPPED = "stopped", _("stopped")
    CLOSED = "closed", _("storage closed")
    LOST = "lost", _("lost for good")


@pghistory.track()
class CashRegister(TenantModel):
    """A cash register (ККТ) as it is set up; what changes while it works is in `RegisterStatus`."""

    pool_id = models.UUIDField()
    name = models.CharField(max_length=100)
    serial = models.CharField(max_length=20)  # tag 1013
    rnm = models.CharField(max_length=16, blank=True, default="")  # tag 1037
    fn = models.CharField(max_length=16)  # number of the fiscal storage that is in it
    driver = models.CharField(max_length=32, default="emulator")
    endpoint = models.CharField(max_length=200)  # where the driver finds the device
    utc_offset = models.SmallIntegerField(default=180)
    state = models.CharField(max_length=10, choices=RegisterState.choices, default=RegisterState.NEW)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "id"], name="register_tenant_id"),
            models.UniqueConstraint(fields=["organisation", "serial"], name="register_serial_once"),
            models.UniqueConstraint(fields=["organisation", "fn"], name="register_fn_once"),
            TenantForeignKey(column="pool_id", to="kassa_registers_pool", name="register_pool"),
        ]
        triggers = [
            *state_machine(
                name="register_states",
                initial=["new"],
                transitions={
                    "new": ["working", "closed"],
                    "working": ["stopped", "closed", "lost"],
                    "stopped": ["working", "closed", "lost"],
                    "closed": ["new"],
                },
            ),
            pgtrigger.Trigger(
                name="register_storage",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("fn", "state"),
                func="""
                    IF (OLD.fn IS DISTINCT FROM NEW.fn) <> (OLD.state = 'closed' AND NEW.state = 'new') THEN
                        RAISE EXCEPTION 'a storage is replaced when the old one is closed, and not otherwise'
                            USING ERRCODE = '23514';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RegisterStatus(HotTenantRow):
    """What a register was last known to be, and the lease on it: one narrow row, often written."""

    register_id = models.UUIDField(primary_key=True)
    pool_id = models.UUIDField()
    # The lease: who may try. `fence` grows with each claim; a writer with an older one is refused.
    holder = models.CharField(max_length=64, blank=True, default="")
    fence = models.BigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    # The last holder left no doubt behind. It hides Model.clean(), which nobody calls: no form edits this row.
    clean = models.BooleanField(default=False)  # type: ignore[assignment]
    # Our copy of its counters.
    last_fd = models.BigIntegerField(default=0)
    shift = models.IntegerField(default=0)
    shift_open = models.BooleanField(default=False)
    shift_opened_at = models.DateTimeField(null=True)  # UTC
    acknowledged_fd = models.BigIntegerField(default=0)
    first_undelivered_at = models.DateTimeField(null=True)
    fn_documents_left = models.IntegerField(null=True)
    fn_valid_until = models.DateTimeField(null=True)
    fn_phase = models.SmallIntegerField(default=1)
    fn_warnings = models.SmallIntegerField(default=0)
    clock_difference = models.IntegerField(default=0)  # seconds that the device is ahead of us
    # Trouble: what, since when, and when to try again.
    problem = models.CharField(max_length=64, blank=True, default="")
    problem_text = models.CharField(max_length=500, blank=True, default="")
    problem_since = models.DateTimeField(null=True)
    failures = models.IntegerField(default=0)
    retry_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)  # when it needs a turn even if no receipt waits
    seen_at = models.DateTimeField(null=True)  # last answer of the device

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "register_id"], name="register_status_tenant_id"),
            TenantForeignKey(column="register_id", to="kassa_registers_cashregister", name="register_status_register"),
        ]
        indexes = [
            models.Index(fields=["organisation", "pool_id"], name="register_status_pool"),
            models.Index(fields=["due_at"], condition=models.Q(due_at__isnull=False), name="register_status_due"),
        ]


class CommandKind(models.TextChoices):
    REGISTER = "register", _("registration")
    OPEN_SHIFT = "open_shift", _("open the shift")
    CLOSE_SHIFT = "close_shift", _("close the shift")
    SETTLEMENTS = "settlements", _("report on the state of settlements")
    CLOSE_STORAGE = "close_storage", _("close the fiscal storage")
    REPLACE_STORAGE = "replace_storage", _("put a new fiscal storage in")


class CommandState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    SENT = "sent", _("at the register")
    DONE = "done", _("done")
    FAILED = "failed", _("not done")


class RegisterCommand(TenantModel):
    """Something that a person or the platform wants of a register besides receipts. Its id is the task id."""

    register_id = models.UUIDField()
    kind = models.CharField(max_length=16, choices=CommandKind.choices)
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=8, default=CommandState.WAITING, choices=CommandState.choices)
    fd = models.BigIntegerField(null=True)
    error = models.CharField(max_length=500, blank=True, default="")
    error_code = models.CharField(max_length=32, blank=True, default="", db_default="")  # fn_XX, or the device's own
    requested_by = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=now)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            TenantForeignKey(column="register_id", to="kassa_registers_cashregister", name="command_register"),
        ]
        indexes = [
            models.Index(
                fields=["organisation", "register_id", "id"],
                condition=models.Q(state__in=["waiting", "sent"]),
                name="command_waiting",
            ),
        ]
        triggers = [
            *state_machine(
                name="command_states",
                initial=["waiting"],
                transitions={"waiting": ["sent", "failed"], "sent": ["waiting", "done", "failed"]},
            )
        ]


class FiscalDocument(HotTenantModel):
    """A fiscal document that a register made (insert-only). Numbers in a storage have no gaps."""

    append_only = True
    register_id = models.UUIDField()
    fn = models.CharField(max_length=16)
    fd = models.BigIntegerField()
    form = models.SmallIntegerField()
    shift = models.IntegerField()
    number = models.IntegerField()
    operation = models.SmallIntegerField()
    total = models.BigIntegerField()
    fiscal_sign = models.BigIntegerField()
    local_time = models.BigIntegerField()  # seconds of till-local time (tag 1012)
    utc_offset = models.SmallIntegerField()
    made_at = models.DateTimeField()  # UTC
    task_id = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "fn", "fd"], name="document_number_once"),
            models.UniqueConstraint(
                fields=["organisation", "task_id"], name="document_task_once", condition=models.Q(task_id__isnull=False)
            ),
            TenantForeignKey(column="register_id", to="kassa_registers_cashregister", name="document_register"),
        ]
        indexes = [models.Index(fields=["organisation", "register_id", "-fd"], name="document_register_fd")]
        triggers = [append_only("document_append_only")]


class DocumentContainer(HotTenantRow):
    """Bytes of a document as they go to the operator (insert-only)."""

    append_only = True
    document_id = models.UUIDField(primary_key=True)
    container = models.BinaryField()

    class Meta:
        triggers = [append_only("container_append_only")]


class Acknowledgement(HotTenantRow):
    """What the operator answered to a document (insert-only): code 0, 11 or 14."""

    append_only = True
    document_id = models.UUIDField(primary_key=True)
    code = models.SmallIntegerField()
    acknowledged_at = models.DateTimeField()
    container = models.BinaryField()

    class Meta:
        triggers = [append_only("acknowledgement_append_only")]


class RegisterEvent(TenantModel):
    """What happened to a register: shift, problem, recovery (insert-only)."""

    append_only = True
    register_id = models.UUIDField()
    kind = models.CharField(max_length=32)
    data = models.JSONField(default=dict)
    at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            TenantForeignKey(column="register_id", to="kassa_registers_cashregister", name="register_event_register"),
        ]
        indexes = [models.Index(fields=["organisation", "register_id", "-id"], name="register_event_order")]
        triggers = [append_only("register_event_append_only")]
