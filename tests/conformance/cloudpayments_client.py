"""Run by the clients' own interpreter: a shop with the library cloudpayments makes receipts, repeats, asks and errs.

Its address is an attribute of the client's class, so a shop sets it in a subclass. Settings come as JSON on standard
input; what happened goes as JSON to standard output.
"""

from __future__ import annotations

import json
import sys
import time
import uuid
from importlib.metadata import version

from cloudpayments import CloudPayments, CloudPaymentsError
from cloudpayments.enums import VAT, ReceiptType, TaxationSystem
from cloudpayments.models import Amount, Receipt, ReceiptItem

given = json.load(sys.stdin)
WAIT_SECONDS = 60


class Shop(CloudPayments):
    URL = given["base"] + "/"


shop = Shop(given["public_id"], given["secret"])
item = ReceiptItem(
    "Наименование товара", 300, 3, 900, VAT.VAT20, ean13="4606203090785", method=4, item_object=1, measurement_unit="шт"
)
receipt = Receipt([item], TaxationSystem.OSNO, "buyer@example.ru", "", Amount(electronic=900))


def ended(receipt_id: str) -> str:
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        state = shop._send_request("kkt/receipt/status/get", {"Id": receipt_id})["Model"]
        if state != "Queued" or time.monotonic() > deadline:
            return state
        time.sleep(0.3)


def refused(call, *arguments, **named) -> str:
    try:
        call(*arguments, **named)
    except CloudPaymentsError as error:
        return str(error)
    return ""


request_id = str(uuid.uuid4())
sale = {"invoice_id": str(uuid.uuid4()), "request_id": request_id}
first = shop.create_receipt(given["inn"], ReceiptType.INCOME, receipt, **sale)
again = shop.create_receipt(given["inn"], ReceiptType.INCOME, receipt, **sale)
refund = shop.create_receipt(given["inn"], ReceiptType.INCOME_RETURN, receipt, invoice_id=sale["invoice_id"])
states = [ended(first), ended(refund)]
shown = shop.get_receipt(first)

json.dump(
    {
        "version": version("cloudpayments"),
        "first": first,
        "again": again,
        "refund": refund,
        "states": states,
        "shown": {
            "label": shown.items[0].label,
            "amount": float(shown.items[0].amount),
            "vat": shown.items[0].vat,
            "electronic": float(shown.amounts.electronic),
            "email": shown.email,
        },
        "wrong": refused(shop.create_receipt, "7707083893", ReceiptType.INCOME, receipt),
        "unknown": refused(shop.get_receipt, str(uuid.uuid4())),
        "credentials": refused(Shop(given["public_id"], "wrong").get_receipt, first),
    },
    sys.stdout,
)
