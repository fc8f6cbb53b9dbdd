"""Calls of a МодульКасса client."""

from __future__ import annotations

import base64
import uuid
from dataclasses import dataclass
from typing import Any

from tests.api.http import Answer, call
from tests.api.shops import PASSWORD, Shop

BASE = "/api/fn"
CABINET_PASSWORD = "canary-cabinet-41c9"


@dataclass(frozen=True)
class Till:
    """A retail point of a shop, with a pair that opens its channel."""

    organisation_id: uuid.UUID
    channel_id: uuid.UUID
    point: str
    login: str
    password: str = PASSWORD


def basic(login: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()}


def connect(shop: Shop) -> Till:
    """A channel of the kind at the shop's pool."""
    from openkassa.core.tenancy import within
    from openkassa.kassa.receipts.channels import channel_create, channel_key_create
    from openkassa.kassa.registers.models import Pool

    with within(shop.organisation_id):
        pool = Pool.objects.get()
    point, login = str(uuid.uuid4()), str(uuid.uuid4())
    channel = channel_create(
        organisation_id=shop.organisation_id, kind="modulkassa", code=point, name="Точка", pool_id=pool.id
    )
    channel_key_create(channel=channel, login=login, secret=PASSWORD)
    return Till(shop.organisation_id, channel.id, point, login)


def person(organisation_id: uuid.UUID, role: str, login: str) -> Any:
    from openkassa.kassa.people.services import membership_create, user_create

    user = user_create(display_name=role, identifier=login, password=CABINET_PASSWORD)
    membership_create(organisation_id=organisation_id, user_id=user.id, role=role)
    return user


def ask(till: Till, method: str, path: str, body: Any = None, **headers: str) -> Answer:
    return call(method, f"{BASE}{path}", body, basic(till.login, till.password) | headers)


def post(till: Till, body: Any, version: str = "v1", **headers: str) -> Answer:
    return ask(till, "POST", f"/{version}/doc", body, **headers)


def position(**changes: Any) -> dict[str, Any]:
    return {"name": "Хлеб", "price": 10.5, "quantity": 2, "vatTag": 1102} | changes


def document(id_: str = "order-1", **changes: Any) -> dict[str, Any]:
    return {
        "id": id_, "checkoutDateTime": "2026-11-21T12:00:00+03:00", "docNum": "1", "docType": "SALE",
        "email": "buyer@example.ru", "printReceipt": False, "taxMode": "COMMON",
        "inventPositions": [position()], "moneyPositions": [{"paymentType": "CARD", "sum": 21}],
    } | changes  # fmt: skip


def correction(id_: str = "correction-1", **changes: Any) -> dict[str, Any]:
    info = {"reason": "INDEPENDENT", "documentDate": "2026-11-20", "fiscalSign": "3125146288"}
    return document(id_, docType="SALE_CORRECTION", correctionInfo=info) | changes


def stored(till: Till) -> list:
    from openkassa.kassa.receipts.selectors import receipt_list

    return receipt_list(till.organisation_id, limit=200)
