"""A sale of five items as each wire face says it: what the load generator sends.

`EXTERNAL_ID` in path, headers or body is replaced before each send.
"""

from __future__ import annotations

import base64
import json
import time
import urllib.request
from collections.abc import Callable
from typing import Any

EXTERNAL_ID = "E" * 32
SIGNATURE = "S" * 32
PLACE = "https://bench.example"
BUYER = "buyer@example.com"
# name, price, quantity, sum, rate of VAT in per cent, measure (tag 2108)
ITEMS = [
    ("Кофе в зёрнах, 1 кг", 1490.0, 1, 1490.0, 22, 0),
    ("Хлеб ржаной", 64.5, 2, 129.0, 10, 0),
    ("Молоко 3,2 %, 1 л", 92.9, 3, 278.7, 10, 0),
    ("Сахар-песок, кг", 79.99, 1.5, 119.99, 10, 11),
    ("Доставка", 300.0, 1, 300.0, 22, 0),
]
TOTAL = round(sum(item[3] for item in ITEMS), 2)

Request = dict[str, Any]  # path, headers, body; for signed faces what they are signed with


def request(path: str, body: Any, **headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {"path": path, "headers": named, "body": json.dumps(body, ensure_ascii=False)}


def basic(login: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()


def _atol(access: dict, version: str, item: Callable[[int], dict]) -> Request:
    asked = urllib.request.Request(
        f"{access['base']}/possystem/{version}/getToken",
        json.dumps({"login": access["login"], "pass": access["password"]}).encode(),
        {"Content-Type": "application/json; charset=utf-8"},
    )
    with urllib.request.urlopen(asked) as answer:
        token = json.load(answer)["token"]
    items = [
        {
            "name": name, "price": price, "quantity": quantity, "sum": amount, "payment_method": "full_payment",
            "vat": {"type": f"vat{rate}"}, **item(measure),
        }
        for name, price, quantity, amount, rate, measure in ITEMS
    ]  # fmt: skip
    company = {"email": "shop@example.com", "sno": "osn", "inn": access["inn"], "payment_address": PLACE}
    receipt = {
        "client": {"email": BUYER}, "company": company, "items": items, "payments": [{"type": 1, "sum": TOTAL}],
        "total": TOTAL,
    }  # fmt: skip
    body = {"external_id": EXTERNAL_ID, "timestamp": time.strftime("%d.%m.%Y %H:%M:%S"), "receipt": receipt}
    return request(f"/possystem/{version}/{access['group']}/sell", body, Token=token)


def atol(access: dict) -> Request:
    return _atol(access, "v4", lambda _measure: {"payment_object": "commodity"})


def atol_v5(access: dict) -> Request:
    return _atol(access, "v5", lambda measure: {"payment_object": 1, "measure": measure})


def v1(access: dict) -> Request:
    items = [
        {
            "name": name, "price": round(price * 100), "quantity": str(quantity), "vat": str(rate),
            "unit": "kg" if measure else "piece",
        }
        for name, price, quantity, _amount, rate, measure in ITEMS
    ]  # fmt: skip
    body = {
        "external_id": EXTERNAL_ID, "operation": "sale", "items": items, "taxation": "general",
        "payments": {"electronic": round(TOTAL * 100)}, "buyer": {"email": BUYER},
    }  # fmt: skip
    return request("/api/v1/receipts", body, Authorization=f"Bearer {access['v1']}")


def modulkassa(access: dict) -> Request:
    """Its code of 22 % is a setting, so everything is sold at 10 %."""
    positions = [
        {
            "name": name, "price": price, "quantity": quantity, "vatTag": 1103, "paymentMethod": "full_payment",
            "paymentObject": "commodity", "measure": measure,
        }
        for name, price, quantity, _amount, _rate, measure in ITEMS
    ]  # fmt: skip
    body = {
        "id": EXTERNAL_ID, "docNum": "1", "docType": "SALE", "taxMode": "COMMON", "email": BUYER,
        "checkoutDateTime": time.strftime("%Y-%m-%dT%H:%M:%S+00:00"), "inventPositions": positions,
        "moneyPositions": [{"paymentType": "CARD", "sum": TOTAL}],
    }  # fmt: skip
    kept = access["modulkassa"]
    return request("/api/fn/v2/doc", body, Authorization=basic(kept["login"], kept["secret"]))


def digitalkassa(access: dict) -> Request:
    items = [
        {
            "type": 1, "name": name, "price": price, "quantity": quantity, "amount": amount, "payment_method": 4,
            "unit": measure, "vat": {22: 11, 10: 2}[rate],
        }
        for name, price, quantity, amount, rate, measure in ITEMS
    ]  # fmt: skip
    body = {
        "type": 1, "items": items, "taxation": 1, "is_internet": 1, "timezone": 2, "notify": {"emails": [BUYER]},
        "amount": {"cashless": TOTAL}, "loc": {"billing_place": PLACE},
    }  # fmt: skip
    kept = access["digitalkassa"]
    path = f"/v2.1/c_groups/{kept['code']}/receipts/{EXTERNAL_ID}"
    return request(path, body, Authorization=basic(kept["login"], kept["secret"]))


def yookassa(access: dict) -> Request:
    items = [
        {
            "description": name, "quantity": str(quantity), "amount": {"value": f"{price:.2f}", "currency": "RUB"},
            "vat_code": {22: 11, 10: 3}[rate], "payment_mode": "full_payment", "payment_subject": "commodity",
            "measure": "kilogram" if measure else "piece",
        }
        for name, price, quantity, _amount, rate, measure in ITEMS
    ]  # fmt: skip
    body = {
        "type": "payment", "payment_id": "24b94598-000f-5000-9000-1b68e7b15f3f", "customer": {"email": BUYER},
        "items": items, "tax_system_code": 1, "send": True,
        "settlements": [{"type": "cashless", "amount": {"value": f"{TOTAL:.2f}", "currency": "RUB"}}],
    }  # fmt: skip
    kept = access["yookassa"]
    head = {"Authorization": basic(kept["login"], kept["secret"]), "Idempotence-Key": EXTERNAL_ID}
    return request("/v3/receipts", body, **head)


def komtet(access: dict) -> Request:
    """Signed anew for each sale: `bench.load` puts the signature where `signed` says."""
    positions = [
        {
            "name": name, "price": price, "quantity": quantity, "total": amount, "vat": str(rate), "measure": measure,
            "payment_method": "full_payment", "payment_object": "product",
        }
        for name, price, quantity, amount, rate, measure in ITEMS
    ]  # fmt: skip
    body = {
        "external_id": EXTERNAL_ID, "intent": "sell", "print": False, "client": {"email": BUYER},
        "company": {"payment_address": PLACE, "sno": 0}, "positions": positions,
        "payments": [{"sum": TOTAL, "type": "card"}],
    }  # fmt: skip
    kept = access["komtet"]
    path = f"/api/shop/v2/queues/{kept['code']}/task"
    made = request(path, body, Authorization=kept["login"], X_HMAC_Signature=SIGNATURE)
    return made | {"secret": kept["secret"], "signed": f"POST{access['base']}{path}"}


def cloudkassir(access: dict) -> Request:
    items = [
        {
            "label": name, "price": price, "quantity": quantity, "amount": amount, "vat": rate, "method": 4,
            "object": 1,
        }
        for name, price, quantity, amount, rate, _measure in ITEMS
    ]  # fmt: skip
    receipt = {"Items": items, "taxationSystem": 0, "email": BUYER, "amounts": {"electronic": TOTAL}}
    body = {"Inn": access["inn"], "Type": "Income", "InvoiceId": EXTERNAL_ID, "CustomerReceipt": receipt}
    kept = access["cloudkassir"]
    return request("/kkt/receipt", body, Authorization=basic(kept["login"], kept["secret"]))


def orangedata(access: dict) -> Request:
    positions = [
        {
            "text": name, "price": price, "quantity": quantity, "tax": {22: 1, 10: 2}[rate], "paymentMethodType": 4,
            "paymentSubjectType": 1, "quantityMeasurementUnit": measure,
        }
        for name, price, quantity, _amount, rate, measure in ITEMS
    ]  # fmt: skip
    kept = access["orangedata"]
    content = {
        "ffdVersion": 4, "type": 1, "positions": positions, "customerContact": BUYER,
        "checkClose": {"payments": [{"type": 2, "amount": TOTAL}], "taxationSystem": 0},
    }  # fmt: skip
    body = {
        "id": EXTERNAL_ID, "inn": access["inn"], "group": kept["group"], "key": kept["key"], "content": content,
    }  # fmt: skip
    made = request("/api/v2/documents/", body, X_Signature=SIGNATURE)
    return made | {"private_key": kept["private_key"]}


FACES: dict[str, Callable[[dict], Request]] = {
    "atol": atol, "atol_v5": atol_v5, "v1": v1, "modulkassa": modulkassa, "digitalkassa": digitalkassa,
    "yookassa": yookassa, "komtet": komtet, "cloudkassir": cloudkassir, "orangedata": orangedata,
}  # fmt: skip
# Faces whose channel the bench makes with a login, a secret and a code.
BY_LOGIN = ("modulkassa", "digitalkassa", "yookassa", "komtet", "cloudkassir")
