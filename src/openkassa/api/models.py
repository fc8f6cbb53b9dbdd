"""What belongs to HTTP requests and not to receipts."""

from __future__ import annotations

from django.db import models

from openkassa.core.states import append_only
from openkassa.core.tenancy import HotTenantModel


class RequestKey(HotTenantModel):
    """An Idempotency-Key of a channel and the receipt that its request made (insert-only)."""

    append_only = True
    channel_id = models.UUIDField()
    key = models.CharField(max_length=200)
    body_digest = models.BinaryField()  # SHA-256 of the request's meaning
    receipt_id = models.UUIDField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "channel_id", "key"], name="request_key_once"),
        ]
        indexes = [models.Index(fields=["created_at"], name="request_key_age")]  # retention drops old ones
        triggers = [append_only("request_key_append_only")]
