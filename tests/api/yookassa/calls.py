"""Calls of a YooKassa client."""

from __future__ import annotations

import base64
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tests.api.http import Answer, call

BASE = "/v3/receipts"
SECRET = "canary-secret-yookassa"  # searched for in answers


@dataclass(frozen=True)
class Client:
    organisation_id: uuid.UUID
    channel_id: uuid.UUID
    shop_id: str
    inn: str


def make_client(name: str = "shop", *, shop_id: str = "501156", **shop_fields: Any) -> Client:
    from tests.api.shops import make_shop

    from openkassa.kassa.receipts.channels import channel_create, channel_key_create
    from openkassa.kassa.receipts.selectors import channel_get

    shop = make_shop(name, **shop_fields)
    pool_id = channel_get(shop.organisation_id, shop.channel_id).pool_id
    channel = channel_create(
        organisation_id=shop.organisation_id, kind="yookassa", code=shop_id, name=name, pool_id=pool_id
    )
    channel_key_create(channel=channel, login=shop_id, secret=SECRET)
    return Client(shop.organisation_id, channel.id, shop_id, shop.inn)


def basic(shop_id: str, secret: str = SECRET) -> str:
    return "Basic " + base64.b64encode(f"{shop_id}:{secret}".encode()).decode()


def create(client: Client, body: Any, key: str | None = None, **headers: str) -> Answer:
    given = {"Authorization": basic(client.shop_id), "Idempotence-Key": key or str(uuid.uuid4())}
    return call("POST", BASE, body, given | headers)


def get(client: Client, path: str = "", **query: Any) -> Answer:
    url = f"{BASE}{path}?{urlencode(query)}" if query else BASE + path
    return call("GET", url, headers={"Authorization": basic(client.shop_id)})


def item(**changes: Any) -> dict[str, Any]:
    return {
        "description": "Хлеб", "quantity": "2.000", "amount": {"value": "10.50", "currency": "RUB"}, "vat_code": 11,
        "payment_mode": "full_payment", "payment_subject": "commodity", "measure": "piece",
    } | changes  # fmt: skip


def receipt(**changes: Any) -> dict[str, Any]:
    return {
        "type": "payment",
        "payment_id": "215d8da0-000f-50be-b000-0003308c89be",
        "customer": {"email": "buyer@example.ru"},
        "items": [item()],
        "settlements": [{"type": "cashless", "amount": {"value": "21.00", "currency": "RUB"}}],
        "send": True,
    } | changes
