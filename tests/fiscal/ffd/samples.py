"""Drafts and a pool of registers that the tests of this folder change to their needs."""

import datetime as dt
from decimal import Decimal

from openkassa.fiscal.draft import Buyer, Correction, Item, Payments, ReceiptDraft
from openkassa.fiscal.ffd.profile import Profile


def make_item(**changes):
    fields = {"name": "Чай зелёный", "price": 26910, "quantity": Decimal(3), "amount": 80730, "vat": 11}
    return Item(**{**fields, "method": 4, "kind": 1, **changes})


def make_draft(**changes):
    items = changes.pop("items", (make_item(),))
    total = changes.pop("total", sum(item.amount for item in items))
    fields = {
        "operation": 1,
        "taxation": 1,
        "items": items,
        "payments": Payments(electronic=total),
        "total": total,
        "buyer": Buyer(contact="buyer@example.com"),
        "cashier": "Кассир",
    }
    return ReceiptDraft(**{**fields, **changes})


def make_correction(**changes):
    correction = Correction(by_order=False, date=dt.date(2026, 3, 4))
    return make_draft(**{"correction": correction, **changes})


def make_profile(**changes):
    fields = {
        "inn": "7700000016",
        "user": 'ООО "ПРИМЕР"',
        "address": "г. Пример, ул. Примерная, 1",
        "place": "Магазин",
        "seller_email": "shop@example.com",
    }
    return Profile(**{**fields, **changes})
