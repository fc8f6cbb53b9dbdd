"""Calls of an ATOL v4 client."""

from __future__ import annotations

from typing import Any

from tests.api.http import Answer, call
from tests.api.shops import PASSWORD, Shop

BASE = "/possystem/v4"


def token(shop: Shop) -> str:
    answer = call("POST", f"{BASE}/getToken", {"login": shop.login, "pass": PASSWORD})
    assert answer.status == 200, answer.body
    return answer.json["token"]


def post(shop: Shop, operation: str, body: Any, *, by: str | None = None, **headers: str) -> Answer:
    return call("POST", f"{BASE}/{shop.group}/{operation}", body, {"Token": by or token(shop), **headers})


def report(shop: Shop, uuid: str, by: str | None = None) -> Answer:
    return call("GET", f"{BASE}/{shop.group}/report/{uuid}", headers={"Token": by or token(shop)})


def item(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Хлеб", "price": 10.5, "quantity": 2, "sum": 21, "payment_method": "full_payment",
        "payment_object": "commodity", "vat": {"type": "vat22"},
    } | changes  # fmt: skip


def receipt(**changes: Any) -> dict[str, Any]:
    return {
        "client": {"email": "buyer@example.ru"},
        "company": {"email": "shop@example.ru", "sno": "osn", "inn": "5544332219",
                    "payment_address": "https://shop.example"},
        "items": [item()],
        "payments": [{"type": 1, "sum": 21}],
        "total": 21,
    } | changes  # fmt: skip


def sell(external_id: str = "order-1", **changes: Any) -> dict[str, Any]:
    return {"timestamp": "21.11.2026 12:00:00", "external_id": external_id, "receipt": receipt(**changes)}


def correction(external_id: str = "correction-1", **changes: Any) -> dict[str, Any]:
    return {
        "timestamp": "21.11.2026 12:00:00",
        "external_id": external_id,
        "correction": {
            "company": {"sno": "osn", "inn": "5544332219", "payment_address": "https://shop.example"},
            "correction_info": {"type": "self", "base_date": "20.11.2026", "base_number": "1"},
            "payments": [{"type": 1, "sum": 100}],
            "vats": [{"type": "vat22", "sum": 18.03}],
        }
        | changes,
    }
