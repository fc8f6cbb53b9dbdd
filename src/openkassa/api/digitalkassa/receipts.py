"""From digitalkassa requests to the draft of a receipt or a correction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from openkassa.api import contacts, shapes
from openkassa.api.addresses import web_address
from openkassa.api.amounts import check_paid, unquoted
from openkassa.api.corrections import in_format
from openkassa.api.dates import DATE, DATE_WORDS, moment
from openkassa.api.digitalkassa import lines, wire, words
from openkassa.api.faults import Faults, Invalid
from openkassa.api.mapped import Mapped
from openkassa.api.props import user_extra
from openkassa.fiscal.draft import Buyer, Cashless, Correction, Payments, ReceiptDraft
from openkassa.fiscal.text import printable
from openkassa.kassa.receipts.channels import ChannelContext

ID_LIMIT = 128
EMAIL_LIMIT = 64
CASHLESS_LIMIT = 10
AMOUNT_LIMIT = 99_999_999_999  # kopecks
FIRST_DAY = dt.date(2000, 1, 1)

# Fields of the draft as the request calls them.
NAMES: Mapping[str, str] = {
    "kind": "type", "method": "payment_method", "measure": "unit", "mark": "marking", "extra": "additional_props",
    "declaration": "declaration_number", "country": "country_code", "product_code": "marking.code",
    "supplier": "agent.supplier", "agent_type": "agent.type", "inn": "tin", "payments": "amount", "place":
    "loc.billing_place", "machine_number": "loc.device_number", "time_zone": "timezone", "internet": "is_internet",
    "cashless": "cashless_payments", "buyer.contact": "notify", "buyer": "customer", "correction": "corrected_date",
    "cashier_inn": "cashier.tin", "user_extra": "additional_attribute", "operation": "type", "items": "items",
}  # fmt: skip


def map_receipt(
    receipt: wire.Receipt, receipt_id: str, correction: bool, channel: ChannelContext, day: dt.date
) -> Mapped:
    """A sale, refund or correction of `day` (till-local). Raises `Invalid` with all faults."""
    faults = Faults()
    if not is_receipt_id(receipt_id):
        raise Invalid([("receipt_id", f"от 1 до {ID_LIMIT} видимых символов без косой черты")])
    ffd = channel.profile.ffd
    operation = lines.number(receipt.type, "", "type", tuple(words.OPERATIONS), faults)
    taxation = _taxation(receipt.taxation, channel, faults)
    base = _base(receipt, day, faults) if correction else None
    buyer, email, phone = _buyer(receipt, faults, required=not correction)
    items = lines.items(receipt.items, ffd, faults)
    payments = _payments(receipt.amount, faults)
    fields = _place(receipt.loc, faults) | _extras(receipt, channel, faults)
    callback_url = _callback_url(receipt.service, faults)
    faults.check()
    check_paid(payments.total, sum(item.amount for item in items), "amount", faults)
    faults.check()
    draft = ReceiptDraft(
        operation=words.OPERATIONS[operation],
        taxation=taxation,
        items=items,
        payments=payments,
        total=payments.total,
        correction=base,
        buyer=buyer,
        **fields,
    )
    return Mapped(
        draft=in_format(draft, ffd),
        external_id=receipt_id,
        external_key=key_of(receipt_id, correction),
        callback_url=callback_url,
        email=email,
        phone=phone,
        warnings=tuple(faults.warnings),
        names=NAMES,
    )


def is_receipt_id(text: str) -> bool:
    return 0 < len(text) <= ID_LIMIT and text.isprintable() and "/" not in text and text == text.strip()


def key_of(receipt_id: str, correction: bool) -> str:
    """Corrections have an address of their own, so a sale may have the same id; no id has a slash."""
    return f"correction/{receipt_id}" if correction else receipt_id


def _taxation(given: object, channel: ChannelContext, faults: Faults) -> int:
    """Tag 1055."""
    code = lines.number(given, "", "taxation", words.TAXATION, faults)
    if code and not code & channel.profile.taxation:
        faults.error("taxation", f"кассы группы не зарегистрированы с системой {code}")
    return code


def _base(receipt: wire.Receipt, day: dt.date, faults: Faults) -> Correction | None:
    """Tags 1173 and 1174: a number of the order says that there was one."""
    text = faults.text(receipt.corrected_date, "", "corrected_date", 10, required=True)
    at = moment(text, DATE) if text else None
    if text and at is None:
        faults.error("corrected_date", DATE_WORDS)
    elif at and not FIRST_DAY <= at.date() <= day:
        faults.error("corrected_date", "дата исправляемого расчёта не может быть позже сегодняшней или до 2000 года")
    number = faults.line(receipt.order_number, "", "order_number", 32)
    return Correction(by_order=number is not None, date=at.date(), number=number) if at else None


def _buyer(receipt: wire.Receipt, faults: Faults, required: bool) -> tuple[Buyer | None, str, str]:
    """(buyer, e-mail for the copy, phone for the copy). With several contacts the first e-mail counts."""
    emails, phone = _contacts(receipt.notify, faults)
    if len(emails) > 1:
        faults.warn("notify.emails", "копия отправляется на первый адрес")
    email = emails[0] if emails else None
    customer = receipt.customer or wire.Party()
    name = faults.line(customer.name, "", "customer.name", 256)
    inn = faults.text(customer.tin, "", "customer.tin", 12)
    if email is None and phone is None and required:
        faults.error("notify", "укажите emails или phone покупателя")
    normal = contacts.phone(phone) if phone else None
    contact = email or normal or phone
    party = Buyer(contact=printable(contact)[:EMAIL_LIMIT] if contact else None, name=name, inn=inn)
    kept = party if party != Buyer() else None
    return kept, email if email and contacts.is_email(email) else "", normal or "" if email is None else ""


def _contacts(given: wire.Notify | list[wire.OldNotify] | None, faults: Faults) -> tuple[list[str], str | None]:
    """(e-mails, phone) of either form."""
    if isinstance(given, list):
        values = [
            (one.type, faults.text(one.value, "", f"notify[{i}].value", EMAIL_LIMIT)) for i, one in enumerate(given)
        ]
        emails = [value for kind, value in values if kind == "email" and value]
        return emails, next((value for kind, value in values if kind == "phone" and value), None)
    given = given or wire.Notify()
    read = [faults.text(one, "", f"notify.emails[{i}]", EMAIL_LIMIT) for i, one in enumerate(given.emails or ())]
    return [one for one in read if one], faults.text(given.phone, "", "notify.phone", EMAIL_LIMIT)


def _payments(given: wire.Amount | None, faults: Faults) -> Payments:
    if given is None or given == wire.Amount():
        faults.error("amount", "укажите хотя бы один вид оплаты")
        return Payments()
    sums: dict[str, int] = {}
    for name, field in words.PAYMENTS.items():
        value = getattr(given, name)
        if value is not None and value != "":
            sums[field] = faults.amount(unquoted(value), "amount", f".{name}", AMOUNT_LIMIT)
    return Payments(**sums)


def _place(given: wire.Place | None, faults: Faults) -> dict:
    given = given or wire.Place()
    return {
        "place": faults.line(given.billing_place, "", "loc.billing_place", 256, required=True),
        "machine_number": faults.line(given.device_number, "", "loc.device_number", 20),
    }


def _extras(receipt: wire.Receipt, channel: ChannelContext, faults: Faults) -> dict:
    internet = faults.whole(receipt.is_internet, "", "is_internet", 0, 1)
    cashier = receipt.cashier or wire.Party()
    attribute = receipt.additional_attribute or wire.Attribute()
    return {
        "internet": channel.profile.internet_only if internet is None else bool(internet),
        "time_zone": faults.whole(receipt.timezone, "", "timezone", words.TIMEZONES[0], words.TIMEZONES[-1]),
        "cashier": faults.line(cashier.name, "", "cashier.name", 64),
        "cashier_inn": faults.text(cashier.tin, "", "cashier.tin", 12),
        "cashless": _cashless(receipt.cashless_payments, faults),
        "user_extra": user_extra(
            shapes.UserProps(name=attribute.name, value=attribute.value), "additional_attribute", faults
        ),
    }


def _cashless(given: wire.Cashless | list[wire.Cashless] | None, faults: Faults) -> tuple[Cashless, ...]:
    """Tag 1234. The SDK has one payment where the format has a list of them; either is taken."""
    listed = given if isinstance(given, list) else [given] if given is not None else []
    listed = [one for one in listed if one != wire.Cashless()]
    if len(listed) > CASHLESS_LIMIT:
        faults.error("cashless_payments", f"оплат {len(listed)}, допускается не больше {CASHLESS_LIMIT}")
        return ()
    return tuple(
        Cashless(
            amount=faults.amount(unquoted(one.payment_sum), "cashless_payments", ".payment_sum", AMOUNT_LIMIT),
            method=faults.whole(one.payment_method_flag, "cashless_payments", ".payment_method_flag", 0, 255) or 0,
            ids=faults.line(one.payment_identifiers, "cashless_payments", ".payment_identifiers", 256, required=True)
            or "",
            extra=faults.line(one.additional_info, "cashless_payments", ".additional_info", 256),
        )
        for one in listed
    )


def _callback_url(service: wire.Service | None, faults: Faults) -> str:
    text = (service.callback_url or "").strip() if service is not None else ""
    address = web_address(text)
    if text and not address:
        faults.warn("service.callback_url", "не адрес http длиной до 256 символов: результат туда не сообщается")
    return address
