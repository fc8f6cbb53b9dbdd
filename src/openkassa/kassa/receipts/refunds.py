"""Refunds built from the receipt that they refund, never for more than was sold.

Which part of an original is left is worked out from the drafts of its refunds: a refund's lines are found again in
the original by what they sell and at what price. Refunds of one receipt are made one after another under the lock
of its state row, which is taken before anything is written.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

import msgspec

from openkassa.core.db import atomic
from openkassa.core.tenancy import within
from openkassa.fiscal.draft import Buyer, Item, Payments, ReceiptDraft
from openkassa.fiscal.identifiers import roubles
from openkassa.fiscal.lines import at_amount, less_discount
from openkassa.fiscal.prepaying import prepaid_in
from openkassa.kassa.marking.check import draft_check, without_permissions
from openkassa.kassa.marking.service import Checked
from openkassa.kassa.receipts import sql
from openkassa.kassa.receipts.channels import ChannelContext
from openkassa.kassa.receipts.models import Receipt, ReceiptState, State
from openkassa.kassa.receipts.prepayments import PrepaymentExceeded, prepayment_count, prepayment_left
from openkassa.kassa.receipts.refused import FollowUpRefused
from openkassa.kassa.receipts.selectors import receipt_draft, referring_drafts
from openkassa.kassa.receipts.services import Accepted, receipt_accept

REFUND_OF = {1: 2, 3: 4}  # tag 1054
ROUNDING = 99  # kopecks that a total may be less than its lines
PAYMENT_ORDER = ("electronic", "cash", "prepaid", "credit", "other")


class RefundImpossible(FollowUpRefused):
    """The receipt is of a kind or in a state that can't be refunded."""


class RefundExceeds(FollowUpRefused):
    """More than is left to refund; the text names what is left."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A line of the original by its index, and how much of it; None: all that is left."""

    line: int
    quantity: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Left:
    """What earlier refunds have left of a receipt."""

    quantities: tuple[Decimal, ...]  # of each line
    total: int
    payments: Payments


def refund_accept(
    *,
    channel: ChannelContext,
    original_id: uuid.UUID,
    external_id: str,
    body: bytes,
    body_digest: bytes,
    build: Callable[[ReceiptDraft, Left], ReceiptDraft],
    callback_url: str = "",
    email: str = "",
    phone: str = "",
    language: str = "ru",
    warnings: tuple[str, ...] = (),
) -> Accepted:
    """Accepts the refund that `build` makes of the original's draft and what is left of it.

    Raises `Receipt.DoesNotExist` for an unknown original, `RefundImpossible`, `RefundExceeds`, and what
    `receipt_accept` raises. A repeat is answered with the first receipt, as `receipt_accept` does.
    """
    organisation_id = channel.organisation_id
    checked = _marks_check(channel, original_id, external_id)
    with atomic():
        with within(organisation_id):
            original = Receipt.objects.get(id=original_id, channel_id=channel.channel_id)
            state = ReceiptState.objects.select_for_update().get(receipt_id=original_id)
        first = sql.receipt_existing(
            organisation_id=organisation_id, channel_id=channel.channel_id, external_key=external_id
        )
        sold: ReceiptDraft | None = None
        draft: ReceiptDraft | None
        if first is None:
            sold, draft = _built(organisation_id, original, state, build)
        else:
            draft = receipt_draft(organisation_id, first[0])  # not stored again: the key is known
        assert draft is not None
        accepted = receipt_accept(
            channel=channel,
            draft=draft,
            external_id=external_id,
            body=body,
            body_digest=body_digest,
            refers_to_id=original_id,
            callback_url=callback_url,
            email=email,
            phone=phone,
            language=language,
            warnings=warnings,
            checked=checked,
        )
        if sold is not None:
            try:
                prepayment_count(organisation_id, original_id, sold, accepted.receipt_id, draft)
            except PrepaymentExceeded as error:
                raise RefundExceeds(str(error), "exceeds") from None
        return accepted


