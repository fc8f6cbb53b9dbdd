"""Refund of all that is left of a receipt: its effect is shown first, then it is accepted as any other receipt."""

from __future__ import annotations

import hashlib
import uuid

from openkassa.fiscal.draft import ReceiptDraft
from openkassa.kassa.receipts.channels import ChannelContext, channel_by_id
from openkassa.kassa.receipts.models import State
from openkassa.kassa.receipts.refunds import Left, refund_accept, refund_draft
from openkassa.kassa.receipts.selectors import ReceiptStatus
from openkassa.kassa.receipts.services import Accepted

REFUNDABLE_STATES = (State.FISCALISED, State.CONFIRMED)


class _Preview(Exception):
    """Carries the draft out of the transaction, so that nothing of it is stored."""

    def __init__(self, draft: ReceiptDraft) -> None:
        self.draft = draft


def may_be_refunded(status: ReceiptStatus) -> bool:
    """A sale or purchase that has its document. How much of it is left is another question."""
    return status.operation in (1, 3) and status.lines > 0 and status.state in REFUNDABLE_STATES


def refund_preview(status: ReceiptStatus) -> ReceiptDraft:
    """What the refund would be. Raises `RefundImpossible` and `RefundExceeds` with what to tell the person."""

    def build(sold: ReceiptDraft, left: Left) -> ReceiptDraft:
        raise _Preview(refund_draft(sold, left))

    try:
        _accept(status, uuid.UUID(int=0), build)
    except _Preview as preview:
        return preview.draft
    raise RuntimeError("a refund was accepted under the key that no form carries")


def refund_make(status: ReceiptStatus, key: uuid.UUID) -> Accepted:
    """Accepts the refund; `key` comes with the form, so a form that is sent twice makes one refund."""
    return _accept(status, key, refund_draft)


def _accept(status: ReceiptStatus, key: uuid.UUID, build) -> Accepted:
    external_id = f"refund-{key}"
    return refund_accept(
        channel=_channel(status),
        original_id=status.receipt_id,
        external_id=external_id,
        body=external_id.encode(),
        body_digest=hashlib.sha256(external_id.encode()).digest(),
        build=build,
    )


def _channel(status: ReceiptStatus) -> ChannelContext:
    """The channel that the sale came by: its refund goes to the same registers, whatever became of the keys."""
    channel = channel_by_id(status.organisation_id, status.channel_id)
    if channel is None:
        raise RuntimeError("a receipt without its channel")
    return channel
