"""From МодульКасса documents to the draft of a receipt or a correction."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Final

from openkassa.api import contacts
from openkassa.api.addresses import web_address
from openkassa.api.amounts import check_paid, unquoted
from openkassa.api.corrections import in_format
from openkassa.api.faults import Faults
from openkassa.api.mapped import Mapped
from openkassa.api.modulkassa import lines, wire, words
from openkassa.fiscal.draft import Buyer, Correction, Payments, ReceiptDraft
from openkassa.fiscal.text import printable
from openkassa.kassa.receipts.channels import ChannelContext

ID_LIMIT = 128
EMAIL_LIMIT = 64
PAYMENTS_LIMIT = 10
AMOUNT_LIMIT = 99_999_999_999  # kopecks
FIRST_DAY = dt.date(2000, 1, 1)

# Fields of the draft as the document calls them.
NAMES: Final = {
    "items": "inventPositions", "kind": "paymentObject", "method": "paymentMethod", "unit": "measure",
    "amount": "price", "vat": "vatTag", "supplier": "supplierInfo", "agent": "agentInfo", "agent_type": "agentInfo",
    "declaration": "customsDeclarationNumber", "country": "originCountryCode", "product_code": "nomenclatureCode",
    "mark": "productMark", "mark.code": "productMark", "buyer.inn": "clientInn", "buyer.name": "clientName",
    "industry": "industryRequisite", "payments": "moneyPositions", "buyer": "email", "taxation": "taxMode",
    "correction": "correctionInfo", "extra": "correctionInfo.fiscalSign", "cashier": "cashierName",
    "cashier_inn": "cashierInn", "total": "moneyPositions", "transfer_inn": "moneyTransferOperator.inn",
}  # fmt: skip


def map_document(document: wire.Document, channel: ChannelContext, day: dt.date) -> Mapped:
    """A sale, refund or correction of `day` (till-local). Raises `Invalid` with all faults."""
    faults = Faults()
    external_id = _external_id(document.id, faults)
    operation = words.OPERATIONS.get(document.doc_type or "")
    if operation is None:
        faults.error("docType", f"не из {', '.join(words.OPERATIONS)}")
        operation = words.OPERATIONS["SALE"]
    _check_envelope(document, faults)
    ffd = channel.profile.ffd
    taxation = _taxation(document.tax_mode, channel, faults)
    buyer, email, phone = _buyer(document, faults, required=not operation.correction)
    items = lines.items(document, ffd, faults)
    payments = _payments(document.money_positions, faults)
    bits, agent = lines.agents(document.agent_info, "agentInfo", faults)
    correction, sign = _correction(document.correction_info, day, faults) if operation.correction else (None, None)
    cashier = _cashier(document, faults)
    callback_url = _callback_url(document.response_url, faults)
    faults.check()
    check_paid(payments.total, sum(item.amount for item in items), "moneyPositions", faults)
    faults.check()
    draft = ReceiptDraft(
        operation=operation.code,
        taxation=taxation,
        items=items,
        payments=payments,
        total=payments.total,
        correction=correction,
        extra=sign,
        buyer=buyer,
        internet=channel.profile.internet_only,
        agent_type=bits,
        agent=agent,
        cashier=cashier,
        cashier_inn=faults.text(document.cashier_inn, "", "cashierInn", 12),
    )
    faults.check()
    return Mapped(
        draft=in_format(draft, ffd),
        external_id=external_id,
        callback_url=callback_url,
        email=email,
        phone=phone,
        warnings=tuple(faults.warnings),
        names=NAMES,
    )


def document_id(text: str) -> str | None:
    """The id of a document that may exist: what `map_document` takes for one."""
    text = text.strip()
    return text if text and len(text) <= ID_LIMIT and text.isprintable() else None


def _external_id(given: object, faults: Faults) -> str:
    """The document's id: its key. Attempts (`kassa.receipts.again`) have keys that no id can be: with a line feed."""
    text = str(given) if isinstance(given, str | int) and not isinstance(given, bool) else given
    if text is not None and not isinstance(text, str):
        faults.error("id", "ожидается строка")
        return ""
    text = faults.text(text, "", "id", ID_LIMIT, required=True) or ""
    if text and document_id(text) is None:
        faults.error("id", "недопустимые символы: годятся только видимые")
    return text


def _check_envelope(document: wire.Document, faults: Faults) -> None:
    if document.doc_num is None or document.doc_num == "":
        faults.error("docNum", "обязательное поле не заполнено")
    stamp = faults.text(document.checkout_date_time, "", "checkoutDateTime", 40, required=True)
    if stamp is not None:
        try:
            dt.datetime.fromisoformat(stamp)
        except ValueError:
            faults.error("checkoutDateTime", "ожидается время по RFC 3339, как 2026-11-21T12:00:00+03:00")


