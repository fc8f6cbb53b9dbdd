"""Calls of a digitalkassa client."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from tests.api.http import Answer, call
from tests.api.modulkassa.calls import basic
from tests.api.shops import PASSWORD, Shop

SALE = "20261121:195324-cms-mdk-o1-fa9beb1b"


@dataclass(frozen=True)
class Group:
    organisation_id: uuid.UUID
    channel_id: uuid.UUID
    code: str
    actor: str
    token: str = PASSWORD


def connect(shop: Shop, code: str = "1042", actor: str = "") -> Group:
    """A channel of the kind at the shop's pool."""
    from openkassa.core.tenancy import within
    from openkassa.kassa.receipts.channels import channel_create, channel_key_create
    from openkassa.kassa.registers.models import Pool

    actor = actor or str(uuid.uuid4().int % 10**9)
    with within(shop.organisation_id):
        pool = Pool.objects.get()
    channel = channel_create(
        organisation_id=shop.organisation_id, kind="digitalkassa", code=code, name="Группа", pool_id=pool.id
    )
    channel_key_create(channel=channel, login=actor, secret=PASSWORD)
    return Group(shop.organisation_id, channel.id, code, actor)


def ask(group: Group, method: str, path: str, body: Any = None, version: str = "v2.1", **headers: str) -> Answer:
    where = f"/{version}/c_groups/{group.code}{path}"
    return call(method, where, body, basic(group.actor, group.token) | headers)


def post(group: Group, body: Any, id_: str = SALE, version: str = "v2.1", **headers: str) -> Answer:
    return ask(group, "POST", f"/receipts/{id_}", body, version, **headers)


def item(**changes: Any) -> dict[str, Any]:
    return {
        "type": 1, "name": "Хлеб", "price": 10.5, "quantity": 2, "amount": 21, "payment_method": 4, "unit": 0,
        "vat": 11,
    } | changes  # fmt: skip


def receipt(**changes: Any) -> dict[str, Any]:
    return {
        "type": 1, "items": [item()], "taxation": 1, "is_internet": 1, "timezone": 2,
        "notify": {"emails": ["buyer@example.ru"], "phone": None}, "amount": {"cashless": 21},
        "loc": {"billing_place": "https://shop.example"},
    } | changes  # fmt: skip


def correction(**changes: Any) -> dict[str, Any]:
    return receipt(corrected_date="20.11.2026", notify=None) | changes


def stored(group: Group) -> list:
    from openkassa.kassa.receipts.selectors import receipt_list

    return receipt_list(group.organisation_id, limit=200)
