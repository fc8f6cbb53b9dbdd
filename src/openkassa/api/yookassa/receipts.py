"""From a YooKassa receipt request to the draft of a receipt."""

from __future__ import annotations

import re
from collections import Counter

from openkassa.api import contacts
from openkassa.api.amounts import check_paid
from openkassa.api.faults import Faults
from openkassa.api.mapped import Mapped
from openkassa.api.yookassa import details, lines, wire, words
from openkassa.fiscal.draft import Buyer, Payments, ReceiptDraft
from openkassa.fiscal.text import printable
from openkassa.kassa.receipts.channels import ChannelContext

SETTLEMENTS_LIMIT = 10
CONTACT_LIMIT = 64
ID_LIMIT = 64
KEY_LIMIT = 128
BY_PAYMENT = "payment:"  # begins the name of a refund's receipt that the shop names by the payment
_INN = re.compile(r"[0-9]{10}([0-9]{2})?")


def map_receipt(request: wire.Receipt, key: str | None, shop_id: str | None, channel: ChannelContext) -> Mapped:
    """`key`: the Idempotence-Key; `shop_id`: who asks, where that is known. Raises `Invalid` with all faults."""
    faults = Faults()
    key = faults.text(key, "", "Idempotence-Key", KEY_LIMIT, required=True)
    operation = lines.word(request.type, words.TYPES, "", "type", faults)
    name = _name(request, operation, faults)
    if request.send is False:
        faults.error("send", "поддерживается только true: чек выдаётся сразу")
    if request.on_behalf_of not in (None, "") and shop_id not in (None, str(request.on_behalf_of)):
        faults.error("on_behalf_of", "чеки выдаются только от имени своего магазина")
    buyer, email, phone = _buyer(request.customer, faults)
    items = lines.items(request.items, channel.profile.ffd, faults)
    payments = _settlements(request.settlements, faults)
    taxation = _taxation(request.tax_system_code, channel, faults)
    industry = details.industry(request.receipt_industry_details, "receipt_industry_details", faults)
    operating = details.operating(
        request.receipt_operational_details, "receipt_operational_details", channel.utc_offset, faults
    )
    user_extra = details.user_extra(request.additional_user_props, "additional_user_props", faults)
    time_zone = faults.whole(request.timezone, "", "timezone", 1, 11)
    faults.check()
    check_paid(payments.total, sum(item.amount for item in items), "settlements", faults)
    faults.check()
    draft = ReceiptDraft(
        operation=operation,
        taxation=taxation,
        items=items,
        payments=payments,
        total=payments.total,
        buyer=buyer,
        internet=channel.profile.internet_only if request.internet is None else request.internet,
        time_zone=time_zone,
        industry=industry,
        operating=operating,
        user_extra=user_extra,
    )
    return Mapped(
        draft=draft,
        external_id=name,
        external_key=key,
        email=email,
        phone=phone,
        warnings=tuple(faults.warnings),
    )


def _name(request: wire.Receipt, operation: int, faults: Faults) -> str:
    """How the shop calls the receipt: by the payment, or by the refund that it is for."""
    payment_id = faults.text(request.payment_id, "", "payment_id", ID_LIMIT)
    refund_id = faults.text(request.refund_id, "", "refund_id", ID_LIMIT)
    if operation == words.TYPES["payment"]:
        if payment_id is None:
            faults.error("payment_id", "обязательное поле не заполнено")
        return payment_id or ""
    if refund_id is not None:
        return refund_id
    if payment_id is None and operation:
        faults.error("refund_id", "укажите refund_id или payment_id")
    return f"{BY_PAYMENT}{payment_id}"


def _taxation(given: object, channel: ChannelContext, faults: Faults) -> int:
    """Tag 1055. Without the field the only system of the pool; a pool with several needs it."""
    allowed = channel.profile.taxation
    if given is None or given == "":
        if allowed & (allowed - 1):
            faults.error("tax_system_code", "укажите систему налогообложения: у касс магазина их несколько")
        return allowed
    code = lines.word(given, words.TAXATION, "", "tax_system_code", faults)
    if code and not code & allowed:
        faults.error("tax_system_code", f"кассы магазина не зарегистрированы с системой {given}")
    return code


def _buyer(customer: wire.Customer | None, faults: Faults) -> tuple[Buyer | None, str, str]:
    """(buyer, e-mail for the copy, phone for the copy). With both contacts the e-mail counts."""
    if customer is None:
        faults.error("customer", "обязательное поле не заполнено")
        return None, "", ""
    email = faults.text(customer.email, "customer", ".email", CONTACT_LIMIT)
    given = faults.text(customer.phone, "customer", ".phone", CONTACT_LIMIT)
    inn = faults.text(customer.inn, "customer", ".inn", 12)
    if inn is not None and not _INN.fullmatch(inn):
        faults.error("customer.inn", "ИНН состоит из 10 или 12 цифр")
    if email is None and given is None:
        faults.error("customer", "укажите email или phone покупателя")
        return None, "", ""
    phone = contacts.phone(given) if given else None
    name = faults.line(customer.full_name, "customer", ".full_name", 256)
    party = Buyer(contact=printable(email or phone or given or "")[:CONTACT_LIMIT], name=name, inn=inn)
    return party, email if email and contacts.is_email(email) else "", phone or "" if email is None else ""


def _settlements(given: list[wire.Settlement] | None, faults: Faults) -> Payments:
    if not given:
        faults.error("settlements", "нужен хотя бы один расчёт")
        return Payments()
    if len(given) > SETTLEMENTS_LIMIT:
        faults.error("settlements", f"расчётов {len(given)}, допускается не больше {SETTLEMENTS_LIMIT}")
        return Payments()
    sums: Counter[str] = Counter()
    for index, one in enumerate(given):
        where = f"settlements[{index}]"
        amount = lines.money(one.amount, f"{where}.amount", faults, 99_999_999_999)
        field = words.SETTLEMENTS.get(one.type or "")
        if field is None:
            faults.error(f"{where}.type", f"{(one.type or '')[:32]!r} не из {', '.join(words.SETTLEMENTS)}")
        else:
            sums[field] += amount
    return Payments(**sums)