def _taxation(word: str | None, channel: ChannelContext, faults: Faults) -> int:
    """Tag 1055. Without `taxMode` the only system of the pool; a pool with several needs it."""
    allowed = channel.profile.taxation
    if not word:
        if allowed & (allowed - 1):
            faults.error("taxMode", "укажите систему налогообложения: у касс точки их несколько")
        return allowed
    code = words.TAXATION.get(word, 0)
    if not code:
        faults.error("taxMode", f"«{word[:32]}» не из {', '.join(words.TAXATION)}")
    elif not code & allowed:
        faults.error("taxMode", f"кассы точки не зарегистрированы с «{word}»")
    return code


def _buyer(document: wire.Document, faults: Faults, required: bool) -> tuple[Buyer | None, str, str]:
    """(buyer, e-mail for the copy, phone for the copy). Clients that have one field put a phone into `email` too."""
    email = faults.text(document.email, "", "email", EMAIL_LIMIT)
    phone = faults.text(document.phone, "", "phone", EMAIL_LIMIT)
    name = faults.line(document.client_name, "", "clientName", 256)
    inn = faults.text(document.client_inn, "", "clientInn", 12)
    if email is None and phone is None and required:
        faults.error("email", "укажите email или phone покупателя")
    if email is not None and not contacts.is_email(email) and contacts.phone(email):
        email, phone = None, email
    normal = contacts.phone(phone) if phone else None
    contact = email or normal or phone
    party = Buyer(contact=printable(contact)[:EMAIL_LIMIT] if contact else None, name=name, inn=inn)
    kept = party if party != Buyer() else None
    return kept, email if email and contacts.is_email(email) else "", normal or "" if email is None else ""


def _payments(given: list[wire.Money] | None, faults: Faults) -> Payments:
    if not given:
        faults.error("moneyPositions", "нужна хотя бы одна оплата")
        return Payments()
    if len(given) > PAYMENTS_LIMIT:
        faults.error("moneyPositions", f"оплат {len(given)}, допускается не больше {PAYMENTS_LIMIT}")
        return Payments()
    sums: Counter[str] = Counter()
    for index, money in enumerate(given):
        amount = faults.amount(unquoted(money.sum), "moneyPositions", f"[{index}].sum", AMOUNT_LIMIT)
        field = words.PAYMENTS.get(money.payment_type or "")
        if field is None:
            faults.error(f"moneyPositions[{index}].paymentType", f"не из {', '.join(words.PAYMENTS)}")
        else:
            sums[field] += amount
    return Payments(**sums)


def _correction(info: wire.CorrectionInfo | None, day: dt.date, faults: Faults) -> tuple[Correction | None, str | None]:
    """(tags 1173 and 1174, fiscal sign of the wrong document for tag 1192)."""
    where = "correctionInfo"
    if info is None:
        faults.error(where, "обязательное поле не заполнено")
        return None, None
    by_order = words.REASONS.get(info.reason or "")
    if by_order is None:
        faults.error(f"{where}.reason", f"не из {', '.join(words.REASONS)}")
    date = faults.text(info.document_date, where, ".documentDate", 40, required=True)
    settled = lines.day(date) if date else None
    if date and settled is None:
        faults.error(f"{where}.documentDate", "ожидается дата ГГГГ-ММ-ДД")
    elif settled and not FIRST_DAY <= settled <= day:
        text = "дата исправляемого расчёта не может быть позже сегодняшней или до 2000 года"
        faults.error(f"{where}.documentDate", text)
    number = faults.line(_text(info.document_num), where, ".documentNum", 32, required=bool(by_order))
    sign = faults.line(_text(info.fiscal_sign), where, ".fiscalSign", 16)
    if settled is None or by_order is None:
        return None, sign
    return Correction(by_order=by_order, date=settled, number=number if by_order else None), sign


def _cashier(document: wire.Document, faults: Faults) -> str | None:
    """Tag 1021: position and name."""
    position = faults.line(document.cashier_position, "", "cashierPosition", 64)
    name = faults.line(document.cashier_name, "", "cashierName", 64)
    return " ".join(part for part in (position, name) if part)[:64] or None


def _callback_url(given: str | None, faults: Faults) -> str:
    text = (given or "").strip()
    address = web_address(text)
    if text and not address:
        faults.warn("responseURL", "не адрес http длиной до 256 символов: результат туда не сообщается")
    return address


def _text(value: object) -> str | None:
    """Numbers that may come as text and as numbers."""
    return (
        str(value)
        if isinstance(value, int) and not isinstance(value, bool)
        else value
        if isinstance(value, str)
        else None
    )
