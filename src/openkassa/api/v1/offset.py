"""Offsets of prepayments over v1."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

import msgspec

from openkassa.api.v1 import drafts, wire
from openkassa.api.v1.making import Made, check_texts, digest_of, once
from openkassa.api.v1.problems import Refused, of_faults
from openkassa.api.v1.wire_prepayments import Offset
from openkassa.fiscal.draft import Payments, ReceiptDraft
from openkassa.kassa.receipts.channels import ChannelContext
from openkassa.kassa.receipts.models import Receipt
from openkassa.kassa.receipts.offsets import Build, OffsetExceeds, OffsetImpossible, offset_accept, offset_of
from openkassa.kassa.receipts.refunds import Left, Wanted
from openkassa.kassa.receipts.services import Accepted


def offset(
    request: Offset, body: bytes, prepayment_id: uuid.UUID, channel: ChannelContext, key: str | None, at: dt.datetime
) -> Made:
    """Accepts the offset of `prepayment_id`. Raises `Refused`."""
    check_texts(request.external_id, request.callback_url)
    return _make(request, body, prepayment_id, channel, key, at, _build(request, channel))


def composed(request: wire.Receipt, body: bytes, channel: ChannelContext, key: str | None, at: dt.datetime) -> Made:
    """An offset that the shop composed itself: at most what is left of the prepayment. Raises `Refused`."""
    if not request.payments.prepaid:
        text = "refers_to есть у возвратов, коррекций и зачётов: у зачёта часть оплаты в payments.prepaid"
        raise Refused("field_invalid", text, "refers_to")
    draft, _ = drafts.map_receipt(request, channel.profile, channel.utc_offset)
    assert request.refers_to is not None
    return _make(request, body, request.refers_to, channel, key, at, lambda *_: draft)


def _make(
    request: wire.Receipt | Offset,
    body: bytes,
    prepayment_id: uuid.UUID,
    channel: ChannelContext,
    key: str | None,
    at: dt.datetime,
    build: Build,
) -> Made:
    email, phone = drafts.contact(request.buyer)
    digest = digest_of((str(prepayment_id), request))

    def accept_offset() -> Accepted:
        return offset_accept(
            channel=channel,
            prepayment_id=prepayment_id,
            build=build,
            external_id=request.external_id,
            body=body,
            body_digest=digest,
            callback_url=request.callback_url or "",
            email=email,
            phone=phone,
            language=request.language,
        )

    try:
        receipt_id, accepted = once(channel, key, digest, at, accept_offset)
    except OffsetExceeds as error:
        raise Refused("offset_exceeds", str(error)) from None
    except OffsetImpossible as error:
        raise Refused("offset_impossible", str(error)) from None
    except Receipt.DoesNotExist:
        raise Refused("receipt_unknown", "нет чека с таким id") from None
    return Made(receipt_id, accepted is not None and not accepted.repeat)


def _build(request: Offset, channel: ChannelContext) -> Build:
    faults: list[drafts.Fault] = []
    if request.items is not None and request.lines is not None:
        faults.append(("field_invalid", "lines", "укажите что-то одно: lines или items"))
    if request.discount and request.items is None:
        faults.append(("field_invalid", "discount", "скидка задаётся вместе с items"))
    goods = drafts.items_of(request.items, request.discount, channel.profile, faults) if request.items else None
    party = drafts.buyer(request.buyer, faults)
    if faults:
        raise of_faults(faults)
    wanted = [
        Wanted(line.line, Decimal(line.quantity) if line.quantity is not None else None) for line in request.lines or ()
    ]
    rest = Payments(**msgspec.structs.asdict(request.rest)) if request.rest else None

    def build(prepayment: ReceiptDraft, left: Left, money: int, day: dt.date) -> ReceiptDraft:
        draft = offset_of(prepayment, left, money, day, wanted=wanted or None, goods=goods, payments=rest)
        fields = drafts.cashier(request.cashier) | ({"buyer": party} if party else {})
        return msgspec.structs.replace(draft, **fields)

    return build
