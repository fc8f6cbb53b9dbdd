"""Calls of an ATOL v5 client."""

from __future__ import annotations

import base64
from typing import Any

from tests.api.atol import calls
from tests.api.http import Answer, call
from tests.api.shops import Shop

BASE = "/possystem/v5"
CODE = "010460043993125621JgXJ5.T\x1d93abcd"

# Recorded from lamoda/atol-client (src/V5), as its contract test sends it.
LAMODA = (
    '{"external_id":"lm-V5","receipt":{"client":{"email":"test@test.ru"},"company":{"email":"test@test.ru","sno":"osn",'
    '"inn":"5544332219","payment_address":"https://v5.online.atol.ru"},"items":[{"name":"Test item","price":1000.1,'
    '"quantity":1.0,"sum":1000.1,"measure":0,"payment_method":"full_payment","payment_object":10,"vat":'
    '{"type":"vat120","sum":166.68},"mark_code":{"gs1m":"dGVzdF9tYXJrX2NvZGU="}}],"payments":[{"type":1,"sum":1000.1}],'
    '"total":1000.1},"timestamp":"01.01.2026 12:00:00"}'
)


def post(shop: Shop, operation: str, body: Any, *, by: str | None = None, **headers: str) -> Answer:
    return call("POST", f"{BASE}/{shop.group}/{operation}", body, {"Token": by or calls.token(shop), **headers})


def item(**changes: Any) -> dict[str, Any]:
    return calls.item(payment_object=1, measure=0) | changes


def marked(code: str = CODE, **changes: Any) -> dict[str, Any]:
    given = {"gs1m": base64.b64encode(code.encode()).decode()}
    fields = {"payment_object": 33, "mark_code": given, "mark_processing_mode": "0", "planned_status": 1}
    return item(price=21, quantity=1) | fields | changes


def sell(external_id: str = "order-1", **changes: Any) -> dict[str, Any]:
    return calls.sell(external_id, items=[item()]) | {"receipt": calls.receipt(items=[item()]) | changes}


def correction(external_id: str = "correction-1", **changes: Any) -> dict[str, Any]:
    info = {"type": "self", "base_date": "20.11.2026"}
    body = calls.receipt(items=[item()]) | {"correction_info": info} | changes
    return {"timestamp": "21.11.2026 12:00:00", "external_id": external_id, "correction": body}
