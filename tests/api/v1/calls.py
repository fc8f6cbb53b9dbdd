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


def fiscalise(shop: Shop, receipt_id: str) -> None:
    """Puts a receipt into the state that a worker leaves it in; the document itself isn't of interest here."""
    from openkassa.core.tenancy import within
    from openkassa.kassa.receipts.models import ReceiptState

    with within(shop.organisation_id):
        rows = ReceiptState.objects.filter(receipt_id=receipt_id)
        rows.update(state="assigned")
        rows.update(state="fiscalised", document_id=uuid.uuid4())
