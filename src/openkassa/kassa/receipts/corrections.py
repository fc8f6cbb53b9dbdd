"""A wrong receipt is put right: its reversal and the right receipt, both stored or neither.

What the two documents are is the law's (`fiscal.correcting`). That a receipt is reversed once, and only while nothing
of it is refunded, is decided under the lock of its state row, as for refunds (`receipts.refunds`).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from openkassa.core.db import atomic
from openkassa.core.tenancy import within
from openkassa.fiscal.correcting import OPPOSITE, Uncorrectable, correct
from openkassa.fiscal.draft import ReceiptDraft
from openkassa.fiscal.ffd.rows import local_time
from openkassa.kassa.receipts import sql
from openkassa.kassa.receipts.channels import ChannelContext
from openkassa.kassa.receipts.models import Receipt, ReceiptContact, ReceiptState
from openkassa.kassa.receipts.prepayments import PrepaymentExceeded, prepayment_count
from openkassa.kassa.receipts.refused import FollowUpRefused
from openkassa.kassa.receipts.selectors import ReceiptStatus, receipt_draft, receipt_status, referring_drafts
from openkassa.kassa.receipts.services import Accepted, receipt_accept, receipt_preview

PARTS = ("reversal", "right")
Build = Callable[[ReceiptDraft], ReceiptDraft | None]  # the right receipt from the wrong one; None: there was no sale


class CorrectionImpossible(FollowUpRefused):
    """The receipt is of a kind or in a state that can't be corrected."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Corrected:
    """The documents of a correction in the order in which they are made, each with what the control warns of."""

    drafts: tuple[ReceiptDraft, ...]
    warnings: tuple[tuple[str, ...], ...]


def correction_preview(
    *, channel: ChannelContext, wrong_id: uuid.UUID, build: Build, order: str | None = None
) -> Corrected:
    """What `correction_accept` would make; nothing is stored. Raises what it raises."""
    with atomic():
        _, drafts = _built(channel, wrong_id, build, order)
    return Corrected(drafts=drafts, warnings=tuple(receipt_preview(channel=channel, draft=one) for one in drafts))


def correction_accept(
    *,
    channel: ChannelContext,
    wrong_id: uuid.UUID,
    build: Build,
    order: str | None = None,
    external_id: str,
    body: bytes,
    body_digest: bytes,
) -> list[Accepted]:
    """Accepts the reversal and the right receipt under keys made of `external_id`; a repeat finds the first ones.

    Raises `Receipt.DoesNotExist` for an unknown receipt, `CorrectionImpossible`, and what `receipt_accept` raises.
    """
    with atomic():
        with within(channel.organisation_id):
            Receipt.objects.get(id=wrong_id, channel_id=channel.channel_id)
            ReceiptState.objects.select_for_update().get(receipt_id=wrong_id)
        first = _existing(channel, external_id, body_digest)
        if first:
            return first
        wrong, drafts = _built(channel, wrong_id, build, order)
        email, phone, language = _contact(channel.organisation_id, wrong_id)
        accepted = [
            receipt_accept(
                channel=channel,
                draft=draft,
                external_id=f"{external_id}/{part}",
                body=body,
                body_digest=body_digest,
                refers_to_id=wrong_id,
                # A correction receipt is for the tax service; plain receipts belong to the buyer.
                email="" if draft.correction else email,
                phone="" if draft.correction else phone,
                language=language,
            )
            for part, draft in zip(PARTS, drafts, strict=False)
        ]
        for made, draft in zip(accepted, drafts, strict=True):
            try:
                prepayment_count(channel.organisation_id, wrong_id, wrong, made.receipt_id, draft)
            except PrepaymentExceeded as error:
                raise CorrectionImpossible(str(error), "prepayment_short") from None
        return accepted


def _existing(channel: ChannelContext, external_id: str, digest: bytes) -> list[Accepted]:
    found = []
    for part in PARTS:
        first = sql.receipt_existing(
            organisation_id=channel.organisation_id,
            channel_id=channel.channel_id,
            external_key=f"{external_id}/{part}",
        )
        if first is not None:
            receipt_id, first_digest, accepted_at, _ = first
            same = bytes(first_digest) == digest
            found.append(
                Accepted(receipt_id=receipt_id, repeat=True, same_body=same, accepted_at=accepted_at, warnings=())
            )
    return found


def _built(
    channel: ChannelContext, wrong_id: uuid.UUID, build: Build, order: str | None
) -> tuple[ReceiptDraft, tuple[ReceiptDraft, ...]]:
    """(the wrong receipt, the documents of its correction)."""
    status = receipt_status(channel.organisation_id, wrong_id, channel.channel_id)
    if status is None:
        raise Receipt.DoesNotExist
    wrong = receipt_draft(channel.organisation_id, wrong_id)
    document = status.document
    if document is None or not status.is_fiscalised:
        text = f"чек в состоянии {status.state}: исправить можно фискализированный"
        raise CorrectionImpossible(text, "correct_state")
    if wrong is None:
        raise CorrectionImpossible("содержание чека больше не хранится", "content_gone")
    right = build(wrong)
    _check_earlier(status, right)
    try:
        drafts = correct(
            wrong,
            right,
            ffd=channel.profile.ffd,
            fiscal_sign=document.fiscal_sign,
            day=local_time(document.local_time).date(),
            order=order,
        )
    except Uncorrectable as error:
        raise CorrectionImpossible(str(error), "uncorrectable") from None
    return wrong, drafts


def _check_earlier(status: ReceiptStatus, right: ReceiptDraft | None) -> None:
    """Nothing may have taken from the receipt yet, and the right one is made once."""
    for receipt_id, draft in referring_drafts(status.organisation_id, status.receipt_id):
        if draft.operation == OPPOSITE[status.operation]:
            raise CorrectionImpossible(f"чек уже возвращён или исправлен чеком {receipt_id}", "undone_already")
        if draft.correction is None and draft.payments.prepaid:
            raise CorrectionImpossible(f"предоплата уже зачтена чеком {receipt_id}", "offset_already")
        if right is not None:
            text = f"на место этого чека уже принят чек {receipt_id}: отмените только ошибочный"
            raise CorrectionImpossible(text, "replaced_already")


def _contact(organisation_id: uuid.UUID, receipt_id: uuid.UUID) -> tuple[str, str, str]:
    with within(organisation_id):
        contact = ReceiptContact.objects.filter(receipt_id=receipt_id).first()
    return (contact.email, contact.phone, contact.language) if contact else ("", "", "ru")
