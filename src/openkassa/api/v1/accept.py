"""Accepting receipts and refunds of v1: keys, repeats, look-alikes."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from decimal import Decimal

import msgspec

from openkassa.api.v1 import drafts, wire
from openkassa.api.v1 import offset as offsets
from openkassa.api.v1.answers import accepted_answer
from openkassa.api.v1.making import Made, check_texts, digest_of, once
from openkassa.api.v1.problems import Refused, of_faults
from openkassa.fiscal.draft import Payments, ReceiptDraft
from openkassa.kassa.receipts.channels import ChannelContext
from openkassa.kassa.receipts.models import Receipt
from openkassa.kassa.receipts.refunds import (
    Left,
    RefundExceeds,
    RefundImpossible,
    Wanted,
    refund_accept,
    refund_draft,
)
from openkassa.kassa.receipts.selectors import receipt_status
from openkassa.kassa.receipts.services import Accepted, receipt_accept


def receipt(request: wire.Receipt, body: bytes, channel: ChannelContext, at: dt.datetime, key: str | None) -> Made:
    """Accepts a receipt. Raises `Refused`."""
    check_texts(request.external_id, request.callback_url)
    if request.refers_to is not None and request.correction is None:
        if request.operation not in ("sale_refund", "expense_refund"):
            return offsets.composed(request, body, channel, key, at)
        return _linked_refund(request, body, channel, at, key)
    draft, warnings = drafts.map_receipt(request, channel.profile, channel.utc_offset)
    digest = digest_of(request)
    if request.refers_to is not None:
        _check_reference(channel, request.refers_to)
    email, phone = drafts.contact(request.buyer)

    def accept() -> Accepted:
        return receipt_accept(
            channel=channel,
            draft=draft,
            external_id=request.external_id,
            body=body,
            body_digest=digest,
            refers_to_id=request.refers_to,
            callback_url=request.callback_url or "",
            email=email,
            phone=phone,
            language=request.language,
            warnings=tuple(warnings),
            warn_of_alike=True,
        )

    receipt_id, accepted = once(channel, key, digest, at, accept)
    if accepted is None or accepted.repeat:
        return Made(receipt_id, False)
    return Made(receipt_id, True, accepted_answer(draft, request, accepted))


def refund(
    request: wire.Refund,
    body: bytes,
    original_id: uuid.UUID,
    channel: ChannelContext,
    at: dt.datetime,
    key: str | None,
) -> Made:
    """Accepts a refund built from the receipt `original_id`. Raises `Refused`."""
    check_texts(request.external_id, request.callback_url)
    faults: list[drafts.Fault] = []
    party = drafts.buyer(request.buyer, faults)
    if faults:
        raise of_faults(faults)
    wanted = None
    if request.items is not None:
        wanted = [
            Wanted(line.line, Decimal(line.quantity) if line.quantity is not None else None) for line in request.items
        ]
    payments = Payments(**msgspec.structs.asdict(request.payments)) if request.payments else None

    def build(sold: ReceiptDraft, left: Left) -> ReceiptDraft:
        draft = refund_draft(sold, left, wanted, payments, party)
        return msgspec.structs.replace(draft, **drafts.cashier(request.cashier)) if request.cashier else draft

    return _refund(request, body, original_id, channel, at, key, build)


def _linked_refund(
    request: wire.Receipt, body: bytes, channel: ChannelContext, at: dt.datetime, key: str | None
) -> Made:
    """A refund that the shop composed itself: at most what is left of the original."""
    draft, _ = drafts.map_receipt(request, channel.profile, channel.utc_offset)
    assert request.refers_to is not None
    return _refund(request, body, request.refers_to, channel, at, key, lambda sold, left: draft)


def _refund(
    request: wire.Receipt | wire.Refund,
    body: bytes,
    original_id: uuid.UUID,
    channel: ChannelContext,
    at: dt.datetime,
    key: str | None,
    build: Callable[[ReceiptDraft, Left], ReceiptDraft],
) -> Made:
    digest = digest_of((str(original_id), request))
    email, phone = drafts.contact(request.buyer)

    def accept() -> Accepted:
        return refund_accept(
            channel=channel,
            original_id=original_id,
            external_id=request.external_id,
            body=body,
            body_digest=digest,
            build=build,
            callback_url=request.callback_url or "",
            email=email,
            phone=phone,
            language=request.language,
        )

    try:
        receipt_id, accepted = once(channel, key, digest, at, accept)
        return Made(receipt_id, accepted is not None and not accepted.repeat)
    except RefundExceeds as error:
        raise Refused("refund_exceeds", str(error), "items") from None
    except RefundImpossible as error:
        raise Refused("refund_impossible", str(error)) from None
    except Receipt.DoesNotExist:
        raise Refused("receipt_unknown", "нет чека с таким id") from None


def _check_reference(channel: ChannelContext, receipt_id: uuid.UUID) -> None:
    if receipt_status(channel.organisation_id, receipt_id, channel.channel_id) is None:
        raise Refused("receipt_unknown", "нет чека с таким id", "refers_to")
