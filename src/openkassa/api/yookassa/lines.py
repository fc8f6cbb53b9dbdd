"""Items of a YooKassa receipt as lines of a fiscal document."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from openkassa.api import contacts, countries
from openkassa.api.amounts import unquoted
from openkassa.api.faults import Faults
from openkassa.api.lines import quantity as quantity_of
from openkassa.api.yookassa import details, wire, words
from openkassa.fiscal import marking
from openkassa.fiscal.draft import Item, Mark, Supplier
from openkassa.fiscal.ffd import codes, vat
from openkassa.fiscal.ffd.tags import FFD_1_2
from openkassa.fiscal.text import printable

ITEMS_LIMIT = 100
NAME_LIMIT = 128
CODE_LIMIT = 400  # characters of a marking code: 256 of tag 2000, in base64
CURRENCY = "RUB"


def items(given: list[wire.Item] | None, ffd: int, faults: Faults) -> tuple[Item, ...]:
    """Lines of the receipt: one for each item, since `amount` is the price of one unit (tag 1079)."""
    if not given:
        faults.error("items", "нужна хотя бы одна позиция")
        return ()
    if len(given) > ITEMS_LIMIT:
        faults.error("items", f"позиций {len(given)}, допускается не больше {ITEMS_LIMIT}")
        return ()
    return tuple(_line(item, f"items[{index}]", ffd, faults) for index, item in enumerate(given))


def money(amount: wire.Amount | None, where: str, faults: Faults, limit: int = 4_294_967_295) -> int:
    """Kopecks of {value, currency}; value is text like "100.00" as a rule."""
    if amount is None:
        faults.error(where, "обязательное поле не заполнено")
        return 0
    if amount.currency not in (None, "", CURRENCY):
        faults.error(f"{where}.currency", f"валюта {(amount.currency or '')[:8]!r}: чек выдаётся в RUB")
    return faults.amount(unquoted(amount.value), where, ".value", limit)


def word(
    given: object, words_: Mapping[Any, int], where: str, name: str, faults: Faults, default: int | None = None
) -> int:
    """Our code of one of the face's words; `default` with a warning where the field is absent, 0 for a fault."""
    field = f"{where}.{name}" if where else name
    if given is None or given == "":
        if default is None:
            faults.error(field, "обязательное поле не заполнено")
            return 0
        text = next(word for word, code in words_.items() if code == default)
        faults.warn(field, f"не указан, взят {text}")
        return default
    given = unquoted(given)
    code = words_.get(given, 0) if isinstance(given, str | int | Decimal) and not isinstance(given, bool) else 0
    if not code:
        faults.error(field, f"{str(given)[:32]!r} не из {', '.join(map(str, words_))}")
    return code


def _line(item: wire.Item, where: str, ffd: int, faults: Faults) -> Item:
    price = money(item.amount, f"{where}.amount", faults)
    quantity = quantity_of(unquoted(item.quantity), f"{where}.quantity", faults)
    subjects = words.SUBJECTS if ffd == FFD_1_2 else words.SUBJECTS_BEFORE_1_2
    return Item(
        name=faults.line(item.description, where, ".description", NAME_LIMIT, required=True) or "",
        price=price,
        quantity=quantity,
        amount=vat.line_amount(price, quantity),
        vat=word(item.vat_code, words.VAT, where, "vat_code", faults),
        method=word(item.payment_mode, words.MODES, where, "payment_mode", faults, words.DEFAULT_MODE),
        kind=word(item.payment_subject, subjects, where, "payment_subject", faults, words.DEFAULT_SUBJECT),
        declaration=faults.line(item.customs_declaration_number, where, ".customs_declaration_number", 32),
        extra=faults.line(item.additional_payment_subject_props, where, ".additional_payment_subject_props", 64),
        industry=details.industry(
            item.payment_subject_industry_details, f"{where}.payment_subject_industry_details", faults
        ),
        mark=_mark(item, where, faults),
        **_measure(item.measure, quantity, where, ffd, faults),
        **_product(item, where, ffd, faults),
        **_agent(item, where, faults),
    )


