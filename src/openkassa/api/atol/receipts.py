"""From ATOL requests to the draft of a receipt: what v4 and v5 say in the same words."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from openkassa.api import corrections, numbers, parties, props
from openkassa.api.addresses import callback_address
from openkassa.api.atol import lines, wire, words
from openkassa.api.atol.seller import seller
from openkassa.api.dates import DATE, TIME, TIME_WORDS, moment
from openkassa.api.faults import Faults
from openkassa.api.mapped import Mapped
from openkassa.fiscal.draft import Correction, Item, Payments, ReceiptDraft
from openkassa.fiscal.ffd.tags import FFD_1_2
from openkassa.kassa.receipts.channels import ChannelContext

ROUNDING = 99  # kopecks that a total may be less than the sum of its lines
PAYMENTS_LIMIT = 10


class Own(NamedTuple):
    """What a version says in its own words: fields of a line, and of the draft by (body, its name, faults)."""

    item: lines.OwnFields
    receipt: Callable[[Any, str, Faults], dict[str, Any]]
    names: Mapping[str, str]


def map_sale(
    request: wire.Envelope,
    body: wire.Receipt | None,
    where: str,
    operation: words.Operation,
    channel: ChannelContext,
    own: Own,
) -> Mapped:
    """A receipt, or a correction that has the same fields; `where` is its name in the request.

    Raises `Invalid` with all faults.
    """
    faults = Faults()
    external_id, callback_url = envelope(request, faults)
    if body is None:
        faults.error(where, "обязательное поле не заполнено")
        body = wire.Receipt()
        faults.check()
    taxation, place = seller(body.company, channel, f"{where}.company", faults)
    buyer, email, phone = parties.buyer(body.client, f"{where}.client", faults, required=not operation.correction)
    items = lines.items(body, where, operation, own.item, faults)
    payments = payments_of(body.payments, f"{where}.payments", faults)
    total = faults.amount(body.total, where, ".total")
    fields = (
        {"internet": channel.profile.internet_only} | _extras(body, where, faults) | own.receipt(body, where, faults)
    )
    agents = _receipt_agent(body, items, where, faults)
    faults.check()
    total = _total(items, payments, total, where, faults)
    faults.check()
    draft = ReceiptDraft(
        operation=operation.code,
        taxation=taxation,
        items=items,
        payments=payments,
        total=total,
        buyer=buyer,
        **place,
        **fields,
        **agents,
    )
    return Mapped(
        draft=draft,
        external_id=external_id,
        callback_url=callback_url,
        email=email,
        phone=phone,
        warnings=tuple(faults.warnings),
        root=where,
        names=own.names,
    )


def envelope(request: wire.Envelope, faults: Faults) -> tuple[str, str]:
    """(external_id, callback address)."""
    external_id = faults.text(request.external_id, "", "external_id", 128, required=True)
    stamp = faults.text(request.timestamp, "", "timestamp", 19, required=True)
    if stamp is not None and moment(stamp, TIME) is None:
        faults.error("timestamp", TIME_WORDS)
    address = ""
    if request.service is not None and request.service.callback_url is not None:
        address = callback_address(request.service.callback_url)
        if not address:
            faults.warn("callback_url", "callback_url не соответствует маске")
    return external_id or "", address


def payments_of(given: list[wire.Payment] | None, where: str, faults: Faults) -> Payments:
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


def _total(items: tuple[Item, ...], payments: Payments, total: int, where: str, faults: Faults) -> int:
    """Tag 1020: what was paid, at most `ROUNDING` kopecks less than the lines add up to."""
    lines_sum = sum(item.amount for item in items)
    paid = payments.total
    show = numbers.roubles
    if not 0 <= lines_sum - total <= ROUNDING:
        faults.error(
            f"{where}.total",
            f"сумма чека {show(total)} не равна сумме позиций {show(lines_sum)}, разница {show(total - lines_sum)}",
        )
    elif paid not in (total, lines_sum):
        faults.error(
            f"{where}.payments",
            f"сумма оплат {show(paid)} не равна сумме чека {show(total)}, разница {show(paid - total)}",
        )
    return paid


def _extras(body: wire.Receipt, where: str, faults: Faults) -> dict[str, Any]:
    return {
        "cashier": faults.line(body.cashier, where, ".cashier", 64),
        "extra": faults.line(body.additional_check_props, where, ".additional_check_props", 16),
        "machine_number": faults.line(body.device_number, where, ".device_number", 20),
        "user_extra": props.user_extra(body.additional_user_props, f"{where}.additional_user_props", faults),
    }


def _receipt_agent(body: wire.Receipt, items: tuple[Item, ...], where: str, faults: Faults) -> dict[str, Any]:
    """Agent and supplier of the whole receipt; a line's own come first."""
    bits, agent = parties.agent(body.agent_info, words.AGENTS, f"{where}.agent_info", faults)
    supplier = parties.supplier(body.supplier_info, f"{where}.supplier_info", faults)
    if bits and supplier is None and any(item.supplier is None for item in items):
        faults.warn(f"{where}.supplier_info", "у агентского чека не указан поставщик")
    return {"agent_type": bits, "agent": agent, "supplier": supplier}


def correction_base(info: wire.CorrectionInfo | None, ffd: int, day: dt.date, faults: Faults) -> Correction | None:
    """What a correction corrects; `day` is today, till-local. FFD 1.05 and 1.1 want a number always."""
    where = "correction.correction_info"
    if info is None:
        faults.error(where, "обязательное поле не заполнено")
        return None
    if info.type not in ("self", "instruction"):
        faults.error(f"{where}.type", "тип коррекции: self или instruction")
    text = faults.day(info.base_date, where, ".base_date", required=True)
    at = moment(text, DATE) if text else None
    return corrections.base(
        by_order=info.type == "instruction",
        date=(f"{where}.base_date", at.date() if at else None),
        number=(f"{where}.base_number", info.base_number),
        number_required=ffd != FFD_1_2,
        ffd=ffd,
        day=day,
        faults=faults,
    )
