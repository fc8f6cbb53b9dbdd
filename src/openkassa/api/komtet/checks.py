"""From checks of Komtet Kassa to the draft of a receipt: what v1 and v2 say in the same words."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

from openkassa.api import numbers, parties, props
from openkassa.api.corrections import in_format
from openkassa.api.faults import Faults
from openkassa.api.komtet import wire, words
from openkassa.api.lines import priced
from openkassa.api.lines import quantity as quantity_of
from openkassa.api.mapped import Mapped
from openkassa.fiscal.draft import Buyer, Correction, Item, Payments, ReceiptDraft
from openkassa.kassa.receipts.channels import ChannelContext

POSITIONS_LIMIT = 100
PAYMENTS_LIMIT = 10
TIME_ZONES = 11
_CALLBACK = re.compile(r"https?://[^\s/?#]+\S*")
CALLBACK_LIMIT = 256
T = TypeVar("T")


class Own(NamedTuple):
    """What a version says in its own words. Each part answers with fields of the draft or of one line."""

    seller: Callable[[Any, ChannelContext, Faults], dict[str, Any]]
    buyer: Callable[[Any, bool, Faults], tuple[Buyer | None, str, str]]  # told whether one is required
    position: Callable[[Any, str, Decimal, int, Faults], dict[str, Any]]
    correction: Callable[[Any, int, dt.date, Faults], Correction | None]
    extras: Callable[[Any, Faults], dict[str, Any]]
    names: Mapping[str, str]


def map_check(check: wire.Check, channel: ChannelContext, day: dt.date, own: Own) -> Mapped:
    """A check of the till-local `day`. Raises `Invalid` with all faults."""
    faults = Faults()
    external_id = _external_id(check.external_id, faults)
    operation = words.INTENTS.get(check.intent or "")
    if operation is None:
        faults.error("intent", f"не из {', '.join(words.INTENTS)}")
        operation = words.INTENTS["sell"]
    ffd = channel.profile.ffd
    fields = own.seller(check, channel, faults)
    buyer, email, phone = own.buyer(check, not operation.correction, faults)
    items = _positions(check, ffd, own, faults)
    payments = _payments(check.payments, faults)
    fields |= _extras(check, channel, faults) | own.extras(check, faults)
    if operation.correction:
        fields["correction"] = own.correction(check, ffd, day, faults)
    faults.check()
    total = sum(item.amount for item in items)
    if payments.total != total:
        paid, lines = numbers.roubles(payments.total), numbers.roubles(total)
        difference = numbers.roubles(payments.total - total)
        faults.error("payments", f"сумма оплат {paid} не равна сумме позиций {lines}, разница {difference}")
    callback_url = _callback(check.callback_url, faults)
    faults.check()
    draft = ReceiptDraft(
        operation=operation.code, items=items, payments=payments, total=total, buyer=buyer, **fields
    )  # fmt: skip
    return Mapped(
        draft=in_format(draft, ffd),
        external_id=external_id,
        external_key=f"{external_id}|{check.intent}",
        callback_url=callback_url,
        email=email,
        phone=phone,
        warnings=tuple(faults.warnings),
        names=own.names,
    )


def given(value: T | list[Any] | None) -> T | None:
    """An object that may come as [] when it has no fields."""
    return None if isinstance(value, list) else value


def taxation(value: object, field: str, channel: ChannelContext, faults: Faults) -> int:
    """Tag 1055. Without `sno` the only system of the queue's registers."""
    allowed = channel.profile.taxation
    before = len(faults.errors)
    number = faults.whole(value, field, "", 0, 5)
    if number is None:
        if len(faults.errors) == before and allowed & (allowed - 1):
            faults.error(field, "укажите систему налогообложения: у касс очереди их несколько")
        return allowed
    code = words.TAXATION.get(number, 0)
    if not code:
        faults.error(field, f"{number} не из {', '.join(map(str, words.TAXATION))}")
    elif not code & allowed:
        faults.error(field, f"кассы очереди не зарегистрированы с системой налогообложения {number}")
    return code


def word(value: str | None, table: Mapping[str, int], default: int, field: str, faults: Faults) -> int:
    """The code of a word, `default` where it is absent."""
    if not value:
        return default
    code = table.get(value, 0)
    if not code:
        faults.error(field, f"«{value[:40]}» не из {', '.join(table)}")
    return code


