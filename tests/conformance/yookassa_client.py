"""Run by the clients' own interpreter: a shop with YooKassa's official library makes receipts, asks, lists and errs.

Settings come as JSON on standard input; what happened goes as JSON to standard output.
"""

from __future__ import annotations

import json
import sys
import time
import uuid
from importlib.metadata import version

from yookassa import Configuration, Receipt
from yookassa.domain.exceptions import BadRequestError, NotFoundError, UnauthorizedError

given = json.load(sys.stdin)
Configuration.configure(given["shop_id"], given["secret"], api_url=given["base"])
WAIT_SECONDS = 60


def sale(**changes) -> dict:
    return {
        "customer": {"email": "buyer@example.ru", "full_name": "Иванов Иван"},
        "type": "payment",
        "payment_id": str(uuid.uuid4()),
        "send": True,
        "items": [
            {
                "description": "Подписка на месяц",
                "quantity": 2,
                "amount": {"value": "799.25", "currency": "RUB"},
                "vat_code": 11,
                "payment_mode": "full_payment",
                "payment_subject": "service",
                "measure": "piece",
            }
        ],
        "tax_system_code": 1,
        "settlements": [{"type": "cashless", "amount": {"value": "1598.50", "currency": "RUB"}}],
    } | changes


def ended(receipt_id: str):
    """The receipt once it is no longer pending."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        receipt = Receipt.find_one(receipt_id)
        if receipt.status != "pending" or time.monotonic() > deadline:
            return receipt
        time.sleep(0.3)


def refused(kind: type, call, *arguments) -> dict:
    """What the error of this kind says."""
    try:
        call(*arguments)
    except kind as error:
        return error.content
    return {}


def shown(receipt) -> dict:
    return {
        "id": receipt.id,
        "type": receipt.type,
        "status": receipt.status,
        "fd": receipt.fiscal_document_number,
        "fn": receipt.fiscal_storage_number,
        "sign": receipt.fiscal_attribute,
        "at": receipt.registered_at,
        "sums": [str(item.amount.value * item.quantity) for item in receipt.items],
        "settled": [str(one.amount.value) for one in receipt.settlements],
    }


key = str(uuid.uuid4())
params = sale()
first, again = Receipt.create(params, key), Receipt.create(params, key)
refund_params = sale(type="refund", refund_id=str(uuid.uuid4()))
del refund_params["payment_id"]
refund = Receipt.create(refund_params)
report, refund_report = ended(first.id), ended(refund.id)
listed = Receipt.list({"payment_id": params["payment_id"], "limit": 5})
wrong = refused(BadRequestError, Receipt.create, sale(tax_system_code=2))
unknown = refused(NotFoundError, Receipt.find_one, str(uuid.uuid4()))
Configuration.configure(given["shop_id"], "wrong", api_url=given["base"])
credentials = refused(UnauthorizedError, Receipt.find_one, first.id)

json.dump(
    {
        "version": version("yookassa"),
        "first": first.id,
        "again": again.id,
        "report": shown(report),
        "refund": shown(refund_report),
        "refund_id": refund_report.refund_id,
        "listed": [one.id for one in listed.items],
        "wrong": wrong,
        "unknown": unknown,
        "credentials": credentials,
    },
    sys.stdout,
)
