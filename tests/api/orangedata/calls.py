"""Calls of an OrangeData client."""

from __future__ import annotations

import base64
import functools
import json
import uuid
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from tests.api.http import Answer, call

BASE = "/api/v2"


@functools.cache
def private_key(_name: str = "") -> rsa.RSAPrivateKey:
    """One pair for each name and process: making them takes time."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_pem(name: str = "") -> str:
    return private_key(name).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def private_pem(name: str = "") -> str:
    return private_key(name).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_xml(name: str = "") -> str:
    numbers = private_key(name).public_key().public_numbers()

    def text(value: int) -> str:
        return base64.b64encode(value.to_bytes((value.bit_length() + 7) // 8, "big")).decode()

    return f"<RSAKeyValue><Modulus>{text(numbers.n)}</Modulus><Exponent>{text(numbers.e)}</Exponent></RSAKeyValue>"


def sign(body: bytes, name: str = "") -> str:
    return base64.b64encode(private_key(name).sign(body, padding.PKCS1v15(), hashes.SHA256())).decode()


@dataclass(frozen=True)
class Client:
    organisation_id: uuid.UUID
    channel_id: uuid.UUID
    key: str
    inn: str


def make_client(name: str = "shop", *, key: str = "key-1", callback_url: str = "", **shop_fields: Any) -> Client:
    from tests.api.shops import make_shop

    from openkassa.kassa.receipts.channels import channel_create, channel_key_create
    from openkassa.kassa.receipts.public_keys import read_public_key
    from openkassa.kassa.receipts.selectors import channel_get

    shop = make_shop(name, **shop_fields)
    channel = channel_create(
        organisation_id=shop.organisation_id, kind="orangedata", code="Main", name=name, callback_url=callback_url,
        pool_id=channel_get(shop.organisation_id, shop.channel_id).pool_id,
    )  # fmt: skip
    channel_key_create(channel=channel, login=key, public_key=read_public_key(public_pem()))
    return Client(shop.organisation_id, channel.id, key, shop.inn)


def post(body: Any, path: str = "documents/", signature: str | None = None, **headers: str) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {"X-Signature": sign(raw) if signature is None else signature, "Content-Type": "application/json"}
    return call("POST", f"{BASE}/{path}", raw, given | headers)


def status(client: Client, document_id: str, collection: str = "documents") -> Answer:
    return call("GET", f"{BASE}/{collection}/{client.inn}/status/{document_id}")


def position(**changes: Any) -> dict[str, Any]:
    return {
        "text": "Хлеб", "price": 10.5, "quantity": 2, "tax": 1, "paymentMethodType": 4, "paymentSubjectType": 1,
    } | changes  # fmt: skip


def content(**changes: Any) -> dict[str, Any]:
    return {
        "ffdVersion": 4,
        "type": 1,
        "positions": [position()],
        "checkClose": {"payments": [{"type": 2, "amount": 21}], "taxationSystem": 0},
        "customerContact": "buyer@example.ru",
    } | changes


def document(document_id: str = "order-1", **changes: Any) -> dict[str, Any]:
    return {"id": document_id, "inn": "5544332219", "group": "Main", "key": "key-1", "content": content(**changes)}


def correction12(document_id: str = "correction-1", **changes: Any) -> dict[str, Any]:
    base = {"correctionType": 0, "causeDocumentDate": "2026-01-02T00:00:00", "causeDocumentNumber": "5"}
    return document(document_id, **base | changes)


def correction(document_id: str = "correction-1", **changes: Any) -> dict[str, Any]:
    given = {
        "ffdVersion": 2, "type": 1, "taxationSystem": 0, "correctionType": 0,
        "causeDocumentDate": "2026-01-02T00:00:00",
        "causeDocumentNumber": "5", "totalSum": 100, "eCashSum": 100, "tax1Sum": 18.03,
    } | changes  # fmt: skip
    return {"id": document_id, "inn": "5544332219", "group": "Main", "key": "key-1", "content": given}
