"""The offset of a prepayment (зачёт): the sale that is made when the goods are handed over.

Never more is offset than was prepaid: what is left is read under the lock of the prepayment's state row, which refunds
take too, and the balance itself is guarded by the database (`prepayments`).
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Sequence

from openkassa.core.clock import now
from openkassa.core.db import atomic
from openkassa.core.tenancy import within
from openkassa.fiscal.draft import Item, Payments, ReceiptDraft
from openkassa.fiscal.prepaying import NotGoods, goods_of, offset_draft, prepaid_in
from openkassa.kassa.marking.check import codes_of, draft_check
from openkassa.kassa.marking.service import Checked
from openkassa.kassa.receipts import sql
from openkassa.kassa.receipts.channels import ChannelContext
from openkassa.kassa.receipts.models import Receipt, ReceiptState, State
from openkassa.kassa.receipts.prepayments import PrepaymentExceeded, prepayment_count, prepayment_left
from openkassa.kassa.receipts.refunds import Left, RefundExceeds, RefundImpossible, Wanted, left_of, parts_of
from openkassa.kassa.receipts.refused import FollowUpRefused
from openkassa.kassa.receipts.selectors import receipt_draft
from openkassa.kassa.receipts.services import Accepted, receipt_accept

Build = Callable[[ReceiptDraft, Left, int, dt.date], ReceiptDraft]


class OffsetImpossible(FollowUpRefused):
    """The receipt is no prepayment, or not yet, or its lines don't name the goods."""


class OffsetExceeds(FollowUpRefused):
    """More than is left of the prepayment, or sums that don't fit it; the text names them."""


def offset_preview(*, channel: ChannelContext, prepayment_id: uuid.UUID, build: Build) -> ReceiptDraft:
    """What `offset_accept` would make; nothing is stored. Raises what it raises."""
    with atomic():
        return _built(channel, prepayment_id, build)[1]


def offset_accept(
    *,
    channel: ChannelContext,
    prepayment_id: uuid.UUID,
    build: Build,
    external_id: str,
    body: bytes,
    body_digest: bytes,
    callback_url: str = "",
    email: str = "",
    phone: str = "",
    language: str = "ru",
) -> Accepted:
    """Accepts the sale that `build` makes of the prepayment's draft, what is left of its lines and of its money, and
    the day.

    Raises `Receipt.DoesNotExist` for an unknown prepayment, `OffsetImpossible`, `OffsetExceeds`, and what
    `receipt_accept` raises. A repeat is answered with the first receipt, as `receipt_accept` does.
    """
    checked = None
    if channel.marking_key and _existing(channel, external_id) is None:
        planned = offset_preview(channel=channel, prepayment_id=prepayment_id, build=build)
        if codes_of(planned):  # asked before the lock: no transaction waits for another company
            checked = draft_check(channel.marking_key, planned, fn=channel.marking_fn) or Checked()
    with atomic():
        _lock(channel, prepayment_id)
        first_id = _existing(channel, external_id)
        prepayment: ReceiptDraft | None = None
        if first_id is None:
            prepayment, draft = _built(channel, prepayment_id, build)
        else:
            stored = receipt_draft(channel.organisation_id, first_id)  # not stored again: the key is known
            assert stored is not None
            draft = stored
        accepted = receipt_accept(
            channel=channel,
            draft=draft,
            external_id=external_id,
            body=body,
            body_digest=body_digest,
            refers_to_id=prepayment_id,
            callback_url=callback_url,
            email=email,
            phone=phone,
            language=language,
            checked=checked,
        )
        if prepayment is not None:
            try:
                prepayment_count(channel.organisation_id, prepayment_id, prepayment, accepted.receipt_id, draft)
            except PrepaymentExceeded as error:
                raise OffsetExceeds(str(error), "prepayment_short") from None
        return accepted


def _existing(channel: ChannelContext, external_id: str) -> uuid.UUID | None:
    first = sql.receipt_existing(
        organisation_id=channel.organisation_id, channel_id=channel.channel_id, external_key=external_id
    )
    return first[0] if first else None


def _lock(channel: ChannelContext, prepayment_id: uuid.UUID) -> tuple[Receipt, ReceiptState]:
    with within(channel.organisation_id):
        receipt = Receipt.objects.get(id=prepayment_id, channel_id=channel.channel_id)
        return receipt, ReceiptState.objects.select_for_update().get(receipt_id=prepayment_id)


def _built(channel: ChannelContext, prepayment_id: uuid.UUID, build: Build) -> tuple[ReceiptDraft, ReceiptDraft]:
    """(the prepayment, its offset)."""
    receipt, state = _lock(channel, prepayment_id)
    if state.state not in (State.FISCALISED, State.CONFIRMED):
        raise OffsetImpossible(f"чек в состоянии {state.state}: зачесть можно фискализированный", "offset_state")
    prepayment = receipt_draft(channel.organisation_id, receipt.id)
    if prepayment is None:
        raise OffsetImpossible("содержание чека больше не хранится", "content_gone")
    if not prepaid_in(prepayment):
        raise OffsetImpossible("в чеке нет предоплаты или аванса", "no_prepayment")
    left = prepayment_left(channel.organisation_id, receipt.id)
    if left <= 0:
        raise OffsetExceeds("предоплата уже зачтена или возвращена полностью", "used_up")
    day = (now() + dt.timedelta(minutes=channel.utc_offset)).date()
    draft = build(prepayment, left_of(receipt, prepayment), left, day)
    if draft.operation != prepayment.operation or not 0 < draft.payments.prepaid <= left:
        text = "зачёт должен быть той же операцией и зачитывать не больше остатка предоплаты"
        raise OffsetExceeds(text, "prepayment_short")
    return prepayment, draft


def offset_of(
    prepayment: ReceiptDraft,
    lines_left: Left,
    money_left: int,
    day: dt.date,
    *,
    wanted: Sequence[Wanted] | None = None,
    goods: Sequence[Item] | None = None,
    payments: Payments | None = None,
) -> ReceiptDraft:
    """The sale of `goods`, or of the prepaid lines that are `wanted`, of everything left where both are None.

    Raises `OffsetImpossible`, `OffsetExceeds`.
    """
    try:
        items = list(goods) if goods is not None else goods_of(parts_of(prepayment, lines_left, wanted), day)
        if not items:
            raise OffsetExceeds("всё уже передано", "all_given")
        return offset_draft(prepayment, items, payments or Payments(), left=money_left)
    except NotGoods as error:
        raise OffsetImpossible(str(error), "not_goods") from None
    except (RefundExceeds, RefundImpossible) as error:
        raise OffsetExceeds(str(error), error.code) from None
    except ValueError as error:
        raise OffsetExceeds(str(error), "sums_differ") from None
