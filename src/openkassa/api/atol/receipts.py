"""From ATOL v4 requests to the draft of a receipt or a correction."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter

from openkassa.api import numbers
from openkassa.api.addresses import callback_address
from openkassa.api.atol import lines, parties, wire, words
from openkassa.api.faults import Faults
from openkassa.api.lines import check_vat_sum
from openkassa.api.mapped import Mapped
from openkassa.fiscal.draft import Correction, Item, Payments, ReceiptDraft
from openkassa.fiscal.ffd.tags import FFD_1_2
from openkassa.kassa.receipts.channels import ChannelContext

DATE_FORMAT = re.compile(r"([0-9]{2})\.([0-9]{2})\.([0-9]{4})")
TIME_FORMAT = re.compile(DATE_FORMAT.pattern + r" ([0-9]{2}):([0-9]{2}):([0-9]{2})")
ROUNDING = 99  # kopecks that a total may be less than the sum of its lines
PAYMENTS_LIMIT = 10
CORRECTION_KIND = 13  # tag 1212 of a correction's only line: v4 doesn't say what was sold
CORRECTION_NAMES = {1: "Коррекция прихода", 3: "Коррекция расхода"}
FULL_PAYMENT = 4  # tag 1214


def map_receipt(
    request: wire.ReceiptRequest, operation: words.Operation, channel: ChannelContext, day: dt.date
) -> Mapped:
    """A sale or refund of `day` (till-local). Raises `Invalid` with all faults."""
    faults = Faults()
    external_id, callback_url = _envelope(request, faults)
    receipt = request.receipt
    if receipt is None:
        faults.error("receipt", "обязательное поле не заполнено")
        receipt = wire.Receipt()
        faults.check()
    ffd = channel.profile.ffd
    taxation, seller = parties.seller(receipt.company, channel, "receipt.company", faults)
    buyer, email, phone = parties.buyer(receipt.client, "receipt.client", faults)
    items = lines.items(receipt, ffd, operation, faults)
    payments = _payments(receipt.payments, "receipt.payments", faults)
    total = faults.amount(receipt.total, "receipt", ".total")
    extras = _extras(receipt, faults)
    agents = _receipt_agent(receipt, items, faults)
    faults.check()
    total = _total(items, payments, total, faults)
    faults.check()
    draft = ReceiptDraft(
        operation=operation.code,
        taxation=taxation,
        items=items,
        payments=payments,
        total=total,
        buyer=buyer,
        internet=channel.profile.internet_only,
        **seller,
        **extras,
        **agents,
    )
    return Mapped(
        draft=draft,
        external_id=external_id,
        callback_url=callback_url,
        email=email,
        phone=phone,
        warnings=tuple(faults.warnings),
    )


def map_correction(
    request: wire.CorrectionRequest, operation: words.Operation, channel: ChannelContext, day: dt.date
) -> Mapped:
    """A correction. v4 has no items: in FFD 1.2 it becomes one line, which needs that there is one VAT rate.

    FFD 1.05 and 1.1 carry the VAT sums without lines. Raises `Invalid` with all faults.
    """
    faults = Faults()
    external_id, callback_url = _envelope(request, faults)
    body = request.correction
    if body is None:
        faults.error("correction", "обязательное поле не заполнено")
        body = wire.CorrectionBody()
        faults.check()
    taxation, seller = parties.seller(body.company, channel, "correction.company", faults)
    payments = _payments(body.payments, "correction.payments", faults)
    base = _base(body.correction_info, channel.profile.ffd, day, faults)
    rates = _correction_rates(body, operation, faults)
    cashier = faults.line(body.cashier, "correction", ".cashier", 64)
    machine = faults.line(body.device_number, "correction", ".device_number", 20)
    if channel.profile.ffd == FFD_1_2 and len(rates) > 1:
        faults.error("correction.vats", "в ФФД 1.2 коррекция v4 возможна только с одной ставкой НДС")
    faults.check()
    items: tuple[Item, ...] = ()
    sums: tuple[tuple[int, int], ...] = tuple(rates.items())
    if channel.profile.ffd == FFD_1_2:
        items, sums = (_correction_line(operation, payments.total, next(iter(rates))),), ()
    draft = ReceiptDraft(
        operation=operation.code,
        taxation=taxation,
        items=items,
        payments=payments,
        total=payments.total,
        correction=base,
        correction_vat=sums,
        cashier=cashier,
        machine_number=machine,
        **seller,
    )
    return Mapped(
        draft=draft,
        external_id=external_id,
        callback_url=callback_url,
        email="",
        phone="",
        warnings=tuple(faults.warnings),
    )


def _envelope(request: wire.ReceiptRequest | wire.CorrectionRequest, faults: Faults) -> tuple[str, str]:
    """(external_id, callback address)."""
    external_id = faults.text(request.external_id, "", "external_id", 128, required=True)
    stamp = faults.text(request.timestamp, "", "timestamp", 19, required=True)
    if stamp is not None and _moment(stamp, TIME_FORMAT) is None:
        faults.error("timestamp", "ожидается дд.мм.гггг чч:мм:сс")
    address = ""
    if request.service is not None and request.service.callback_url is not None:
        address = callback_address(request.service.callback_url)
        if not address:
            faults.warn("callback_url", "callback_url не соответствует маске")
    return external_id or "", address


def _moment(text: str, form: re.Pattern[str]) -> dt.datetime | None:
    """A till's local time."""
    match = form.fullmatch(text)
    if match is None:
        return None
    day, month, year, hour, minute, second = (*map(int, match.groups()), 0, 0, 0)[:6]
    try:
        return dt.datetime(year, month, day, hour, minute, second)  # noqa: DTZ001
    except ValueError:
        return None


