"""From CloudKassir's requests to the draft of a receipt or a correction, and what makes the request unique."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import uuid
from typing import Any

import msgspec

from openkassa.api import contacts, corrections
from openkassa.api.amounts import check_paid
from openkassa.api.cloudkassir import lines, wire, words
from openkassa.api.faults import Faults
from openkassa.api.mapped import Mapped
from openkassa.api.reader import FIRST_DAY, Reader
from openkassa.fiscal.draft import Buyer, Cashless, Correction, Item, OperatingProps, Payments, ReceiptDraft
from openkassa.fiscal.ffd.tags import FFD_1_05
from openkassa.fiscal.text import printable
from openkassa.kassa.receipts.channels import ChannelContext

ID_LIMIT = 100
CONTACT_LIMIT = 64
CASHLESS_LIMIT = 10
AMOUNT_LIMIT = 99_999_999_999
_INN = re.compile(r"[0-9]{10}([0-9]{2})?")
_encode = msgspec.msgpack.Encoder(decimal_format="string").encode


def map_receipt(request: wire.Request, request_id: str | None, channel: ChannelContext) -> Mapped:
    """`request_id`: the X-Request-ID. Raises `Invalid` with all faults."""
    faults = Faults()
    top, read = Reader("", faults), Reader("CustomerReceipt", faults)
    _check_inn(request.inn, "Inn", channel, top)
    operation = words.TYPES.get(request.type, 0) if isinstance(request.type, str) else 0
    if not operation:
        faults.error("Type", f"{str(request.type)[:32]!r} не из {', '.join(words.TYPES)}")
    invoice = top.text(request.invoiceid, "InvoiceId", ID_LIMIT)
    receipt = request.customerreceipt
    if receipt is None:
        faults.error("CustomerReceipt", "обязательное поле не заполнено")
        receipt = wire.CustomerReceipt()
    given = lines.items(receipt.items, "CustomerReceipt.Items", channel.profile.ffd, faults)
    payments = _payments(receipt.amounts, given, read)
    buyer, email, phone = _buyer(receipt, receipt.email, receipt.phone, read)
    if buyer is None or buyer.contact is None:
        faults.error("CustomerReceipt.Email", "укажите Email или Phone покупателя")
    internet = read.flag(receipt.isinternetpayment, "IsInternetPayment")
    fields: dict[str, Any] = {
        "taxation": _taxation(receipt.taxationsystem, channel, read),
        "bso": bool(read.flag(receipt.isbso, "IsBso")),
        "internet": channel.profile.internet_only if internet is None else internet,
        "time_zone": read.whole(receipt.timezonecode, "TimeZoneCode", 1, 11),
        "place": read.line(receipt.calculationplace, "CalculationPlace", 256),
        "agent_type": lines.agent_bits(receipt.agentsign, read),
        "industry": lines.industry(receipt.industryrequisitecollection, "IndustryRequisiteCollection", read),
        "cashless": _cashless(receipt.noncashpayments, read),
        **_common(receipt, read),
    }
    faults.check()
    check_paid(payments.total, sum(item.amount for item in given), "CustomerReceipt.Amounts", faults)
    faults.check()
    draft = ReceiptDraft(
        operation=operation, items=given, payments=payments, total=payments.total, buyer=buyer, **fields
    )
    return _mapped(draft, request.type, invoice, request_id, email, phone, faults)


def map_correction(
    request: wire.CorrectionRequest, request_id: str | None, channel: ChannelContext, day: dt.date
) -> Mapped:
    """A correction of `day` (till-local). Raises `Invalid` with all faults."""
    faults = Faults()
    read = Reader("CorrectionReceiptData", faults)
    data = request.correctionreceiptdata
    if data is None:
        faults.error(read.where, "обязательное поле не заполнено")
        data = wire.CorrectionData()
    _check_inn(data.organizationinn, "OrganizationInn", channel, read)
    operation = read.word(data.correctionreceipttype, words.CORRECTION_TYPES, "CorrectionReceiptType")
    ffd = channel.profile.ffd
    bare = not data.items and ffd == FFD_1_05  # before FFD 1.1 a correction may have no lines
    given = () if bare else lines.items(data.items, "CorrectionReceiptData.Items", ffd, faults)
    rate = lines.rate(data.vatrate, "VatRate", read)
    payments = _payments(data.amounts, given, read)
    buyer, email, phone = _buyer(data, data.customercontactaddress, None, read, "CustomerContactAddress")
    fields: dict[str, Any] = {
        "taxation": _taxation(data.taxationsystem, channel, read),
        "correction": _base(data, day, read),
        "place": read.line(data.paymentplace, "PaymentPlace", 256),
        "address": read.line(data.paymentaddress, "PaymentAddress", 256),
        "cashier_inn": read.text(data.cashierinn, "CashierInn", 12),
        "industry": lines.industry(data.industryrequisites, "IndustryRequisites", read),
        "internet": channel.profile.internet_only,
        **_common(data, read),
    }
    faults.check()
    if not bare:
        check_paid(payments.total, sum(item.amount for item in given), "CorrectionReceiptData.Amounts", faults)
        faults.check()
    sums = ((rate, payments.total),) if bare else ()
    draft = ReceiptDraft(
        operation=operation, items=given, payments=payments, total=payments.total, correction_vat=sums, buyer=buyer,
        **fields,
    )  # fmt: skip
    if not bare:
        draft = corrections.in_format(draft, ffd)
    return _mapped(draft, "Correction", None, request_id, email, phone, faults)


def external_key(kind: str, invoice: str | None, request_id: str | None, draft: ReceiptDraft) -> str:
    """What makes a request unique.

    X-Request-ID together with the type and InvoiceId: a client for Node makes the id of the receipt's content, which
    two orders may share. InvoiceId alone is not enough, since an order has a receipt of prepayment and one of the
    offset, so what is sold belongs to the key. A request that names neither is unique by itself.
    """
    if request_id:
        return _short(kind, invoice or "", request_id)
    if invoice:
        return _short(kind, invoice, hashlib.sha256(_encode(draft)).hexdigest())
    return _short(kind, str(uuid.uuid4()))


def _short(*parts: str) -> str:
    """The parts as one text of at most 200 characters."""
    text = ":".join(parts)
    return text if len(text) <= 200 else hashlib.sha256(text.encode()).hexdigest()


def _mapped(
    draft: ReceiptDraft, kind: str, invoice: str | None, request_id: str | None, email: str, phone: str, faults: Faults
) -> Mapped:
    request_id = faults.text(request_id, "", "X-Request-ID", ID_LIMIT)
    faults.check()
    if not request_id and not invoice:
        faults.warn("InvoiceId", "нет ни X-Request-ID, ни InvoiceId: повтор запроса будет вторым чеком")
    return Mapped(
        draft=draft,
        external_id=invoice or request_id or "",
        external_key=external_key(kind, invoice, request_id, draft),
        email=email,
        phone=phone,
        warnings=tuple(faults.warnings),
    )


def _check_inn(given: object, name: str, channel: ChannelContext, read: Reader) -> None:
    inn = read.text(given, name, 12, required=True)
    if inn is not None and inn != channel.inn:
        read.faults.error(read.field(name), f"ИНН {inn} не совпадает с ИНН канала {channel.inn}")


def _taxation(given: object, channel: ChannelContext, read: Reader) -> int:
    """Tag 1055. Without the field the only system of the pool; a pool with several needs it."""
    allowed = channel.profile.taxation
    if given is None or given == "":
        if allowed & (allowed - 1):
            text = "укажите систему налогообложения: у касс канала их несколько"
            read.faults.error(read.field("TaxationSystem"), text)
        return allowed
    code = read.word(given, words.TAXATION, "TaxationSystem")
    if code and not code & allowed:
        read.faults.error(read.field("TaxationSystem"), f"кассы канала не зарегистрированы с системой {given}")
    return code


def _payments(given: wire.Amounts | None, items: tuple[Item, ...], read: Reader) -> Payments:
    """Without amounts the whole sum was paid electronically."""
    inner = read.inner("Amounts")
    sums = {
        field: inner.money(value, words.AMOUNT_NAMES[name], AMOUNT_LIMIT)
        for name, field in words.AMOUNTS.items()
        if given is not None and (value := getattr(given, name)) not in (None, "")
    }
    return Payments(**sums) if sums else Payments(electronic=sum(item.amount for item in items))


def _buyer(
    given: wire.Customer, email_: object, phone_: object, read: Reader, name: str = "Email"
) -> tuple[Buyer | None, str, str]:
    """(buyer, e-mail for the copy, phone for the copy). With both contacts the e-mail counts."""
    email = read.text(email_, name, CONTACT_LIMIT)
    number = read.text(phone_, "Phone", CONTACT_LIMIT)
    if email is not None and not contacts.is_email(email) and contacts.phone(email):
        email, number = None, email
    inn = read.text(given.customerinn, "CustomerInn", 12)
    if inn is not None and not _INN.fullmatch(inn):
        read.faults.error(read.field("CustomerInn"), "ИНН состоит из 10 или 12 цифр")
    birthday = read.day(given.customerbirthday, "CustomerBirthday")
    phone = contacts.phone(number) if number else None
    contact = email or phone or number
    party = Buyer(
        contact=printable(contact)[:CONTACT_LIMIT] if contact else None,
        name=read.line(given.customerinfo, "CustomerInfo", 256),
        inn=inn,
        birthdate=f"{birthday:%d.%m.%Y}" if birthday else None,
        citizenship=read.text(given.customerstatecode, "CustomerStateCode", 3),
        document_code=read.text(given.customerdoctype, "CustomerDocType", 2),
        document_data=read.line(given.customerdoc, "CustomerDoc", 64),
        address=read.line(given.customerplace, "CustomerPlace", 256),
    )
    kept = party if party != Buyer() else None
    return kept, email if email and contacts.is_email(email) else "", phone or "" if email is None else ""


def _common(given: wire.Customer, read: Reader) -> dict[str, Any]:
    extra = given.additionalreceiptrequisite
    if isinstance(extra, list):
        extra = extra[0] if extra else None
    fields: dict[str, Any] = {
        "cashier": read.line(given.cashiername, "CashierName", 64),
        "extra": read.line(extra, "AdditionalReceiptRequisite", 16),
    }
    user = given.userrequisitedata
    if user is not None and user != wire.UserRequisite():
        inner = read.inner("UserRequisiteData")
        key = inner.line(user.requisitekey, "RequisiteKey", 64, required=True)
        fields["user_extra"] = (key or "", inner.line(user.requisitevalue, "RequisiteValue", 234, required=True) or "")
    operation = given.operationreceiptrequisite
    if operation is not None and operation != wire.Operation():
        fields["operating"] = _operating(operation, read.inner("OperationReceiptRequisite"))
    return fields


def _operating(given: wire.Operation, read: Reader) -> OperatingProps:
    """Tag 1270."""
    return OperatingProps(
        operation_id=read.whole(given.operationidentifier, "OperationIdentifier", 0, 255) or 0,
        data=read.line(given.operationdata, "OperationData", 64, required=True) or "",
        at=read.till_seconds(given.operationdate, "OperationDate"),
    )


def _cashless(given: list[wire.NonCash] | None, read: Reader) -> tuple[Cashless, ...]:
    """Tag 1234."""
    if len(given or ()) > CASHLESS_LIMIT:
        text = f"оплат {len(given or ())}, допускается не больше {CASHLESS_LIMIT}"
        read.faults.error(read.field("NonCashPayments"), text)
        return ()
    found = []
    for index, one in enumerate(given or ()):
        inner = read.inner(f"NonCashPayments[{index}]")
        found.append(
            Cashless(
                amount=inner.money(one.amount, "Amount", AMOUNT_LIMIT),
                method=inner.whole(one.paymentmethod, "PaymentMethod", 0, 255) or 0,
                ids=inner.line(one.paymentid, "PaymentId", 256, required=True) or "",
                extra=inner.line(one.additionalinfo, "AdditionalInfo", 256),
            )
        )
    return tuple(found)


def _base(data: wire.CorrectionData, day: dt.date, read: Reader) -> Correction | None:
    """Tags 1173 and 1174."""
    cause, inner = data.causecorrection or wire.Cause(), read.inner("CauseCorrection")
    by_order = bool(read.word(data.correctiontype, {0: 0, 1: 1}, "CorrectionType", 0))
    date = inner.day(cause.correctiondate, "CorrectionDate", required=True)
    number = inner.line(cause.correctionnumber, "CorrectionNumber", 32, required=by_order)
    if date is not None and not FIRST_DAY <= date <= day:
        text = "дата исправляемого расчёта не может быть позже сегодняшней или до 2000 года"
        read.faults.error(inner.field("CorrectionDate"), text)
    return Correction(by_order=by_order, date=date, number=number) if date is not None else None
