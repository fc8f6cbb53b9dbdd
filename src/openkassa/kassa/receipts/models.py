"""Receipts: what a seller asked for, and what became of it.

`Receipt` is written once and never changed; its changing part is the narrow `ReceiptState`. Raw request,
content and contacts are in tables of their own, each with its own term of keeping.
"""

from __future__ import annotations

import pghistory
from django.db import models
from django.utils.translation import gettext_lazy as _

from openkassa.core.clock import now
from openkassa.core.states import append_only, state_machine
from openkassa.core.tenancy import HotTenantModel, HotTenantRow, TenantForeignKey, TenantModel


class ChannelKind(models.TextChoices):
    """Wire faces by which sales come in."""

    ATOL = "atol", "ATOL Online"
    V1 = "v1", "OpenKassa v1"
    KOMTET = "komtet", "Komtet Kassa"
    MODULKASSA = "modulkassa", "МодульКасса"
    DIGITALKASSA = "digitalkassa", "digitalkassa"
    YOOKASSA = "yookassa", "YooKassa"
    CLOUDKASSIR = "cloudkassir", "CloudKassir"
    ORANGEDATA = "orangedata", "OrangeData"


@pghistory.track()
class Channel(TenantModel):
    """A way by which sales come in (an ATOL group, an API key …), tied to the pool that serves it."""

    kind = models.CharField(max_length=16, choices=ChannelKind.choices)
    code = models.CharField(max_length=100)  # the group code, queue id … by which clients name it
    name = models.CharField(max_length=100)
    pool_id = models.UUIDField()
    callback_url = models.CharField(max_length=256, blank=True, default="")
    expire_after = models.PositiveIntegerField(null=True)  # seconds after which a waiting receipt is withdrawn
    marking_key = models.BinaryField(null=True)  # sealed API key of the marking service; None: codes aren't asked about
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "id"], name="channel_tenant_id"),
            models.UniqueConstraint(fields=["organisation", "kind", "code"], name="channel_code_once"),
            TenantForeignKey(column="pool_id", to="kassa_registers_pool", name="channel_pool"),
        ]

    def __str__(self) -> str:
        return self.name


