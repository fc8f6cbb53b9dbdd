"""How much of each prepayment is left, and which prepayments are open.

The balance is a row (`Prepayment`) that the database never lets go above what was prepaid. Whoever takes from it holds
the lock of the state row of the receipt that theirs refers to; the row itself is locked last.
"""

from __future__ import annotations

import datetime as dt
import uuid

import msgspec
from django.db import IntegrityError

from openkassa.core.db import run
from openkassa.core.tenancy import within
from openkassa.fiscal.draft import ReceiptDraft
from openkassa.fiscal.identifiers import roubles
from openkassa.fiscal.prepaying import taken_from
from openkassa.kassa.receipts import sql
from openkassa.kassa.receipts.models import Prepayment, PrepaymentUse

EXCEEDED = "prepayment_not_exceeded"  # the constraint that refuses to take more than is left
LIST_LIMIT = 200

OPEN = """
SELECT p.receipt_id, r.channel_id, r.external_id, r.operation, r.accepted_at, p.amount, p.taken
FROM kassa_receipts_prepayment p
JOIN kassa_receipts_receipt r ON r.id = p.receipt_id AND r.organisation_id = p.organisation_id
JOIN kassa_receipts_receiptstate s ON s.receipt_id = p.receipt_id AND s.organisation_id = p.organisation_id
WHERE p.organisation_id = %(organisation_id)s AND p.taken < p.amount AND s.state IN ('fiscalised', 'confirmed')
    AND (%(channel_id)s::uuid IS NULL OR r.channel_id = %(channel_id)s)
    AND (%(after)s::uuid IS NULL OR p.receipt_id < %(after)s)
ORDER BY p.receipt_id DESC LIMIT %(limit)s
"""


class PrepaymentExceeded(Exception):
    """More than is left of a prepayment; the transaction is over."""


class OpenPrepayment(msgspec.Struct, frozen=True, kw_only=True):
    receipt_id: uuid.UUID
    channel_id: uuid.UUID
    external_id: str
    operation: int
    accepted_at: dt.datetime
    amount: int
    taken: int

    @property
    def left(self) -> int:
        return self.amount - self.taken


def prepayments_open(
    organisation_id: uuid.UUID,
    *,
    channel_id: uuid.UUID | None = None,
    after: uuid.UUID | None = None,
    limit: int = 50,
) -> list[OpenPrepayment]:
    """Prepayments that have their document and of which something is left, newest first."""
    values = {**locals(), "limit": min(limit, LIST_LIMIT)}
    names = ("receipt_id", "channel_id", "external_id", "operation", "accepted_at", "amount", "taken")
    return [OpenPrepayment(**dict(zip(names, row, strict=True))) for row in run(OPEN, values, again=True)]


def prepayment_left(organisation_id: uuid.UUID, receipt_id: uuid.UUID) -> int:
    """Kopecks; 0 for a receipt that is no prepayment."""
    with within(organisation_id):
        row = Prepayment.objects.filter(receipt_id=receipt_id).values_list("amount", "taken").first()
    return row[0] - row[1] if row else 0


def prepayment_count(
    organisation_id: uuid.UUID,
    original_id: uuid.UUID,
    original: ReceiptDraft,
    receipt_id: uuid.UUID,
    draft: ReceiptDraft,
) -> None:
    """Counts what a receipt that refers to `original` takes from a prepayment, or gives back to it.

    The refund or reversal of a prepayment takes, that of an offset gives back what it refunds as prepaid; an offset
    takes, and so does the right receipt that stands in the place of a wrong offset. Raises `PrepaymentExceeded`.
    """
    with within(organisation_id):
        use = PrepaymentUse.objects.filter(receipt_id=original_id, amount__gt=0, released=False).first()
    changes = []
    if draft.operation != original.operation:
        if use is not None:
            changes.append((use.prepayment_id, -min(draft.payments.prepaid, use.amount)))
        changes.append((original_id, taken_from(original, draft)))
    else:
        changes.append((use.prepayment_id if use else original_id, draft.payments.prepaid))
    for prepayment_id, amount in changes:
        if amount:
            _take(organisation_id, prepayment_id, receipt_id, amount)


def _take(organisation_id: uuid.UUID, prepayment_id: uuid.UUID, receipt_id: uuid.UUID, amount: int) -> None:
    try:
        sql.prepayment_take(
            organisation_id=organisation_id, prepayment_id=prepayment_id, receipt_id=receipt_id, amount=amount
        )
    except IntegrityError as error:
        if EXCEEDED not in str(error):
            raise
        raise PrepaymentExceeded(f"предоплаты не хватает: берётся {roubles(amount)}") from None
