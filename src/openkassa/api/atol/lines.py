"""Items of an ATOL receipt as lines of a fiscal document: what v4 and v5 say in the same words."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from openkassa.api import parties
from openkassa.api.atol import wire, words
from openkassa.api.faults import Faults
from openkassa.api.lines import check_vat_sum, priced
from openkassa.api.lines import quantity as quantity_of
from openkassa.fiscal.draft import Item

ITEMS_LIMIT = 100
NO_VAT = "none"

# What a version says in its own words: (item, its name in the request, quantity, faults) -> fields of the line.
OwnFields = Callable[[Any, str, Decimal, Faults], dict[str, Any]]


def items(
    receipt: wire.Receipt, where: str, operation: words.Operation, own: OwnFields, faults: Faults
) -> tuple[Item, ...]:
    """Lines of the receipt. An item whose sum no price in kopecks makes becomes two lines (see `_lines`)."""
    given = receipt.items
    if not given:
        faults.error(f"{where}.items", "нужна хотя бы одна позиция")
        return ()
    if len(given) > ITEMS_LIMIT:
        faults.error(f"{where}.items", f"позиций {len(given)}, допускается не больше {ITEMS_LIMIT}")
        return ()
    common = _common_vat(receipt, where, faults)
    lines: list[Item] = []
    for index, item in enumerate(given):
        lines += _lines(item, f"{where}.items[{index}]", common, operation, own, faults)
    return tuple(lines)


def _common_vat(receipt: wire.Receipt, where: str, faults: Faults) -> str | None:
    """The VAT type that the receipt names for all of its items. Where it names several, each item needs its own."""
    types = {entry.type for entry in receipt.vats or () if entry.type}
    if len(types) != 1:
        if len(types) > 1 and any(not (item.vat and item.vat.type) for item in receipt.items or ()):
            faults.error(f"{where}.vats", "ставок несколько: укажите vat у каждой позиции")
        return None
    return types.pop()


def rate(name: str, where: str, operation: words.Operation, faults: Faults, field: str = ".type") -> int:
    """Tag 1199. That a rate is outside its dates is for the control of the draft to warn of."""
    code = words.VAT.get(name, 0)
    if not code:
        faults.error(where + field, f"«{name[:16]}» не из {', '.join(words.VAT)}")
    elif name in words.OLD_VAT:
        if not operation.old_vat:
            faults.error(where + field, f"ставка {name} не действует с 01.01.2019")
        else:
            text = f"ставка {name} записана кодом {code} тега 1199, как до 2019 года (не подтверждено)"
            if not operation.correction:
                text += "; дня продажи возврат не называет, налог посчитан по сегодняшней ставке этого кода"
            faults.warn(where + field, text)
    return code


def _lines(
    item: wire.Item, where: str, common: str | None, operation: words.Operation, own: OwnFields, faults: Faults
) -> list[Item]:
    """The item's lines: one, or two where no price in kopecks gives its sum (`api.lines.priced`)."""
    name = faults.line(item.name, where, ".name", 128, required=True)
    price = faults.amount(item.price, where, ".price")
    amount = faults.amount(item.sum, where, ".sum")
    quantity = quantity_of(item.quantity, f"{where}.quantity", faults)
    type_name = common or (item.vat.type if item.vat else None)
    if type_name is None:
        type_name = NO_VAT
        faults.warn(f"{where}.vat", "ставка не указана, записано «без НДС»")
    elif common and item.vat and item.vat.type and item.vat.type != common:
        faults.warn(f"{where}.vat", f"взята ставка чека {common}")
    code = rate(type_name, where, operation, faults, ".vat.type")
    if item.vat is not None and item.vat.sum is not None and type_name not in words.OLD_VAT:
        check_vat_sum(item.vat.sum, amount, code, f"{where}.vat.sum", faults)
    fields = _fields(item, where, faults) | own(item, where, quantity, faults)
    if faults.errors:
        return []
    fields |= {"name": name or "", "vat": code}
    return priced(price, quantity, amount, fields)


def _fields(item: wire.Item, where: str, faults: Faults) -> dict[str, Any]:
    method = words.METHODS.get(item.payment_method, 0) if item.payment_method else words.DEFAULT_METHOD
    if not method:
        faults.error(f"{where}.payment_method", f"не из {', '.join(words.METHODS)}")
    fields: dict[str, Any] = {"method": method}
    if item.excise is not None and item.excise != "":
        fields["excise"] = faults.amount(item.excise, where, ".excise")
    if item.country_code:
        fields["country"] = _country(item.country_code, f"{where}.country_code", faults)
    if item.declaration_number is not None:
        fields["declaration"] = faults.line(item.declaration_number, where, ".declaration_number", 32)
    if item.user_data is not None:
        fields["extra"] = faults.line(item.user_data, where, ".user_data", 64)
    if item.agent_info is not None:
        bits, agent = parties.agent(item.agent_info, words.AGENTS, f"{where}.agent_info", faults)
        fields |= {"agent_type": bits, "agent": agent}
    if item.supplier_info is not None:
        fields["supplier"] = parties.supplier(item.supplier_info, f"{where}.supplier_info", faults)
    return fields


def _country(code: str, where: str, faults: Faults) -> str:
    if not (code.isascii() and code.isdigit() and 1 <= len(code) <= 3):
        faults.error(where, "код страны состоит из трёх цифр")
    return code.zfill(3)
