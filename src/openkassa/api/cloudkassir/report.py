"""A receipt as CloudKassir shows it, and its notification "Receipt"."""

from __future__ import annotations

import base64
import datetime as dt
import hmac
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from openkassa.api import numbers
from openkassa.api.addresses import receipt_address
from openkassa.api.cloudkassir import answers, words
from openkassa.core.outgoing import Outcome
from openkassa.fiscal.draft import Item, ReceiptDraft
from openkassa.kassa.receipts.callbacks import Message
from openkassa.kassa.receipts.channels import ChannelContext
from openkassa.kassa.receipts.selectors import DocumentFacts, ReceiptStatus

_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001  till-local time has no zone
OPERATOR: Final = "OpenKassa OFD"
FORM: Final = "application/x-www-form-urlencoded; charset=utf-8"
TAKEN: Final = 0  # the code that a shop answers with


def receipt(status: ReceiptStatus, draft: ReceiptDraft, channel: ChannelContext) -> dict[str, Any]:
    """Model of kkt/receipt/get. `draft` as `receipt_draft` gives it, its buyer as long as it is kept."""
    buyer = draft.buyer
    contact = buyer.contact if buyer is not None else None
    is_email = contact is not None and "@" in contact
    return {
        "Email": contact if is_email else None,
        "Phone": contact if not is_email else None,
        "Items": [_item(item) for item in draft.items],
        "TaxationSystem": _word(words.TAXATION, draft.taxation),
        "Amounts": {
            words.AMOUNT_NAMES[name]: numbers.roubles(getattr(draft.payments, field))
            for name, field in words.AMOUNTS.items()
        },
        "IsBso": draft.bso,
        "AdditionalData": {
            "Id": str(status.receipt_id),
            "Type": _word(words.TYPES, draft.operation),
            "InvoiceId": status.external_id or None,
            "Amount": numbers.roubles(status.total),
            "OrganizationInn": channel.inn,
            "CalculationPlace": draft.place or channel.profile.place,
            "SettlePlace": draft.address or channel.profile.address,
            "CashierName": draft.cashier,
            **_document(status),
        },
    }


def notification(status: ReceiptStatus, draft: ReceiptDraft, channel: ChannelContext, secret: bytes) -> Message:
    """The notification of a receipt that was made: a form, signed with the API secret."""
    document = status.document
    if document is None:
        raise ValueError("a notification tells of a document")
    shown = receipt(status, draft, channel)
    told = {
        "Id": str(status.receipt_id),
        "Type": shown["AdditionalData"]["Type"],
        "Inn": channel.inn,
        "Amount": str(numbers.roubles(status.total)),
        "InvoiceId": status.external_id,
        "DocumentNumber": document.fd,
        "SessionNumber": document.shift,
        "Number": document.number,
        "FiscalSign": document.fiscal_sign,
        "DeviceNumber": document.serial,
        "RegNumber": document.rnm,
        "FiscalNumber": document.fn,
        "Ofd": OPERATOR,
        "Url": receipt_address(document),
        "QrCodeUrl": receipt_address(document),
        "DateTime": _made(document),
        "CalculationPlace": shown["AdditionalData"]["CalculationPlace"],
        "SettlePlace": shown["AdditionalData"]["SettlePlace"],
        "Receipt": answers.encode(shown).decode(),
    }
    body = urlencode(told)
    headers = {
        "Content-Type": FORM,
        "Content-HMAC": signature(secret, body.encode()),
        "X-Content-HMAC": signature(secret, "&".join(f"{name}={value}" for name, value in told.items()).encode()),
    }
    return Message(url=status.callback_url, body=body.encode(), headers=headers, taken=is_taken)


def signature(secret: bytes, body: bytes) -> str:
    """Content-HMAC: base64 of HMAC-SHA256 of the body as it is sent."""
    return base64.b64encode(hmac.digest(secret, body, "sha256")).decode()


def is_taken(outcome: Outcome) -> bool:
    """Whether the shop answered {"code": 0}; any other answer is told again."""
    try:
        answer = msgspec.json.decode(outcome.body_start)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    code = answer.get("code") if isinstance(answer, dict) else None
    return outcome.ok and code == TAKEN and not isinstance(code, bool)


def _item(item: Item) -> dict[str, Any]:
    return {
        "Label": item.name,
        "Price": numbers.roubles(item.price),
        "Quantity": item.quantity,
        "Amount": numbers.roubles(item.amount),
        "Vat": _word(words.VAT, item.vat) if item.vat != words.NO_VAT else None,
        "Method": item.method,
        "Object": item.kind,
        "UnitCode": item.measure,
        "MeasurementUnit": item.unit,
        "AgentSign": item.agent_type.bit_length() - 1 if item.agent_type else None,
        "Excise": numbers.roubles(item.excise) if item.excise is not None else None,
        "CountryOriginCode": item.country,
        "CustomsDeclarationNumber": item.declaration,
        "AdditionalPositionInfo": item.extra,
        "RawMarkCode": item.mark.code if item.mark is not None else None,
    }


def _document(status: ReceiptStatus) -> dict[str, Any]:
    document = status.document
    if document is None or not status.is_fiscalised:
        return {}
    return {
        "DateTime": _made(document),
        "DeviceNumber": document.serial,
        "RegNumber": document.rnm,
        "FiscalNumber": document.fn,
        "DocumentNumber": str(document.fd),
        "SessionNumber": str(document.shift),
        "SessionCheckNumber": str(document.number),
        "FiscalSign": str(document.fiscal_sign),
        "Ofd": OPERATOR,
        "OfdReceiptUrl": receipt_address(document),
        "QrCodeUrl": receipt_address(document),
    }


def _made(document: DocumentFacts) -> str:
    """The register's local time."""
    return (_EPOCH + dt.timedelta(seconds=document.local_time)).isoformat()


def _word(table: Mapping[Any, int], code: int) -> Any:
    return next((word for word, known in table.items() if known == code), code)