@pghistory.track(
    fields=["organisation_id", "channel_id", "hint", "created_at", "revoked_at"],
    model_name="ChannelKeyEvent",
    obj_field=pghistory.ObjForeignKey(related_name="events"),
)
class ChannelKey(models.Model):
    """Directory of credentials: which channel a login or key opens (control table, no foreign key to cells).

    `lookup` is what the client names in the open (ATOL login) or the keyed digest of the whole key (v1);
    `secret_digest` the keyed digest of the password, empty where the key itself is the secret or there is none.
    `signing` is what signatures are made or checked with: the secret sealed under the home's key ring, or the
    client's public key (OrangeData); null where the protocol signs nothing.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    kind = models.CharField(max_length=16, choices=ChannelKind.choices)
    lookup = models.CharField(max_length=128)
    secret_digest = models.BinaryField(default=b"")
    signing = models.BinaryField(null=True)
    organisation_id = models.UUIDField()
    channel_id = models.UUIDField()
    hint = models.CharField(max_length=16, blank=True, default="")  # last characters, to tell keys apart
    created_at = models.DateTimeField(default=now, editable=False)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)  # to the hour

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "lookup"], name="channel_key_once")]
        indexes = [models.Index(fields=["organisation_id", "channel_id"], name="channel_key_channel")]


class Receipt(HotTenantModel):
    """A sale, refund or correction as it was accepted (insert-only)."""

    append_only = True
    channel_id = models.UUIDField()
    pool_id = models.UUIDField()
    external_key = models.CharField(max_length=200)
    external_id = models.CharField(max_length=128)  # as the client calls it; part of the key
    body_digest = models.BinaryField()  # SHA-256 of the request's meaning, to tell a repeat from a conflict
    form = models.SmallIntegerField()  # 3, 31, 4, 41
    operation = models.SmallIntegerField()
    total = models.BigIntegerField()
    taxation = models.SmallIntegerField()
    lines = models.SmallIntegerField()
    marks = models.SmallIntegerField(null=True)  # lines with a marking code, null when there are none
    refers_to_id = models.UUIDField(null=True)  # the receipt that this one refunds or corrects
    callback_url = models.CharField(max_length=256, blank=True, default="")
    warnings = models.JSONField(null=True)
    accepted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "channel_id", "external_key"], name="receipt_key_once"),
            models.UniqueConstraint(fields=["organisation", "id"], name="receipt_tenant_id"),
            TenantForeignKey(column="channel_id", to="kassa_receipts_channel", name="receipt_channel"),
            TenantForeignKey(column="refers_to_id", to="kassa_receipts_receipt", name="receipt_refers_to"),
        ]
        indexes = [
            models.Index(
                fields=["organisation", "refers_to_id"],
                condition=models.Q(refers_to_id__isnull=False),
                name="receipt_referred",
            ),
            models.Index(fields=["organisation", "total", "-id"], name="receipt_total"),
            models.Index(
                fields=["organisation", "operation", "-id"],
                condition=~models.Q(operation=1),
                name="receipt_unusual_operation",
            ),
            models.Index(  # where the key is more than the name: several receipts of one payment or order
                fields=["organisation", "channel_id", "external_id", "id"],
                condition=~models.Q(external_id=models.F("external_key")),
                name="receipt_named",
            ),
        ]
        triggers = [append_only("receipt_append_only")]


class State(models.TextChoices):
    ACCEPTED = "accepted", _("accepted")
    ASSIGNED = "assigned", _("sent to the register")
    IN_DOUBT = "in_doubt", _("in doubt")
    FISCALISED = "fiscalised", _("fiscalised")
    CONFIRMED = "confirmed", _("confirmed by the operator")
    REFUSED = "refused", _("refused")
    WITHDRAWN = "withdrawn", _("withdrawn")


TRANSITIONS = {
    "accepted": ["assigned", "withdrawn"],
    "assigned": ["fiscalised", "in_doubt", "accepted", "refused"],
    "in_doubt": ["fiscalised", "accepted", "refused"],
    "fiscalised": ["confirmed"],
}
FINAL = ("confirmed", "refused", "withdrawn")


class ReceiptState(HotTenantRow):
    """The changing part of a receipt."""

    receipt_id = models.UUIDField(primary_key=True)
    pool_id = models.UUIDField()
    state = models.CharField(max_length=12, choices=State.choices)
    register_id = models.UUIDField(null=True)
    document_id = models.UUIDField(null=True)
    fn = models.CharField(max_length=16, null=True)
    fd = models.BigIntegerField(null=True)
    acknowledgement = models.SmallIntegerField(null=True)  # operator's code 0, 11 or 14
    error_code = models.CharField(max_length=64, null=True)
    error_text = models.CharField(max_length=500, null=True)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            TenantForeignKey(column="receipt_id", to="kassa_receipts_receipt", name="receipt_state_receipt"),
            models.CheckConstraint(
                condition=~models.Q(state__in=["fiscalised", "confirmed"]) | models.Q(document_id__isnull=False),
                name="receipt_state_document",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organisation", "pool_id", "receipt_id"],
                condition=models.Q(state="accepted"),
                name="receipt_state_waiting",
            ),
            models.Index(
                fields=["organisation", "register_id", "receipt_id"],
                condition=models.Q(state__in=["assigned", "in_doubt"]),
                name="receipt_state_open",
            ),
            models.Index(
                fields=["organisation", "state", "-receipt_id"],
                condition=models.Q(state__in=["refused", "withdrawn"]),
                name="receipt_state_ended_badly",
            ),
        ]
        triggers = [*state_machine(name="receipt_states", initial=["accepted"], transitions=TRANSITIONS)]


class ReceiptContent(HotTenantRow):
    """What the register is to make: TLV for its fiscal storage and the draft that it came from (insert-only)."""

    append_only = True
    receipt_id = models.UUIDField(primary_key=True)
    content = models.BinaryField()
    draft = models.BinaryField()  # JSON of ReceiptDraft without the buyer

    class Meta:
        triggers = [append_only("receipt_content_append_only")]


class ReceiptRequest(HotTenantRow):
    """The request as it came, for disputes; kept 90 days (insert-only, partitioned by month of `accepted_at`)."""

    append_only = True
    receipt_id = models.UUIDField(primary_key=True)
    accepted_at = models.DateTimeField()
    body = models.BinaryField()

    class Meta:
        managed = False  # made by SQL: Django can't declare partitions
        db_table = "kassa_receipts_receiptrequest"


class ReceiptContact(HotTenantRow):
    """Who the buyer is and where the copy goes; erased on its own term."""

    receipt_id = models.UUIDField(primary_key=True)
    email = models.CharField(max_length=254, blank=True, default="")
    phone = models.CharField(max_length=20, blank=True, default="")
    buyer = models.BinaryField(default=b"")  # JSON of fiscal.draft.Buyer
    language = models.CharField(max_length=8, default="ru")


class Prepayment(HotTenantRow):
    """A receipt for money before the goods, and how much of that money has been taken by offsets and refunds."""

    receipt_id = models.UUIDField(primary_key=True)
    amount = models.BigIntegerField()  # kopecks of its lines with methods 1, 2 and 3 (tag 1214)
    taken = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            TenantForeignKey(column="receipt_id", to="kassa_receipts_receipt", name="prepayment_receipt"),
            models.UniqueConstraint(fields=["organisation", "receipt_id"], name="prepayment_tenant_id"),
            models.CheckConstraint(
                condition=models.Q(taken__gte=0, taken__lte=models.F("amount")), name="prepayment_not_exceeded"
            ),
        ]
        indexes = [
            models.Index(
                fields=["organisation", "-receipt_id"],
                condition=models.Q(taken__lt=models.F("amount")),
                name="prepayment_open",
            ),
        ]


class PrepaymentUse(HotTenantModel):
    """What a receipt has taken from a prepayment (an offset, a refund), below zero what it has given back (the refund
    of an offset). Undone when the receipt never becomes a document."""

    receipt_id = models.UUIDField()
    prepayment_id = models.UUIDField()
    amount = models.BigIntegerField()
    released = models.BooleanField(default=False)

    class Meta:
        constraints = [
            TenantForeignKey(column="receipt_id", to="kassa_receipts_receipt", name="prepayment_use_receipt"),
            TenantForeignKey(
                column="prepayment_id",
                to="kassa_receipts_prepayment",
                to_column="receipt_id",
                name="prepayment_use_prepayment",
            ),
            models.UniqueConstraint(fields=["organisation", "receipt_id", "prepayment_id"], name="prepayment_use_once"),
        ]
        indexes = [models.Index(fields=["organisation", "prepayment_id"], name="prepayment_use_of")]


class ReceiptEvent(HotTenantModel):
    """A step of a receipt's life (insert-only)."""

    append_only = True
    receipt_id = models.UUIDField()
    state = models.CharField(max_length=12)
    at = models.DateTimeField()
    data = models.JSONField(null=True)

    class Meta:
        indexes = [models.Index(fields=["organisation", "receipt_id", "id"], name="receipt_event_order")]
        triggers = [append_only("receipt_event_append_only")]


