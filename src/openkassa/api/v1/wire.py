"""Requests and answers of v1. These shapes are also the schemas of the OpenAPI document.

Amounts are integer kopecks, quantities decimals in strings, dates ISO 8601. Unknown fields are refused: a misspelt
field would otherwise be a receipt without it.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated

import msgspec
from msgspec import Meta

from openkassa.api.body import decoder
from openkassa.api.v1 import words

KOPECKS_LIMIT = 2**48 - 1
ITEMS_LIMIT = 100
BATCH_LIMIT = 100

Kopecks = Annotated[int, Meta(ge=0, le=KOPECKS_LIMIT, description="Kopecks.")]
Quantity = Annotated[
    str,
    Meta(pattern=r"^[0-9]{1,8}(\.[0-9]{1,6})?$", description="Decimal number, at most six digits after the point."),
]
ExternalId = Annotated[
    str, Meta(min_length=1, max_length=128, description="Your id of the receipt, unique within the channel.")
]
Inn = Annotated[str, Meta(pattern=r"^([0-9]{10}|[0-9]{12})$")]
Text16 = Annotated[str, Meta(max_length=16)]
Text24 = Annotated[str, Meta(max_length=24)]
Text32 = Annotated[str, Meta(max_length=32)]
Text64 = Annotated[str, Meta(max_length=64)]
Text128 = Annotated[str, Meta(min_length=1, max_length=128)]
Text256 = Annotated[str, Meta(max_length=256)]
Digits3 = Annotated[str, Meta(pattern=r"^[0-9]{3}$")]
Phones = Annotated[list[Text32], Meta(max_length=10)]


class Strict(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    pass


class Agent(Strict):
    """Agent who sells for somebody else."""

    type: words.AgentType
    operation: Text24 | None = None
    phones: Phones | None = None
    receiver_phones: Phones | None = None
    transfer_phones: Phones | None = None
    transfer_name: Text64 | None = None
    transfer_address: Text256 | None = None
    transfer_inn: Inn | None = None


class Supplier(Strict):
    """On whose behalf an agent sells."""

    name: Text256 | None = None
    inn: Inn | None = None
    phones: Phones | None = None


class IndustryProps(Strict):
    """Sectoral requisite."""

    authority: Digits3
    date: dt.date
    number: Text32
    value: Text256


class OperatingProps(Strict):
    """Operating requisite of the receipt."""

    operation_id: Annotated[int, Meta(ge=0, le=255)]
    data: Text64
    at: dt.datetime


class CashlessPayment(Strict):
    """One cashless payment, as receipts name it since September 2025."""

    amount: Kopecks
    method: Annotated[int, Meta(ge=0, le=255)]
    ids: Text256
    extra: Text256 | None = None


class Mark(Strict):
    """Marking code of an item, one for each piece."""

    code: Annotated[
        str, Meta(min_length=1, max_length=400, description="As scanned; the separator as \\u001d, or parentheses.")
    ]
    kind: Annotated[words.MarkKind, Meta(description="By the look of the code when absent.")] | None = None
    base64: Annotated[bool, Meta(description="`code` is base64 of the code.")] = False
    planned_status: Annotated[int, Meta(ge=0, le=255, description="Follows from the operation when absent.")] | None = (
        None
    )
    numerator: Annotated[int, Meta(ge=1, description="Part of a package.")] | None = None
    denominator: Annotated[int, Meta(ge=2)] | None = None
    processing_mode: Annotated[int, Meta(ge=0, le=255)] = 0


class Item(Strict):
    name: Text128
    price: Annotated[int, Meta(ge=0, le=KOPECKS_LIMIT, description="Kopecks for one unit.")]
    vat: words.Vat
    quantity: Quantity = "1"
    amount: Annotated[
        int | None, Meta(description="Kopecks; price × quantity when absent. It has to equal that product.")
    ] = None
    method: words.Method = "full_payment"
    object: words.Object = "commodity"
    unit: words.Unit | None = None
    unit_name: (
        Annotated[str, Meta(min_length=1, max_length=16, description="Unit in words, for formats before 1.2.")] | None
    ) = None
    product_code: (
        Annotated[str, Meta(pattern=r"^([0-9A-Fa-f]{2}){1,32}$", description="Hexadecimal, for formats before 1.2.")]
        | None
    ) = None
    excise: Kopecks | None = None
    country: Digits3 | None = None
    declaration: Text32 | None = None
    extra: Text64 | None = None
    agent: Agent | None = None
    supplier: Supplier | None = None
    industry: Annotated[list[IndustryProps], Meta(max_length=10)] | None = None
    mark: Mark | None = None
    wholesale: bool = False


class Payments(Strict):
    """How the total was paid; the sums make the total."""

    cash: Kopecks = 0
    electronic: Kopecks = 0
    prepaid: Kopecks = 0
    credit: Kopecks = 0
    other: Kopecks = 0


class Buyer(Strict):
    """With both contacts the e-mail goes into the receipt."""

    email: Annotated[str, Meta(max_length=64)] | None = None
    phone: Text32 | None = None
    name: Text256 | None = None
    inn: Inn | None = None
    birthdate: dt.date | None = None
    citizenship: Digits3 | None = None
    document_code: Annotated[str, Meta(pattern=r"^[0-9]{2}$")] | None = None
    document_data: Text64 | None = None
    address: Text256 | None = None


class Cashier(Strict):
    name: Text64
    inn: Annotated[str, Meta(pattern=r"^[0-9]{12}$")] | None = None


class Correction(Strict):
    """Makes the receipt a correction of an earlier settlement; `number` is that of the order."""

    date: dt.date
    by_order: bool = False
    number: Text32 | None = None


class NamedValue(Strict):
    name: Annotated[str, Meta(min_length=1, max_length=64)]
    value: Annotated[str, Meta(min_length=1, max_length=256)]


class VatSum(Strict):
    """VAT of a correction without items."""

    vat: words.Vat
    amount: Kopecks


class Receipt(Strict):
    external_id: ExternalId
    operation: words.Operation
    payments: Payments
    items: Annotated[
        list[Item], Meta(max_length=ITEMS_LIMIT, description="Only a correction on FFD 1.05 may be without.")
    ] = []
    taxation: words.Taxation | None = None
    total: Kopecks | None = None
    discount: Annotated[
        int, Meta(ge=0, le=KOPECKS_LIMIT, description="Kopecks, spread over the items by their amounts.")
    ] = 0
    buyer: Buyer | None = None
    cashier: Cashier | None = None
    agent: Annotated[Agent, Meta(description="Of the whole receipt; an item's own comes first.")] | None = None
    supplier: Annotated[Supplier, Meta(description="Of the whole receipt; an item's own comes first.")] | None = None
    correction: Correction | None = None
    correction_vat: (
        Annotated[list[VatSum], Meta(max_length=12, description="VAT of a correction without items.")] | None
    ) = None
    refers_to: Annotated[uuid.UUID, Meta(description="Id of the receipt that this one refunds or corrects.")] | None = (
        None
    )
    strict_reporting_form: bool = False
    internet: bool = False
    place: Text256 | None = None
    address: Text256 | None = None
    seller_email: Annotated[str, Meta(max_length=64)] | None = None
    machine_number: Annotated[str, Meta(max_length=20)] | None = None
    time_zone: Annotated[int, Meta(ge=1, le=11)] | None = None
    extra: Text16 | None = None
    user_extra: NamedValue | None = None
    industry: Annotated[list[IndustryProps], Meta(max_length=10)] | None = None
    operating: OperatingProps | None = None
    cashless: Annotated[list[CashlessPayment], Meta(max_length=10)] | None = None
    callback_url: Annotated[str, Meta(max_length=256)] | None = None
    language: Annotated[str, Meta(pattern=r"^(ru|ky|en)$")] = "ru"


class Batch(Strict):
    receipts: Annotated[list[msgspec.Raw], Meta(min_length=1, max_length=BATCH_LIMIT)]


class RefundLine(Strict):
    line: Annotated[int, Meta(ge=0, description="Index of the item in the receipt that is refunded, from 0.")]
    quantity: Annotated[Quantity, Meta(description="The rest of the line when absent.")] | None = None


class Refund(Strict):
    external_id: ExternalId
    items: (
        Annotated[
            list[RefundLine], Meta(min_length=1, max_length=ITEMS_LIMIT, description="Everything left when absent.")
        ]
        | None
    ) = None
    payments: Payments | None = None
    buyer: Buyer | None = None
    cashier: Cashier | None = None
    callback_url: Annotated[str, Meta(max_length=256)] | None = None
    language: Annotated[str, Meta(pattern=r"^(ru|ky|en)$")] = "ru"


class Withdrawal(Strict):
    reason: Annotated[str, Meta(max_length=300)] = ""


# -- answers -----------------------------------------------------------------------------------------------


class ReceiptWarning(msgspec.Struct, kw_only=True, omit_defaults=True):
    detail: str
    field: str | None = None


class Document(msgspec.Struct, kw_only=True):
    """The fiscal document that the receipt became."""

    fn: str
    fd: int
    fiscal_sign: int
    shift: int
    number: int
    at: Annotated[str, Meta(description="Time of the document at the place of settlement, without zone.")]
    registration_number: str
    serial: str
    qr: Annotated[str, Meta(description="Text of the QR code.")]
    url: Annotated[str, Meta(description="The receipt at the operator.")]


class Failure(msgspec.Struct, kw_only=True):
    code: str
    detail: str


class MarkResult(msgspec.Struct, kw_only=True):
    """What became of the marking code of a line."""

    line: int
    code: str
    result: Annotated[int | None, Meta(description="Tag 2106, 15 when all is well; null before the document.")]
    sign: Annotated[str | None, Meta(description="As it is printed: [М+], [М-] or [М].")]
    control: Annotated[str, Meta(description="Tag 2115, printed beside the line.")]


class ReceiptAnswer(msgspec.Struct, kw_only=True):
    id: uuid.UUID
    external_id: str
    state: words.State
    operation: words.Operation
    form: Annotated[int, Meta(description="Form of the fiscal document: 3, 31, 4 or 41.")]
    total: int
    taxation: words.Taxation | None
    accepted_at: dt.datetime
    changed_at: dt.datetime
    refers_to: uuid.UUID | None
    warnings: list[ReceiptWarning]
    document: Document | None
    acknowledgement: Annotated[int | None, Meta(description="Operator's code: 0 good, 11 or 14 with a fault.")]
    error: Failure | None
    marks_result: list[MarkResult] = []


class Page(msgspec.Struct, kw_only=True):
    receipts: list[ReceiptAnswer]
    next: Annotated[uuid.UUID | None, Meta(description="Give it as `after` to get the next page; null at the end.")]


class FieldProblem(msgspec.Struct, kw_only=True, omit_defaults=True):
    code: str
    detail: str
    what_to_do: str
    field: str | None = None


class Problem(msgspec.Struct, kw_only=True, omit_defaults=True):
    """RFC 9457. `code` is stable; `errors` has every fault when there are several."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    what_to_do: str
    field: str | None = None
    receipt_id: Annotated[uuid.UUID, Meta(description="The first receipt, of a conflict.")] | None = None
    errors: list[FieldProblem] | None = None


class BatchResult(msgspec.Struct, kw_only=True, omit_defaults=True):
    status: Annotated[int, Meta(description="What a request of its own would have answered with.")]
    receipt: ReceiptAnswer | None = None
    problem: Problem | None = None


class BatchAnswer(msgspec.Struct, kw_only=True):
    results: list[BatchResult]


receipt = decoder(Receipt)
batch = decoder(Batch)
refund = decoder(Refund)
withdrawal = decoder(Withdrawal)
