"""From OrangeData documents and corrections to the draft of a receipt."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from openkassa.api import contacts, corrections
from openkassa.api.addresses import web_address
from openkassa.api.amounts import check_paid
from openkassa.api.faults import Faults
from openkassa.api.mapped import Mapped
from openkassa.api.orangedata import lines, wire, words
from openkassa.api.reader import FIRST_DAY, Reader
from openkassa.fiscal.draft import (
    Buyer,
    Cashless,
    Correction,
    Item,
    OperatingProps,
    Payments,
    ReceiptDraft,
    Supplier,
)
from openkassa.fiscal.ffd.tags import FFD_1_2
from openkassa.fiscal.text import printable
from openkassa.kassa.receipts.channels import ChannelContext

ID_LIMIT = 64
CONTACT_LIMIT = 64
LISTS_LIMIT = 16
AMOUNT_LIMIT = 99_999_999_999
NO_CONTACT = "none"  # how shops say that the buyer gave none
CORRECTION_KIND = 13  # tag 1212 of the only line of a correction that doesn't say what was sold
CORRECTION_NAMES = {1: "Коррекция прихода", 3: "Коррекция расхода"}
FULL_PAYMENT = 4  # tag 1214
_INN = re.compile(r"[0-9]{10}([0-9]{2})?")


def map_document(document: wire.Document, channel: ChannelContext) -> Mapped:
    """A receipt. Raises `Invalid` with all faults."""
    faults = Faults()
    content, read = _content(document, channel, faults)
    ffd = channel.profile.ffd
    taxes = _taxes(content, read)
    given = lines.items(content.positions, taxes, ffd, faults)
    close = content.checkclose or wire.CheckClose()
    if content.checkclose is None:
        faults.error("content.checkClose", "обязательное поле не заполнено")
    payments = _payments(close.payments, given, read.inner("checkClose"))
    operation = read.word(content.type, words.TYPES, "type")
    fields = _fields(content, close, channel, read)
    faults.check()
    check_paid(payments.total, sum(item.amount for item in given), "content.checkClose.payments", faults)
    faults.check()
    draft = ReceiptDraft(operation=operation, items=given, payments=payments, total=payments.total, **fields)
    return _mapped(document, draft, content, faults)


def map_correction12(document: wire.Document, channel: ChannelContext, day: dt.date) -> Mapped:
    """A correction with lines, of `day` (till-local). Raises `Invalid` with all faults."""
    faults = Faults()
    content, read = _content(document, channel, faults)
    base = _base(content, day, read)
    faults.check()
    mapped = map_document(document, channel)
    draft = corrections.in_format(replace(mapped.draft, correction=base), channel.profile.ffd)
    return _mapped(document, draft, content, faults, mapped.warnings)


def map_correction(document: wire.Document, channel: ChannelContext, day: dt.date) -> Mapped:
    """A correction without lines. On FFD 1.2 it becomes one line, which needs that there is one rate."""
    faults = Faults()
    content, read = _content(document, channel, faults)
    operation = read.word(content.type, {1: 1, 3: 3}, "type")
    taxes = _taxes(content, read)
    payments = Payments(
        **{
            field: read.money(value, name, AMOUNT_LIMIT)
            for name, field in words.SUMS.items()
            if (value := getattr(content, name.lower())) not in (None, "")
        }
    )
    total = read.money(content.totalsum, "totalSum", AMOUNT_LIMIT)
    sums = _tax_sums(content, taxes, read)
    if not sums:
        faults.error("content.tax1Sum", "укажите сумму налога хотя бы по одной ставке")
    one_line = channel.profile.ffd == FFD_1_2
    if one_line and len(sums) > 1:
        faults.error("content", "в ФФД 1.2 коррекция без позиций возможна только с одной ставкой НДС")
    fields = _fields(content, wire.CheckClose(taxationsystem=content.taxationsystem), channel, read, "taxationSystem")
    fields["correction"] = _base(content, day, read)
    faults.check()
    check_paid(payments.total, total, "content.totalSum", faults)
    faults.check()
    given: tuple[Item, ...] = ()
    if one_line:
        given = (_correction_line(operation, payments.total, next(iter(sums))),)
    draft = ReceiptDraft(
        operation=operation, items=given, payments=payments, total=payments.total,
        correction_vat=() if one_line else tuple(sums.items()), **fields,
    )  # fmt: skip
    return _mapped(document, draft, content, faults)


def _correction_line(operation: int, total: int, rate: int) -> Item:
    return Item(
        name=CORRECTION_NAMES[operation], price=total, quantity=Decimal(1), amount=total, vat=rate,
        method=FULL_PAYMENT, kind=CORRECTION_KIND,
    )  # fmt: skip


def _content(document: wire.Document, channel: ChannelContext, faults: Faults) -> tuple[wire.Content, Reader]:
    """What the document is of, once what stands around it is checked."""
    top = Reader("", faults)
    top.text(document.id, "id", ID_LIMIT, required=True)
    inn = top.text(document.inn, "inn", 12, required=True)
    if inn is not None and inn != channel.inn:
        faults.error("inn", f"ИНН {inn} не совпадает с ИНН ключа {channel.inn}")
    group = top.text(document.group, "group", 100)
    if group is not None and group != channel.code:
        faults.error("group", f"группы «{group}» у ключа нет, его группа «{channel.code}»")
    if document.content is None:
        faults.error("content", "обязательное поле не заполнено")
        faults.check()
    content = document.content or wire.Content()
    read = Reader("content", faults)
    read.word(content.ffdversion, words.FFD, "ffdVersion", 2)
    return content, read


def _taxes(content: wire.Content, read: Reader) -> Mapping[int, int]:
    return words.TAXES_20 if read.flag(content.usetax20, "useTax20") else words.TAXES


def _payments(given: list[wire.Payment] | None, items: tuple[Item, ...], read: Reader) -> Payments:
    """What the buyer gave; cash beyond the sum of the lines is change and was given back."""
    if not given:
        read.faults.error(read.field("payments"), "нужна хотя бы одна оплата")
        return Payments()
    if len(given) > LISTS_LIMIT:
        text = f"оплат {len(given)}, допускается не больше {LISTS_LIMIT}"
        read.faults.error(read.field("payments"), text)
        return Payments()
    sums: Counter[str] = Counter()
    for index, one in enumerate(given):
        inner = read.inner(f"payments[{index}]")
        amount = inner.money(one.amount, "amount", AMOUNT_LIMIT)
        code = inner.word(one.type, words.PAYMENT_CODES, "type")
        if code:
            sums[words.PAYMENTS[code]] += amount
    change = sum(sums.values()) - sum(item.amount for item in items)
    if 0 < change <= sums["cash"]:
        sums["cash"] -= change
    return Payments(**sums)


def _tax_sums(content: wire.Content, taxes: Mapping[int, int], read: Reader) -> dict[int, int]:
    """VAT of a correction without lines: kopecks by code of tag 1199."""
    return {
        taxes[number]: read.money(value, f"tax{number}Sum", AMOUNT_LIMIT)
        for number in range(1, 11)
        if (value := getattr(content, f"tax{number}sum")) not in (None, "") and number in taxes
    }


def _fields(
    content: wire.Content,
    close: wire.CheckClose,
    channel: ChannelContext,
    read: Reader,
    name: str = "checkClose.taxationSystem",
) -> dict[str, Any]:
    """Everything of the draft but what was sold and how it was paid."""
    internet = read.flag(content.isinternetstore, "isInternetStore")
    supplier = lines.phones(content.supplierphonenumbers, "supplierPhoneNumbers", read)
    fields: dict[str, Any] = {
        "taxation": _taxation(close.taxationsystem, name, channel, read),
        "buyer": _buyer(content, read),
        "agent_type": lines.agent_bits(content.agenttype, read),
        "agent": lines.agent(content, read),
        "supplier": Supplier(phones=supplier) if supplier else None,
        "machine_number": read.line(content.automatnumber, "automatNumber", 20),
        "address": read.line(content.settlementaddress, "settlementAddress", 243),
        "place": read.line(content.settlementplace, "settlementPlace", 243),
        "extra": read.line(content.additionalattribute, "additionalAttribute", 16),
        "cashier": read.line(content.cashier, "cashier", 64),
        "cashier_inn": read.text(content.cashierinn, "cashierINN", 12),
        "seller_email": read.line(content.senderemail, "senderEmail", 64),
        "industry": lines.industry(content.industryattribute, read.inner("industryAttribute")),
        "internet": channel.profile.internet_only if internet is None else internet,
        "time_zone": read.whole(content.timezone, "timeZone", 1, 11),
        "cashless": _cashless(close.electronicpaymentsinfo, read.inner("checkClose.electronicPaymentsInfo")),
    }
    user = content.additionaluserattribute
    if user is not None and user != wire.UserAttribute():
        inner = read.inner("additionalUserAttribute")
        text = inner.line(user.name, "name", 64, required=True)
        fields["user_extra"] = (text or "", inner.line(user.value, "value", 234, required=True) or "")
    operational = content.operationalattribute
    if operational is not None and operational != wire.Operational():
        fields["operating"] = _operating(operational, read.inner("operationalAttribute"))
    return fields


def _taxation(given: object, name: str, channel: ChannelContext, read: Reader) -> int:
    """Tag 1055."""
    code = read.word(given, words.TAXATION, name)
    if code and not code & channel.profile.taxation:
        read.faults.error(read.field(name), f"кассы группы не зарегистрированы с системой {given}")
    return code


def _buyer(content: wire.Content, read: Reader) -> Buyer | None:
    contact = read.text(content.customercontact, "customerContact", CONTACT_LIMIT)
    info, inner = content.customerinfo or wire.CustomerInfo(), read.inner("customerInfo")
    inn = read.text(content.customerinn, "customerINN", 12) or inner.text(info.inn, "inn", 12)
    if inn is not None and not _INN.fullmatch(inn):
        read.faults.error(read.field("customerINN"), "ИНН состоит из 10 или 12 цифр")
    birthday = inner.day(info.birthdate, "birthDate")
    number = contacts.phone(contact) if contact else None
    citizenship = inner.whole(info.citizenship, "citizenship", 1, 999)
    document = inner.whole(info.identitydocumentcode, "identityDocumentCode", 1, 99)
    party = Buyer(
        contact=printable(number or contact)[:CONTACT_LIMIT] if contact else None,
        name=read.line(content.customer, "customer", 243) or inner.line(info.name, "name", 239),
        inn=inn,
        birthdate=f"{birthday:%d.%m.%Y}" if birthday else None,
        citizenship=f"{citizenship:03}" if citizenship is not None else None,
        document_code=f"{document:02}" if document is not None else None,
        document_data=inner.line(info.identitydocumentdata, "identityDocumentData", 64),
        address=inner.line(info.address, "address", 256),
    )
    return party if party != Buyer() else None


def _operating(given: wire.Operational, read: Reader) -> OperatingProps:
    """Tag 1270."""
    return OperatingProps(
        operation_id=read.whole(given.id, "id", 0, 255) or 0,
        data=read.line(given.value, "value", 64, required=True) or "",
        at=read.till_seconds(given.date, "date"),
    )


def _cashless(given: wire.ElectronicInfo | None, read: Reader) -> tuple[Cashless, ...]:
    """Tag 1234."""
    payments = (given.payments if given is not None else None) or []
    if len(payments) > LISTS_LIMIT:
        text = f"оплат {len(payments)}, допускается не больше {LISTS_LIMIT}"
        read.faults.error(read.field("payments"), text)
        return ()
    found = []
    for index, one in enumerate(payments):
        inner = read.inner(f"payments[{index}]")
        found.append(
            Cashless(
                amount=inner.money(one.amount, "amount", AMOUNT_LIMIT),
                method=inner.whole(one.type, "type", 0, 255) or 0,
                ids=inner.line(one.id, "id", 256, required=True) or "",
                extra=inner.line(one.additionalinfo, "additionalInfo", 256),
            )
        )
    return tuple(found)


def _base(content: wire.Content, day: dt.date, read: Reader) -> Correction | None:
    """Tags 1173 and 1174."""
    by_order = bool(read.word(content.correctiontype, words.REASONS, "correctionType"))
    date = read.day(content.causedocumentdate, "causeDocumentDate", required=True)
    number = read.line(content.causedocumentnumber, "causeDocumentNumber", 32, required=by_order)
    if date is not None and not FIRST_DAY <= date <= day:
        text = "дата исправляемого расчёта не может быть позже сегодняшней или до 2000 года"
        read.faults.error(read.field("causeDocumentDate"), text)
    return Correction(by_order=by_order, date=date, number=number) if date is not None else None


def _mapped(
    document: wire.Document, draft: ReceiptDraft, content: wire.Content, faults: Faults, more: tuple[str, ...] = ()
) -> Mapped:
    top = Reader("", faults)
    text = top.text(document.callbackurl, "callbackUrl", 1024) or ""
    address = web_address(text)
    if text and not address:
        faults.warn("callbackUrl", "не адрес http длиной до 256 символов: результат туда не сообщается")
    if document.callbackapikey not in (None, ""):
        faults.warn("callbackApiKey", "не передаётся: неизвестно, в каком заголовке")
    contact = content.customercontact if isinstance(content.customercontact, str) else ""
    faults.check()
    return Mapped(
        draft=draft,
        external_id=str(document.id).strip(),
        callback_url=address,
        email=contact if contacts.is_email(contact) else "",
        phone=contacts.phone(contact) or "",
        warnings=tuple(faults.warnings) + more,
    )
