"""Control of what the methods of payment (1214) bring with them: rate of VAT, kind of the line, sums of payment.

Everything here warns. Tax law takes VAT out of money received before the goods at the calculated rate (НК РФ, article
164, point 4); the rest is the practice of other implementations (mark C).
"""

from __future__ import annotations

from collections.abc import Iterator

from ..draft import ReceiptDraft
from ..identifiers import roubles
from . import vat
from .codes import ADVANCE, ADVANCES, METHODS, ON_CREDIT, PARTIAL_PAYMENT, PAYMENT_KIND, REFUNDS
from .findings import WARNING, Finding


def check_methods(draft: ReceiptDraft) -> Iterator[Finding]:
    """Findings about lines and payments of a sale or purchase; refunds repeat what they refund."""
    if draft.operation in REFUNDS:
        return
    for index, item in enumerate(draft.items):
        path = f"items[{index}]"
        if item.method in ADVANCES and item.vat in vat.CODES and vat.rate(item.vat).kind == "added":
            label, right = vat.rate(item.vat).label, vat.rate(vat.advance_code(item.vat)).label
            text = f"{METHODS[item.method].capitalize()}: вместо ставки {label} нужна расчётная {right}."
            yield Finding(WARNING, "advance_rate", f"{path}.vat", text, 1199)
        if item.method == ADVANCE and item.kind != PAYMENT_KIND:
            text = "У аванса товар ещё не известен: признак предмета расчёта нужен 10 (платёж)."
            yield Finding(WARNING, "advance_kind", f"{path}.kind", text, 1212)
    yield from _payments(draft)


def _payments(draft: ReceiptDraft) -> Iterator[Finding]:
    methods = {item.method for item in draft.items}
    owed = sum(item.amount for item in draft.items if item.method == ON_CREDIT)
    credit = draft.payments.credit
    if owed > credit or (PARTIAL_PAYMENT in methods and not credit):
        text = f"Передано в кредит {roubles(owed)}, а последующей оплатой {roubles(credit)}."
        if owed <= credit:
            text = "Есть частичный расчёт и кредит, а последующей оплаты нет."
        yield Finding(WARNING, "credit_differs", "payments.credit", text, 1216)
    if methods and methods <= ADVANCES and draft.payments.prepaid:
        text = "Предоплата и аванс принимаются деньгами, зачёт предоплаты бывает у чека на переданный товар."
        yield Finding(WARNING, "prepaid_advance", "payments.prepaid", text, 1215)
