"""Calls of a CloudKassir client."""

from __future__ import annotations

import base64
import uuid
from dataclasses import dataclass
from typing import Any

from tests.api.http import Answer, call

SECRET = "canary-secret-cloudkassir"  # searched for in answers


@dataclass(frozen=True)
class Client:
    organisation_id: uuid.UUID
    channel_id: uuid.UUID
    public_id: str
    inn: str


def make_client(name: str = "shop", *, public_id: str = "pk_1", callback_url: str = "", **shop_fields: Any) -> Client:
    from tests.api.shops import make_shop

    from openkassa.kassa.receipts.channels import channel_create, channel_key_create
    from openkassa.kassa.receipts.selectors import channel_get

    shop = make_shop(name, **shop_fields)
    channel = channel_create(
        organisation_id=shop.organisation_id, kind="cloudkassir", code=public_id, name=name, callback_url=callback_url,
        pool_id=channel_get(shop.organisation_id, shop.channel_id).pool_id,
    )  # fmt: skip
    channel_key_create(channel=channel, login=public_id, secret=SECRET)
    return Client(shop.organisation_id, channel.id, public_id, shop.inn)


def basic(public_id: str, secret: str = SECRET) -> str:
    return "Basic " + base64.b64encode(f"{public_id}:{secret}".encode()).decode()


def post(client: Client, path: str, body: Any, request_id: str | None = None, **headers: str) -> Answer:
    given = {"Authorization": basic(client.public_id)} | ({"X-Request-ID": request_id} if request_id else {})
    return call("POST", f"/kkt/{path}", body, given | headers)


def made(answer: Answer) -> str:
    """Id of the receipt that a request made."""
    assert (answer.status, answer.json["Success"]) == (200, True), answer.body
    assert answer.json["Model"]["ErrorCode"] == 0
    return answer.json["Model"]["Id"]


def item(**changes: Any) -> dict[str, Any]:
    return {"label": "Хлеб", "price": 10.5, "quantity": 2, "amount": 21, "vat": 22, "method": 4, "object": 1} | changes


def receipt(**changes: Any) -> dict[str, Any]:
    return {
        "Items": [item()],
        "taxationSystem": 0,
        "email": "buyer@example.ru",
        "amounts": {"electronic": 21},
    } | changes


def request(invoice: str | None = "order-1", **changes: Any) -> dict[str, Any]:
    body = {"Inn": "5544332219", "Type": "Income", "CustomerReceipt": receipt(**changes)}
    return body | ({"InvoiceId": invoice} if invoice else {})


def correction(**changes: Any) -> dict[str, Any]:
    return {
        "CorrectionReceiptData": {
            "OrganizationInn": "5544332219", "TaxationSystem": 0, "CorrectionReceiptType": 1, "CorrectionType": 0,
            "CauseCorrection": {"CorrectionDate": "2026-01-02", "CorrectionNumber": "5"}, "VatRate": 22,
            "Amounts": {"Electronic": 21}, "Items": [item()],
        }
        | changes,
    }  # fmt: skip