def _external_id(value: object, faults: Faults) -> str:
    """Plugins send the number of an order as a number."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < 10**18 else ""
    if value is not None and not isinstance(value, str):
        faults.error("external_id", "ожидается строка или целое число")
        return ""
    return faults.text(value, "", "external_id", 128, required=True) or ""


def _callback(text: str | None, faults: Faults) -> str:
    if not text:
        return ""
    if len(text) > CALLBACK_LIMIT or not _CALLBACK.fullmatch(text):
        faults.warn("callback_url", f"не адрес http(s) длиной до {CALLBACK_LIMIT}: уведомления не будет")
        return ""
    return text


def _positions(check: Any, ffd: int, own: Own, faults: Faults) -> tuple[Item, ...]:
    positions = check.positions
    if not positions:
        faults.error("positions", "нужна хотя бы одна позиция")
        return ()
    if len(positions) > POSITIONS_LIMIT:
        faults.error("positions", f"позиций {len(positions)}, допускается не больше {POSITIONS_LIMIT}")
        return ()
    lines: list[Item] = []
    for index, position in enumerate(positions):
        lines += _lines(position, f"positions[{index}]", ffd, own, faults)
    return tuple(lines)


def _lines(position: wire.Position, where: str, ffd: int, own: Own, faults: Faults) -> list[Item]:
    """The position's lines: one, or two where no price in kopecks gives its total (`api.lines.priced`)."""
    price = faults.amount(position.price, where, ".price")
    amount = faults.amount(position.total, where, ".total")
    quantity = quantity_of(position.quantity, f"{where}.quantity", faults)
    fields: dict[str, Any] = {
        "name": faults.line(position.name, where, ".name", 128, required=True) or "",
        "vat": _vat(position.vat, f"{where}.vat", faults),
        "declaration": faults.line(position.declaration_number, where, ".declaration_number", 32),
        "extra": faults.line(position.user_data, where, ".user_data", 64),
        "country": _country(position.country_code, where, faults),
    }
    if position.excise not in (None, ""):
        fields["excise"] = faults.amount(position.excise, where, ".excise")
    bits, agent = parties.agent(position.agent_info, words.AGENTS, f"{where}.agent_info", faults)
    supplier = parties.supplier(position.supplier_info, f"{where}.supplier_info", faults)
    fields |= {"agent_type": bits, "agent": agent, "supplier": supplier}
    fields |= own.position(position, where, quantity, ffd, faults)
    return [] if faults.errors else priced(price, quantity, amount, fields)


def _vat(value: object, field: str, faults: Faults) -> int:
    """Tag 1199. Old clients send 20 and "20%"."""
    if value in (None, ""):
        faults.warn(field, "ставка не указана, записано «без НДС»")
        return words.VAT["no"]
    name = str(value).removesuffix("%") if isinstance(value, int | str) and not isinstance(value, bool) else ""
    code = words.VAT.get(name, 0)
    if not code:
        faults.error(field, f"не из {', '.join(words.VAT)}")
    return code


def _country(code: str | None, where: str, faults: Faults) -> str | None:
    code = faults.text(code, where, ".country_code", 3)
    return code.zfill(3) if code else None


def _payments(payments: list[wire.Payment] | None, faults: Faults) -> Payments:
    if not payments:
        faults.error("payments", "нужна хотя бы одна оплата")
        return Payments()
    if len(payments) > PAYMENTS_LIMIT:
        faults.error("payments", f"оплат {len(payments)}, допускается не больше {PAYMENTS_LIMIT}")
        return Payments()
    sums: Counter[str] = Counter()
    for index, payment in enumerate(payments):
        name = words.PAYMENTS.get(payment.type or "")
        amount = faults.amount(payment.sum, "payments", f"[{index}].sum", 99_999_999_999)
        if name is None:
            faults.error(f"payments[{index}].type", f"не из {', '.join(words.PAYMENTS)}")
        else:
            sums[name] += amount
    return Payments(**sums)


def _extras(check: wire.Check, channel: ChannelContext, faults: Faults) -> dict[str, Any]:
    """Requisites of the receipt. A correction names the person who made it in place of a cashier."""
    cashier_field = "cashier" if given(check.cashier) else "authorised_person"
    cashier = given(check.cashier) or given(check.authorised_person) or wire.Cashier()
    bits, agent = parties.agent(check.agent_info, words.AGENTS, "agent_info", faults)
    return {
        "cashier": faults.line(cashier.name, cashier_field, ".name", 64),
        "cashier_inn": faults.text(cashier.inn, cashier_field, ".inn", 12),
        "extra": faults.line(check.additional_check_props, "", "additional_check_props", 16),
        "user_extra": props.user_extra(given(check.additional_user_props), "additional_user_props", faults),
        "internet": channel.profile.internet_only if check.internet is None else check.internet,
        "time_zone": faults.whole(check.timezone, "", "timezone", 1, TIME_ZONES),
        "cashless": props.cashless(check.cashless_payments, "cashless_payments", faults),
        "agent_type": bits,
        "agent": agent,
        "supplier": parties.supplier(check.supplier_info, "supplier_info", faults),
    }
