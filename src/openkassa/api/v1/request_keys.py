"""Idempotency-Key: the same request sent again makes nothing new, another request under the same key is refused.

The key is stored in the transaction that stores the receipt, so both exist or neither. A receipt's own
external_id guards it without the header too; the header catches a client that makes up a new
external_id when it repeats a request.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

from openkassa.api import sql
from openkassa.api.v1.problems import Refused
from openkassa.core.db import atomic
from openkassa.kassa.receipts.channels import ChannelContext
from openkassa.kassa.receipts.services import Accepted

LIMIT = 200


class _Taken(Exception):
    """Another request took the key while this one was being stored."""


def accept_once(
    channel: ChannelContext, key: str | None, digest: bytes, at: dt.datetime, accept: Callable[[], Accepted]
) -> tuple[uuid.UUID, Accepted | None]:
    """(receipt, what `accept` answered, None where the key was known). Raises `Refused` for a key with another body."""
    if key is None:
        accepted = accept()
        return accepted.receipt_id, accepted
    if not 0 < len(key) <= LIMIT or not key.isprintable():
        raise Refused("parameter_invalid", f"Idempotency-Key: от 1 до {LIMIT} печатных символов", "Idempotency-Key")
    owner: dict[str, Any] = {"organisation_id": channel.organisation_id, "channel_id": channel.channel_id, "key": key}
    first = sql.request_key_find(**owner)
    if first is None:
        try:
            with atomic():
                accepted = accept()
                if not sql.request_key_insert(**owner, body_digest=digest, receipt_id=accepted.receipt_id, at=at):
                    raise _Taken
                return accepted.receipt_id, accepted
        except _Taken:
            first = sql.request_key_find(**owner)
    assert first is not None
    first_digest, receipt_id = first
    if bytes(first_digest) != digest:
        raise Refused(
            "idempotency_key_taken",
            "с этим Idempotency-Key уже пришёл другой запрос",
            "Idempotency-Key",
            receipt_id=receipt_id,
        )
    return receipt_id, None
