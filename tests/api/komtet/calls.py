"""Calls of a Komtet Kassa client."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

from tests.api.http import Answer, call
from tests.api.shops import Shop

SECRET = "canary-secret-komtet"


@dataclass(frozen=True)
class Queue:
    """A queue of a shop, with what its client was given."""

    shop: Shop
    id: str
    shop_id: str
    secret: str = SECRET

    @property
    def path(self) -> str:
        return f"/api/shop/v2/queues/{self.id}"


def make_queue(shop: Shop, number: str = "1001") -> Queue:
    from openkassa.core.tenancy import within
    from openkassa.kassa.receipts.channels import channel_create, channel_key_create
    from openkassa.kassa.registers.models import Pool

    with within(shop.organisation_id):
        pool = Pool.objects.get()
    channel = channel_create(
        organisation_id=shop.organisation_id, kind="komtet", code=number, name="Очередь", pool_id=pool.id
    )
    shop_id = f"{shop.login}-{number}"
    channel_key_create(channel=channel, login=shop_id, secret=SECRET)
    return Queue(shop, number, shop_id)


def signed(method: str, url: str, body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), method.encode() + url.encode() + body, hashlib.md5).hexdigest()


def send(queue: Queue, method: str, path: str, body: Any = None, **changes: str) -> Answer:
    """A signed request. `changes` are other headers, by name; `body` may be bytes."""
    from openkassa.core.settings import settings

    raw = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {
        "Authorization": queue.shop_id,
        "Accept": "application/json",
        "X-HMAC-Signature": signed(method, settings().public_url + path, raw, queue.secret),
    }
    if body is not None:
        headers["Content-Type"] = "application/json"
    return call(method, path, raw if body is not None else None, headers | changes)


def post(queue: Queue, check: Any, version: str = "v2", **changes: str) -> Answer:
    return send(queue, "POST", f"/api/shop/{version}/queues/{queue.id}/task", check, **changes)


def position(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Хлеб", "price": 10.5, "quantity": 2, "total": 21, "vat": "22", "measure": 0,
        "payment_method": "full_payment", "payment_object": "product",
    } | changes  # fmt: skip


def check(external_id: Any = "order-1", **changes: Any) -> dict[str, Any]:
    return {
        "external_id": external_id,
        "client": {"email": "buyer@example.ru"},
        "company": {"payment_address": "https://shop.example", "sno": 0},
        "print": False,
        "intent": "sell",
        "payments": [{"sum": 21, "type": "card"}],
        "positions": [position()],
    } | changes


def correction(external_id: str = "correction-1", **changes: Any) -> dict[str, Any]:
    info = {"type": "self", "base_date": "20.11.2026", "base_number": ""}
    return check(external_id, intent="sellCorrection", client={}, correction_info=info) | changes


def position_v1(**changes: Any) -> dict[str, Any]:
    return {"name": "Хлеб", "price": 10.5, "quantity": 2, "total": 21, "vat": "22"} | changes


def check_v1(external_id: Any = "order-1", **changes: Any) -> dict[str, Any]:
    return {
        "external_id": external_id,
        "user": "buyer@example.ru",
        "print": False,
        "intent": "sell",
        "sno": 0,
        "payments": [{"sum": 21, "type": "card"}],
        "positions": [position_v1()],
    } | changes


def correction_v1(external_id: str = "correction-1", **changes: Any) -> dict[str, Any]:
    about = {"type": "self", "date": "2026-11-20", "document": "", "description": "без кассы"}
    body = check_v1(external_id, intent="sellCorrection", correction=about)
    del body["user"]
    return body | changes