def _measure(given: str | None, quantity: Decimal, where: str, ffd: int, faults: Faults) -> dict[str, Any]:
    """Tag 2108, before FFD 1.2 the printed unit (tag 1197). Code 0 counts whole pieces."""
    if given and given not in words.MEASURES:
        faults.error(f"{where}.measure", f"{given[:32]!r} не из {', '.join(words.MEASURES)}")
    code = words.MEASURES.get(given or "", words.PIECE)
    if ffd != FFD_1_2:
        return {"unit": codes.MEASURES[code] or None} if given else {}
    if code == words.PIECE and quantity != int(quantity):
        code = words.OTHER_MEASURE
    return {"measure": code}


def _product(item: wire.Item, where: str, ffd: int, faults: Faults) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if item.excise is not None and item.excise != "":
        fields["excise"] = faults.amount(unquoted(item.excise), where, ".excise")
    if item.country_of_origin_code:
        fields["country"] = countries.digits(item.country_of_origin_code)
        if fields["country"] is None:
            faults.error(f"{where}.country_of_origin_code", "ожидается код страны из двух букв, например RU")
    code = faults.text(item.product_code, where, ".product_code", 95)
    if code is not None and ffd == FFD_1_2:
        faults.warn(f"{where}.product_code", "не пишется в ФФД 1.2: там код маркировки передаётся в mark_code_info")
    elif code is not None:
        fields["product_code"] = code.replace(" ", "")
        if not _is_hex(fields["product_code"]):
            faults.error(f"{where}.product_code", "ожидаются не больше 32 байт в шестнадцатеричной записи")
    return fields


def _is_hex(code: str) -> bool:
    try:
        return 0 < len(bytes.fromhex(code)) <= 32
    except ValueError:
        return False


def _mark(item: wire.Item, where: str, faults: Faults) -> Mark | None:
    """The marking code of the line. Without mark_mode the only known one, 0, is meant."""
    info = item.mark_code_info
    given = {name: text for name in words.MARKS if info is not None and (text := getattr(info, name))}
    if not given:
        return None
    name, text = next(iter(given.items()))  # mark_code_raw is the whole code, so it comes first
    field = f"{where}.mark_code_info.{name}"
    if faults.text(text, where, f".mark_code_info.{name}", CODE_LIMIT) is None:
        return None
    try:
        code = marking.plain_or_base64(text)
        kind = words.MARKS[name] or marking.parse(code).kind
    except marking.MarkingError as problem:
        faults.error(field, problem.text)
        return None
    part = item.mark_quantity or wire.MarkQuantity()
    return Mark(
        kind=kind,
        code=code,
        planned_status=faults.whole(item.planned_status, where, ".planned_status", 1, 255),
        numerator=faults.whole(part.numerator, where, ".mark_quantity.numerator", 1, 2**63 - 1),
        denominator=faults.whole(part.denominator, where, ".mark_quantity.denominator", 1, 2**63 - 1),
        processing_mode=faults.whole(item.mark_mode, where, ".mark_mode", 0, 255) or 0,
    )


def _agent(item: wire.Item, where: str, faults: Faults) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if item.agent_type:
        fields["agent_type"] = word(item.agent_type, words.AGENTS, where, "agent_type", faults)
    if item.supplier is not None and item.supplier != wire.Supplier():
        given = faults.text(item.supplier.phone, where, ".supplier.phone", 19)
        fields["supplier"] = Supplier(
            name=faults.line(item.supplier.name, where, ".supplier.name", 239),
            inn=faults.text(item.supplier.inn, where, ".supplier.inn", 12),
            phones=(contacts.phone(given) or printable(given),) if given else (),
        )
    return fields
