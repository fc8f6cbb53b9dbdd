"""Positions of a МодульКасса document as lines of a fiscal document."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

from openkassa.api import numbers, parties, shapes
from openkassa.api.amounts import unquoted
from openkassa.api.codes import country, mark_of_text, product_code_of_text
from openkassa.api.faults import Faults
from openkassa.api.lines import check_vat_sum, priced
from openkassa.api.lines import quantity as quantity_of
from openkassa.api.modulkassa import wire, words
from openkassa.api.words import listed
from openkassa.fiscal.draft import Agent, IndustryProps, Item
from openkassa.fiscal.ffd import codes, vat
from openkassa.fiscal.ffd.tags import FFD_1_2

ITEMS_LIMIT = 100
PIECE, OTHER_MEASURE = 0, 255  # tag 2108
_DAY = re.compile(r"(?:(\d{4})-(\d\d)-(\d\d))(?:T.*)?|(\d\d)\.(\d\d)\.(\d{4})", re.ASCII)


def items(document: wire.Document, ffd: int, faults: Faults) -> tuple[Item, ...]:
    """Lines of the document; a position whose sum no price in kopecks makes becomes two (`api.lines.priced`)."""
    given = document.invent_positions
    if not given:
        faults.error("inventPositions", "нужна хотя бы одна позиция")
        return ()
    if len(given) > ITEMS_LIMIT:
        faults.error("inventPositions", f"позиций {len(given)}, допускается не больше {ITEMS_LIMIT}")
        return ()
    lines: list[Item] = []
    for index, position in enumerate(given):
        lines += _lines(position, f"inventPositions[{index}]", ffd, faults)
    return tuple(lines)


def _lines(position: wire.Position, where: str, ffd: int, faults: Faults) -> list[Item]:
    name = faults.line(position.name, where, ".name", 128, required=True)
    price = faults.amount(unquoted(position.price), where, ".price")
    quantity = quantity_of(unquoted(position.quantity), f"{where}.quantity", faults)
    discount = 0
    if position.disc_sum is not None and position.disc_sum != "":
        discount = faults.amount(unquoted(position.disc_sum), where, ".disc_sum")
    amount = vat.line_amount(price, quantity) - discount
    if amount < 0:
        text = f"скидка {numbers.roubles(discount)} больше суммы позиции {numbers.roubles(amount + discount)}"
        faults.error(f"{where}.disc_sum", text)
    code = _rate(position.vat_tag, where, faults)
    check_vat_sum(unquoted(position.vat_sum), max(amount, 0), code, f"{where}.vat_sum", faults)
    fields = _fields(position, where, quantity, ffd, faults)
    if faults.errors:
        return []
    return priced(price, quantity, amount, fields | {"name": name or "", "vat": code})


def _rate(tag: object, where: str, faults: Faults) -> int:
    """Tag 1199."""
    if tag is None or tag == "":
        faults.error(f"{where}.vat_tag", "обязательное поле не заполнено")
        return 0
    word = faults.whole(tag, where, ".vat_tag", 0, 99_999)
    if word is None:
        return 0
    code = words.VAT.get(word, 0)
    if not code:
        known = listed(words.VAT, words.FACE, "vat", unknown=words.VAT_UNKNOWN)
        faults.error(f"{where}.vat_tag", f"{word} не из {known}")
    return code


def _fields(position: wire.Position, where: str, quantity: Decimal, ffd: int, faults: Faults) -> dict:
    method = words.METHODS.get(position.payment_method, 0) if position.payment_method else words.DEFAULT_METHOD
    if not method:
        faults.error(f"{where}.payment_method", f"не из {', '.join(words.METHODS)}")
    objects = words.OBJECTS if ffd == FFD_1_2 else words.OBJECTS_BEFORE_1_2
    kind = objects.get(position.payment_object, 0) if position.payment_object else words.DEFAULT_OBJECT
    if not kind:
        faults.error(f"{where}.payment_object", f"не из {', '.join(objects)}")
    bits, agent = agents(position.agent_info, f"{where}.agent_info", faults)
    fields: dict = {
        "method": method,
        "kind": kind,
        "country": country(position.origin_country_code, f"{where}.origin_country_code", faults),
        "declaration": faults.line(position.customs_declaration_number, where, ".customs_declaration_number", 32),
        "agent_type": bits,
        "agent": agent,
        "supplier": parties.supplier(position.supplier_info, f"{where}.supplier_info", faults),
        "industry": _industry(position.industry_requisite, f"{where}.industry_requisite", faults),
    }
    marked = [name for name in ("product_mark", "nomenclature_code") if getattr(position, name)]
    field = f"{where}.{marked[0]}" if marked else ""
    text = getattr(position, marked[0]) if marked else None
    measure = faults.whole(position.measure, where, ".measure", 0, 255)
    if ffd == FFD_1_2:
        fields["measure"] = _measure(measure, quantity, where, faults)
        fields["mark"] = mark_of_text(text, field, faults)
    else:
        fields["unit"] = codes.MEASURES.get(measure) if measure is not None else None
        fields["product_code"] = product_code_of_text(text, field, faults)
    return fields


def _measure(code: int | None, quantity: Decimal, where: str, faults: Faults) -> int:
    """Tag 2108. Without `measure` pieces are meant, and a part of a piece is "other"."""
    if code is None:
        return PIECE if quantity == int(quantity) else OTHER_MEASURE
    if code not in codes.MEASURES:
        faults.error(f"{where}.measure", f"{code} не из {', '.join(map(str, codes.MEASURES))}")
    return code


def agents(info: wire.AgentInfo | None, where: str, faults: Faults) -> tuple[int, Agent | None]:
    """(bits of tag 1222, tag 1223). Several types of one agent are several bits."""
    if info is None or info == wire.AgentInfo():
        return 0, None
    bits = 0
    for index, word in enumerate(info.types or ()):
        bit = words.AGENTS.get(word or "", 0)
        if not bit:
            faults.error(f"{where}.types[{index}]", f"не из {', '.join(words.AGENTS)}")
        bits |= bit
    if not info.types:
        faults.error(f"{where}.types", "укажите вид агента")
        return 0, None
    common = shapes.AgentInfo(
        type=next(iter(words.AGENTS)),  # the bits are read above
        paying_agent=info.paying_agent,
        receive_payments_operator=info.receive_payments_operator,
        money_transfer_operator=info.money_transfer_operator,
    )
    return bits, parties.agent(common, words.AGENTS, where, faults)[1]


def _industry(given: wire.IndustryRequisite | None, where: str, faults: Faults) -> tuple[IndustryProps, ...]:
    """Tag 1260; the day comes as a time with a zone or as dd.mm.yyyy."""
    if given is None or given == wire.IndustryRequisite():
        return ()
    authority = faults.text(given.foiv_id, where, ".foiv_id", 3, required=True)
    date = faults.text(given.doc_date_time, where, ".doc_date_time", 40, required=True)
    settled = day(date) if date else None
    if date and settled is None:
        faults.error(f"{where}.doc_date_time", "ожидается дата ГГГГ-ММ-ДД")
    number = faults.line(given.doc_number, where, ".doc_number", 32, required=True)
    value = faults.line(given.doc_data, where, ".doc_data", 256, required=True)
    if authority is None or settled is None or number is None or value is None:
        return ()
    return (IndustryProps(authority=authority, date=f"{settled:%d.%m.%Y}", number=number, value=value),)


def day(text: str) -> dt.date | None:
    """The day in 2026-11-21, in a time that begins so, or in 21.11.2026; None for other text."""
    match = _DAY.fullmatch(text)
    if match is None:
        return None
    year, month, number = match.group(1, 2, 3) if match[1] else match.group(6, 5, 4)
    try:
        return dt.date(int(year), int(month), int(number))
    except ValueError:
        return None