def _payments(given: list[wire.Payment] | None, where: str, faults: Faults) -> Payments:
    if not given:
        faults.error(where, "нужна хотя бы одна оплата")
        return Payments()
    if len(given) > PAYMENTS_LIMIT:
        faults.error(where, f"оплат {len(given)}, допускается не больше {PAYMENTS_LIMIT}")
        return Payments()
    sums: Counter[str] = Counter()
    for index, payment in enumerate(given):
        amount = faults.amount(payment.sum, where, f"[{index}].sum", 99_999_999_999)
        kind = payment.type
        if isinstance(kind, bool) or kind is None or isinstance(kind, str) or kind not in range(10):
            faults.error(f"{where}[{index}].type", "вид оплаты: число от 0 до 4")
        elif kind not in words.PAYMENTS:
            faults.error(f"{where}[{index}].type", "расширенные виды оплаты 5–9 не настроены; укажите от 0 до 4")
        else:
            sums[words.PAYMENTS[int(kind)]] += amount
    return Payments(**sums)


def _total(items: tuple[Item, ...], payments: Payments, total: int, faults: Faults) -> int:
    """Tag 1020: what was paid, at most `ROUNDING` kopecks less than the lines add up to."""
    lines_sum = sum(item.amount for item in items)
    paid = payments.total
    show = numbers.roubles
    if not 0 <= lines_sum - total <= ROUNDING:
        faults.error(
            "receipt.total",
            f"сумма чека {show(total)} не равна сумме позиций {show(lines_sum)}, разница {show(total - lines_sum)}",
        )
    elif paid not in (total, lines_sum):
        faults.error(
            "receipt.payments",
            f"сумма оплат {show(paid)} не равна сумме чека {show(total)}, разница {show(paid - total)}",
        )
    return paid


def _extras(receipt: wire.Receipt, faults: Faults) -> dict:
    fields: dict = {
        "cashier": faults.line(receipt.cashier, "receipt", ".cashier", 64),
        "extra": faults.line(receipt.additional_check_props, "receipt", ".additional_check_props", 16),
        "machine_number": faults.line(receipt.device_number, "receipt", ".device_number", 20),
    }
    props = receipt.additional_user_props
    if props is not None and props != wire.UserProps():
        name = faults.line(props.name, "receipt", ".additional_user_props.name", 64, required=True)
        value = faults.line(props.value, "receipt", ".additional_user_props.value", 256, required=True)
        fields["user_extra"] = (name or "", value or "")
    return fields


def _receipt_agent(receipt: wire.Receipt, items: tuple[Item, ...], faults: Faults) -> dict:
    """Agent and supplier of the whole receipt; a line's own come first."""
    bits, agent = parties.agent(receipt.agent_info, "receipt.agent_info", faults)
    supplier = parties.supplier(receipt.supplier_info, "receipt.supplier_info", faults)
    if bits and supplier is None and any(item.supplier is None for item in items):
        faults.warn("receipt.supplier_info", "у агентского чека не указан поставщик")
    return {"agent_type": bits, "agent": agent, "supplier": supplier}


def _base(info: wire.CorrectionInfo | None, ffd: int, day: dt.date, faults: Faults) -> Correction | None:
    where = "correction.correction_info"
    if info is None:
        faults.error(where, "обязательное поле не заполнено")
        return None
    if info.type not in ("self", "instruction"):
        faults.error(f"{where}.type", "тип коррекции: self или instruction")
    text = faults.text(info.base_date, where, ".base_date", 10, required=True)
    moment = _moment(text, DATE_FORMAT) if text else None
    if text and moment is None:
        faults.error(f"{where}.base_date", "ожидается дд.мм.гггг")
    elif moment and not dt.date(2000, 1, 1) <= moment.date() <= day:
        faults.error(
            f"{where}.base_date", "дата исправляемого расчёта не может быть позже сегодняшней или до 2000 года"
        )
    by_order = info.type == "instruction"
    number = faults.line(info.base_number, where, ".base_number", 32, required=by_order or ffd != FFD_1_2)
    if moment is None:
        return None
    kept = number if number and (by_order or ffd != FFD_1_2) else None
    return Correction(by_order=by_order, date=moment.date(), number=kept)


def _correction_rates(body: wire.CorrectionBody, operation: words.Operation, faults: Faults) -> dict[int, int]:
    """VAT of the correction, kopecks by code of tag 1199."""
    given = body.vats
    if not given:
        faults.error("correction.vats", "нужна хотя бы одна ставка НДС")
        return {}
    if len(given) > 6:
        faults.error("correction.vats", f"ставок {len(given)}, допускается не больше 6")
        return {}
    sums: Counter[int] = Counter()
    for index, entry in enumerate(given):
        where = f"correction.vats[{index}]"
        if not entry.type:
            faults.error(f"{where}.type", "обязательное поле не заполнено")
            continue
        code = lines.rate(entry.type, where, operation, faults)
        has_sum = entry.sum is not None and entry.sum != ""
        sums[code] += faults.amount(entry.sum, where, ".sum") if has_sum else 0
    if len(sums) == 1 and given[0].type not in words.OLD_VAT:
        paid = sum(_amount_of(payment) for payment in body.payments or ())
        check_vat_sum(given[0].sum, paid, next(iter(sums)), "correction.vats[0].sum", faults)
    return dict(sums)


def _amount_of(payment: wire.Payment) -> int:
    try:
        return numbers.kopecks(payment.sum)
    except numbers.BadNumber:
        return 0


def _correction_line(operation: words.Operation, total: int, rate: int) -> Item:
    return Item(
        name=CORRECTION_NAMES[operation.code],
        price=total,
        quantity=numbers.thousandths(1),
        amount=total,
        vat=rate,
        method=FULL_PAYMENT,
        kind=CORRECTION_KIND,
    )
