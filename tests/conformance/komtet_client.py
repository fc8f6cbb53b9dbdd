"""Run by the clients' own interpreter: a shop with Komtet's own SDK, by both versions of the protocol.

Settings come as JSON on standard input; what happened goes as JSON to standard output.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
import uuid
from importlib.metadata import version

from requests import HTTPError

given = json.load(sys.stdin)
WAIT_SECONDS = 60


def refused(call, *arguments) -> dict:
    """Status and body of the error that a call ends with."""
    try:
        call(*arguments)
    except HTTPError as error:
        return {"status": error.response.status_code, **error.response.json()}
    return {}


def check_v2(sdk, oid: str, intent: str):
    check = sdk.Check(oid, intent)
    check.set_client(email="buyer@example.ru", name="Иванов Иван")
    check.set_company("https://romashka.example", sdk.TaxSystem.COMMON)
    check.add_payment(199.98, sdk.PaymentType.CARD)
    check.set_cashier("Кассир")
    position = sdk.Position(
        name="Подписка", price=99.99, quantity=2, total=199.98, vat=sdk.VatRate.RATE_22,
        measure=sdk.MeasureTypes.PIECE, payment_method=sdk.PaymentMethod.FULL_PAYMENT,
        payment_object=sdk.PaymentObject.SERVICE,
    )  # fmt: skip
    check.add_position(position)
    check.add_cashless_payment(199.98, 1, "rrn 1")
    return check


def correction_v2(sdk, oid: str):
    check = sdk.CorrectionCheck(oid, sdk.Intent.SELL_CORRECTION)
    check.set_company("https://romashka.example", sdk.TaxSystem.COMMON)
    check.set_correction_info(sdk.CorrectionType.SELF, "20.01.2026", "")
    check.set_authorised_person("Кассир")
    check.add_payment(100, sdk.PaymentType.CARD)
    check.add_position(
        sdk.Position(name="Чай", price=100, quantity=1, total=100, vat="22", measure=0, payment_method="full_payment",
                     payment_object="product")
    )  # fmt: skip
    return check


def check_v1(sdk, oid: str, intent: str):
    check = sdk.Check(oid, "buyer@example.ru", intent, sdk.TaxSystem.COMMON)
    check.add_payment(199.98)
    check.add_position("Подписка", 99.99, 2, vat=sdk.VatRate.RATE_22, measure_name="шт")
    return check


def correction_v1(sdk, oid: str):
    check = sdk.CorrectionCheck(oid, sdk.Intent.SELL_CORRECTION, sdk.TaxSystem.COMMON)
    check.set_correction_data(sdk.CorrectionType.FORCED, "2026-01-20", "5-П", "по предписанию")
    check.set_authorised_person("Кассир")
    check.add_payment(100)
    check.add_position("Чай", 100, vat=22)
    return check


def trade(name: str, check, correction) -> dict:
    """What the version `name` of the SDK is told."""
    sdk = importlib.import_module(f"komtet_kassa_sdk.{name}")
    client = sdk.Client(given["shop_id"], given["secret"]).set_host(given["base"]).set_default_queue(given["queue_id"])
    order = str(uuid.uuid4())

    def done(task_id: str) -> dict:
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            info = client.get_task_info(task_id)._asdict()
            if info["state"] != "new" or time.monotonic() > deadline:
                return info
            time.sleep(0.3)

    sale = client.create_task(check(sdk, order, sdk.Intent.SELL))
    again = client.create_task(check(sdk, order, sdk.Intent.SELL))
    refund = client.create_task(check(sdk, order, sdk.Intent.RETURN))
    corrected = client.create_task(correction(sdk, str(uuid.uuid4())))
    many = client.create_tasks([check(sdk, str(uuid.uuid4()), sdk.Intent.SELL) for _ in range(3)])
    empty = check(sdk, str(uuid.uuid4()), sdk.Intent.SELL)
    empty["positions"].clear()
    stranger = sdk.Client(given["shop_id"], "wrong").set_host(given["base"]).set_default_queue(given["queue_id"])
    return {
        "active": client.is_queue_active(),
        "sale": sale.id,
        "again": again.id,
        "done": [done(task.id) for task in (sale, refund, corrected, *many)],
        "invalid": refused(client.create_task, empty),
        "unknown": refused(client.get_task_info, str(uuid.uuid4())),
        "orders": refused(client.get_orders),
        "stranger": refused(stranger.is_queue_active),
    }


json.dump(
    {
        "version": version("komtet-kassa-sdk"),
        "v2": trade("v2", check_v2, correction_v2),
        "v1": trade("v1", check_v1, correction_v1),
    },
    sys.stdout,
)
