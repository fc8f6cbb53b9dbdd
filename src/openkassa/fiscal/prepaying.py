"""Money before the goods (methods 1, 2 and 3 of tag 1214) and the receipt that offsets it when they are handed over.

The offset is a sale of the goods at their full price with their full rate of VAT: prepaid at 22/122, sold at 22 %;
prepaid at 20/120 in 2025 and handed over in 2026, sold at 22 %. What was prepaid stands in tag 1215, the rest is paid
in another way or left on credit (method 5).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from msgspec.structs import replace

from .draft import Item, Payments, ReceiptDraft
from .ffd import vat
from .ffd.codes import ADVANCES, FULL_PAYMENT, PARTIAL_PAYMENT, PAYMENT_KIND, PREPAYMENT, REFUNDS
from .identifiers import roubles


class NotGoods(ValueError):
    """A line that says what was paid, not what is handed over: the goods have to be named. The text is Russian."""


def prepaid_in(draft: ReceiptDraft) -> int:
    """Kopecks of a sale or purchase that are paid before the goods; 0 for a refund."""
    if draft.operation in REFUNDS:
        return 0
    return _advances(draft)


def taken_from(prepayment: ReceiptDraft, refund: ReceiptDraft) -> int:
    """Kopecks of the prepayment that its refund gives back, whatever methods the refund's lines name."""
    if all(item.method in ADVANCES for item in prepayment.items):
        return refund.total
    return _advances(refund)


def _advances(draft: ReceiptDraft) -> int:
    return min(sum(item.amount for item in draft.items if item.method in ADVANCES), draft.total)


def goods_of(items: Sequence[Item], day: dt.date) -> list[Item]:
    """Prepaid lines as the goods that are handed over on `day`. Raises `NotGoods`."""
    for item in items:
        if item.method not in ADVANCES:
            raise NotGoods(f"позиция «{item.name}» не предоплата: её товар уже передан")
        if item.method == PREPAYMENT or item.kind == PAYMENT_KIND:
            raise NotGoods(f"позиция «{item.name}» не называет товар по полной цене: перечислите товары в items")
    return [replace(item, method=FULL_PAYMENT, vat=vat.full_code(item.vat, day)) for item in items]


def offset_draft(prepayment: ReceiptDraft, goods: Sequence[Item], payments: Payments, *, left: int) -> ReceiptDraft:
    """The sale of `goods` that offsets `prepayment`, of which `left` kopecks are left.

    `payments` says how the rest is paid; without a `prepaid` in it the prepayment covers what they don't. Raises
    ValueError with a Russian text for sums that don't fit.
    """
    total = sum(item.amount for item in goods)
    if not payments.prepaid:
        payments = replace(payments, prepaid=max(total - payments.total, 0))
    if payments.total != total:
        raise ValueError(f"оплаты составляют {roubles(payments.total)}, товары стоят {roubles(total)}")
    if not 0 < payments.prepaid <= left:
        raise ValueError(f"зачитывается {roubles(payments.prepaid)}, осталось {roubles(left)}")
    if payments.credit:
        goods = [replace(item, method=PARTIAL_PAYMENT) if item.method == FULL_PAYMENT else item for item in goods]
    return replace(
        prepayment,
        items=tuple(goods),
        total=total,
        payments=payments,
        correction=None,
        extra=None if prepayment.correction else prepayment.extra,
        cashless=(),
    )