class CallbackState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    DELIVERED = "delivered", _("delivered")
    FAILED = "failed", _("failed")


class Callback(HotTenantModel):
    """The shop is to be told what became of a receipt (stream table)."""

    receipt_id = models.UUIDField()
    event = models.CharField(max_length=12)  # fiscalised or refused, withdrawn
    url = models.CharField(max_length=256)
    state = models.CharField(max_length=10, choices=CallbackState.choices, default=CallbackState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()
    give_up_at = models.DateTimeField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "receipt_id", "event"], name="callback_once"),
            models.UniqueConstraint(fields=["organisation", "id"], name="callback_tenant_id"),
        ]
        indexes = [
            models.Index(
                fields=["organisation", "next_at"], condition=models.Q(state="waiting"), name="callback_waiting"
            ),
        ]
        triggers = [
            *state_machine(
                name="callback_states",
                initial=["waiting"],
                transitions={"waiting": ["delivered", "failed"], "failed": ["waiting"], "delivered": ["waiting"]},
            )
        ]


class CallbackDelivery(HotTenantModel):
    """One attempt to deliver a callback: the log that the shop's developer reads (insert-only)."""

    append_only = True
    callback_id = models.UUIDField()
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=300, blank=True, default="")
    milliseconds = models.PositiveIntegerField()

    class Meta:
        constraints = [
            TenantForeignKey(column="callback_id", to="kassa_receipts_callback", name="callback_delivery_callback"),
        ]
        indexes = [models.Index(fields=["organisation", "callback_id", "-id"], name="callback_delivery_order")]
        triggers = [append_only("callback_delivery_append_only")]
