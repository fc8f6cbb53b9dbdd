"""Run by the clients' own interpreter: a shop with django-atol sells, repeats, asks and refunds.

Settings come as JSON on standard input; what happened goes as JSON to standard output.
"""

from __future__ import annotations

import json
import sys
import time
import uuid
from datetime import UTC, datetime

given = json.load(sys.stdin)

import django  # noqa: E402  the settings come first
from django.conf import settings  # noqa: E402

settings.configure(
    INSTALLED_APPS=["atol"],
    CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    USE_TZ=True,
    RECEIPTS_ATOL_BASE_URL=given["v4"],
    RECEIPTS_ATOL_LOGIN=given["login"],
    RECEIPTS_ATOL_PASSWORD=given["password"],
    RECEIPTS_ATOL_GROUP_CODE=given["group"],
    RECEIPTS_ATOL_INN=given["inn"],
    RECEIPTS_ATOL_PAYMENT_ADDRESS=given["payment_address"],
    RECEIPTS_ATOL_COMPANY_EMAIL="shop@example.ru",
    RECEIPTS_ATOL_TAX_SYSTEM="osn",
    RECEIPTS_ATOL_TAX_NAME="vat22",
    RECEIPTS_ATOL_PAYMENT_METHOD="full_payment",
    RECEIPTS_ATOL_PAYMENT_OBJECT="service",
    RECEIPTS_ATOL_CALLBACK_URL=None,
)
django.setup()

from atol.core import AtolAPI  # noqa: E402
from atol.exceptions import AtolAuthTokenException, AtolRecoverableError, AtolUnrecoverableError  # noqa: E402
from atol.models import Receipt  # noqa: E402
from django.core.cache import cache  # noqa: E402

WAIT_SECONDS = 60
api = AtolAPI()


def raised(call, *arguments, **named) -> str:
    """Name of the exception that a call ends with."""
    try:
        call(*arguments, **named)
    except Exception as error:
        return type(error).__name__
    return "nothing"


def done(receipt_uuid: str) -> dict:
    """The report, asked for as django-atol does until it is no longer code 34."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            return api.report(receipt_uuid).data
        except AtolRecoverableError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)


def sale(**changes) -> dict:
    return {
        "timestamp": datetime.now(UTC).isoformat(),
        "transaction_uuid": str(uuid.uuid4()),
        "purchase_name": "Подписка на месяц",
        "purchase_price": "1598.50",
        "user_email": "buyer@example.ru",
    } | changes


params = sale()
first = api.sell(**params)
repeat = api.sell(**params)
report = done(first.uuid)

receipt = Receipt(content=report, purchase_name=params["purchase_name"], created_at=datetime.now(UTC))
refund = api.sell_refund(**receipt.get_cancel_receipt_params())
refund_report = done(refund.uuid)

cache.set("atol_auth_token:" + settings.RECEIPTS_ATOL_LOGIN, "0" * 88)
renewed = api.sell(**sale(user_email=None, user_phone="+79991112233"))

too_long = raised(api.sell, **sale(purchase_name="x" * 129))
unknown = raised(api.report, str(uuid.uuid4()))
settings.RECEIPTS_ATOL_PASSWORD = "wrong"
wrong_password = raised(api._obtain_new_token)

json.dump(
    {
        "first": first.uuid,
        "repeat": repeat.uuid,
        "repeat_code": repeat.data["error"]["code"],
        "report": report,
        "refund_report": refund_report,
        "renewed": renewed.uuid,
        "too_long": too_long == AtolRecoverableError.__name__,
        "unknown": unknown == AtolUnrecoverableError.__name__,
        "wrong_password": wrong_password == AtolAuthTokenException.__name__,
    },
    sys.stdout,
)