def _marks_check(channel: ChannelContext, original_id: uuid.UUID, external_id: str) -> Checked | None:
    """Asks about the original's marking codes before the lock is taken; None when there is nothing to ask about.

    All of them, since what is left is known under the lock only.
    """
    organisation_id = channel.organisation_id
    if not channel.marking_key:
        return None
    sold = receipt_draft(organisation_id, original_id)
    if sold is None or not any(item.mark for item in sold.items):
        return None
    known = sql.receipt_existing(
        organisation_id=organisation_id, channel_id=channel.channel_id, external_key=external_id
    )
    if known is not None:
        return None
    back = msgspec.structs.replace(sold, items=tuple(_given_back(item) for item in sold.items))
    return draft_check(channel.marking_key, back, fn=channel.marking_fn) or Checked()


def _built(
    organisation_id: uuid.UUID,
    original: Receipt,
    state: ReceiptState,
    build: Callable[[ReceiptDraft, Left], ReceiptDraft],
) -> tuple[ReceiptDraft, ReceiptDraft]:
    """(the original, its refund)."""
    if original.operation not in REFUND_OF:
        raise RefundImpossible("вернуть можно приход или расход, но не возврат", "kind")
    if state.state not in (State.FISCALISED, State.CONFIRMED):
        raise RefundImpossible(f"чек в состоянии {state.state}: вернуть можно фискализированный", "state")
    sold = receipt_draft(organisation_id, original.id)
    if sold is None:
        raise RefundImpossible("содержание чека больше не хранится", "content_gone")
    if not sold.items:
        raise RefundImpossible("в чеке коррекции нет позиций: составьте возврат сами", "no_items")
    left = left_of(original, sold)
    draft = build(sold, left)
    if draft.total > left.total:
        raise RefundExceeds(f"возвращается {roubles(draft.total)}, осталось {roubles(left.total)}", "exceeds")
    return sold, draft


def _still_offset(organisation_id: uuid.UUID, receipt_id: uuid.UUID, offset: ReceiptDraft) -> ReceiptDraft:
    """An offset without what of it was refunded or reversed since."""
    undone = [
        draft for _, draft in referring_drafts(organisation_id, receipt_id) if draft.operation != offset.operation
    ]
    left = what_is_left(offset, undone)
    items = zip(offset.items, left.quantities, strict=True)
    return msgspec.structs.replace(
        offset,
        items=tuple(msgspec.structs.replace(item, quantity=quantity) for item, quantity in items if quantity > 0),
        payments=left.payments,
    )


def left_of(original: Receipt, sold: ReceiptDraft) -> Left:
    """What is left of a receipt, under the lock of its state."""
    organisation_id = original.organisation_id
    refunds, offsets = [], []
    for receipt_id, draft in referring_drafts(organisation_id, original.id):
        if draft.operation == REFUND_OF[original.operation]:
            refunds.append(draft)
        elif draft.correction is None and draft.payments.prepaid:
            offsets.append(_still_offset(organisation_id, receipt_id, draft))
    left = what_is_left(sold, refunds, offsets)
    prepaid = prepaid_in(sold)
    if prepaid and prepaid == sold.total:
        left = replace(left, total=min(left.total, prepayment_left(organisation_id, original.id)))
    return left


# -- pure --------------------------------------------------------------------------------------------------


def what_is_left(sold: ReceiptDraft, refunds: Sequence[ReceiptDraft], offsets: Sequence[ReceiptDraft] = ()) -> Left:
    """What `refunds` have left of `sold`, and of a prepayment the `offsets` made from it."""
    quantities = [item.quantity for item in sold.items]
    paid = msgspec.structs.asdict(sold.payments)
    total = sold.total
    for refund in refunds:
        total -= refund.total
        for kind, amount in msgspec.structs.asdict(refund.payments).items():
            paid[kind] -= amount
        for item in refund.items:
            _take(sold.items, quantities, item, _what)
    for offset in offsets:
        total -= offset.payments.prepaid
        for item in offset.items:
            _take(sold.items, quantities, item, _goods)
    return Left(tuple(quantities), max(total, 0), Payments(**{kind: max(amount, 0) for kind, amount in paid.items()}))


def _take(sold: Sequence[Item], quantities: list[Decimal], item: Item, what: Callable[[Item], tuple]) -> None:
    """Takes a line from the lines that sold the same by `what`, those of its price first."""
    same = [index for index, line in enumerate(sold) if what(line) == what(item)]
    same.sort(key=lambda index: abs(sold[index].price - item.price) > 1)
    needed = item.quantity
    for index in same:
        part = min(needed, quantities[index])
        quantities[index] -= part
        needed -= part


