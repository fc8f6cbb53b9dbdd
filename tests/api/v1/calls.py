"""Calls of a v1 client, and receipts that are further on their way."""

from __future__ import annotations

import uuid
from typing import Any

from tests.api.http import Answer, call
from tests.api.shops import Shop

BASE = "/api/v1"


def send(shop: Shop, method: str, path: str, body: Any = None, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return call(method, BASE + path, body, {"Authorization": f"Bearer {shop.v1_key}", **named})


def item(**changes: Any) -> dict[str, Any]:
    return {"name": "Хлеб", "price": 1050, "quantity": "2", "vat": "22"} | changes


def sale(external_id: str = "order-1", **changes: Any) -> dict[str, Any]:
    return {
        "external_id": external_id,
        "operation": "sale",
        "items": [item()],
        "payments": {"electronic": 2100},
        "buyer": {"email": "buyer@example.ru"},
    } | changes


def sold(shop: Shop, **changes: Any) -> str:
    """Id of a fiscalised sale."""
    answer = send(shop, "POST", "/receipts", sale(**changes))
    assert answer.status == 201, answer.body
    fiscalise(shop, answer.json["id"])
    return answer.json["id"]


def documented(shop: Shop, receipt_id: str, sign: int = 283447322) -> str:
    """The id of a receipt that has a document of 2026-11-21 with the fiscal sign `sign`."""
    from openkassa.core.tenancy import within
    from openkassa.kassa.receipts.models import Receipt, ReceiptState
    from openkassa.kassa.registers.models import CashRegister, FiscalDocument

    with within(shop.organisation_id):
        receipt = Receipt.objects.get(id=receipt_id)
        register, _ = CashRegister.objects.get_or_create(
            organisation_id=shop.organisation_id, serial="1", fn="9999078900005488", pool_id=receipt.pool_id, name="K"
        )
        fd = FiscalDocument.objects.count() + 1
        document = FiscalDocument.objects.create(
            organisation_id=shop.organisation_id, register_id=register.id, fn=register.fn, fd=fd, form=receipt.form,
            shift=1, number=fd, operation=receipt.operation, total=receipt.total, fiscal_sign=sign, utc_offset=180,
            local_time=int(receipt.accepted_at.timestamp()) + 3 * 3600, made_at=receipt.accepted_at,
        )  # fmt: skip
        rows = ReceiptState.objects.filter(receipt_id=receipt_id)
        rows.update(state="assigned")
        rows.update(state="fiscalised", document_id=document.id)
    return receipt_id


def fiscalise(shop: Shop, receipt_id: str) -> None:
    """Puts a receipt into the state that a worker leaves it in; the document itself isn't of interest here."""
    from openkassa.core.tenancy import within
    from openkassa.kassa.receipts.models import ReceiptState

    with within(shop.organisation_id):
        rows = ReceiptState.objects.filter(receipt_id=receipt_id)
        rows.update(state="assigned")
        rows.update(state="fiscalised", document_id=uuid.uuid4())