def _what(item: Item) -> tuple:
    code = item.mark.code if item.mark is not None else None
    return item.name, item.vat, item.kind, item.method, item.measure, item.unit, code


def _goods(item: Item) -> tuple:
    """What is handed over, however it was prepaid: method and VAT differ between prepayment and offset."""
    return item.name, item.kind, item.measure, item.unit


def refund_draft(
    sold: ReceiptDraft,
    left: Left,
    wanted: Sequence[Wanted] | None = None,
    payments: Payments | None = None,
    buyer: Buyer | None = None,
) -> ReceiptDraft:
    """The refund of chosen lines, of everything left where `wanted` is None.

    Part of a line is refunded at its share of the line's amount; the last part is what remains, so that all parts make
    the whole. Without `payments` the money goes back the way it came. Raises `RefundExceeds`, `RefundImpossible`.
    """
    items = [_given_back(item) for item in parts_of(sold, left, wanted)]
    if not items:
        raise RefundExceeds("всё уже возвращено", "nothing_left")
    lines = sum(item.amount for item in items)
    if wanted is None and prepaid_in(sold) and 0 < left.total < lines:
        items, lines = less_discount(items, lines - left.total), left.total  # an advance of which a part is offset
    total = left.total if 0 < lines - left.total <= ROUNDING else lines
    if total > left.total:
        raise RefundExceeds(f"возвращается {roubles(total)}, осталось {roubles(left.total)}", "exceeds")
    paid = payments or _paid_back(left.payments, total)
    if paid.total != total:
        raise RefundImpossible(
            f"сумма payments {roubles(paid.total)} не равна сумме возврата {roubles(total)}", "request"
        )
    return msgspec.structs.replace(
        sold,
        operation=REFUND_OF[sold.operation],
        items=tuple(items),
        payments=paid,
        total=total,
        buyer=buyer or sold.buyer,
        correction=None,
        extra=None if sold.correction else sold.extra,  # the sign of what a correction corrects
        cashless=(),
    )


def _given_back(item: Item) -> Item:
    """The line as it comes back: what becomes of marked goods, and whether they may, follows from the new operation."""
    if item.mark is None:
        return item
    mark = msgspec.structs.replace(item.mark, planned_status=None)
    return msgspec.structs.replace(without_permissions(item), mark=mark)


def lines_chosen(sold: ReceiptDraft, left: Left, wanted: Sequence[Wanted] | None) -> list[tuple[int, Decimal]]:
    if wanted is None:
        return [(index, quantity) for index, quantity in enumerate(left.quantities) if quantity > 0]
    chosen: dict[int, Decimal] = {}
    for want in wanted:
        if want.line >= len(sold.items):
            raise RefundImpossible(f"позиции {want.line} нет: в чеке их {len(sold.items)}, счёт от 0", "request")
        if want.line in chosen:
            raise RefundImpossible(f"позиция {want.line} названа дважды", "request")
        rest = left.quantities[want.line]
        quantity = rest if want.quantity is None else want.quantity
        if not 0 < quantity <= rest:
            raise RefundExceeds(f"позиция {want.line}: возвращается {quantity}, осталось {rest}", "exceeds")
        chosen[want.line] = quantity
    return list(chosen.items())


def parts_of(sold: ReceiptDraft, left: Left, wanted: Sequence[Wanted] | None) -> list[Item]:
    """Chosen lines at their share of the amount. Raises `RefundExceeds`, `RefundImpossible`."""
    chosen = lines_chosen(sold, left, wanted)
    return [part for index, count in chosen for part in _part(sold.items[index], left.quantities[index], count)]


def _part(item: Item, left: Decimal, quantity: Decimal) -> list[Item]:
    """`quantity` of a line of which `left` is left: its share of the amount between both marks."""
    before = item.quantity - left
    amount = _share(item, before + quantity) - _share(item, before)
    return at_amount(item, amount, quantity)


def _share(item: Item, quantity: Decimal) -> int:
    return int((item.amount * quantity / item.quantity).to_integral_value(ROUND_HALF_UP))


def _paid_back(left: Payments, total: int) -> Payments:
    paid: dict[str, int] = {}
    for kind in PAYMENT_ORDER:
        paid[kind] = min(getattr(left, kind), total - sum(paid.values()))
    missing = total - sum(paid.values())
    paid["electronic"] += missing  # earlier refunds were paid another way than the sale
    return Payments(**paid)
