"""Items of an ATOL v4 receipt as lines of a fiscal document."""

from __future__ import annotations

from decimal import Decimal

from openkassa.api.atol import parties, wire, words
from openkassa.api.faults import Faults
from openkassa.api.lines import check_vat_sum, priced
from openkassa.api.lines import quantity as quantity_of
from openkassa.fiscal import product_code
from openkassa.fiscal.draft import Item, Mark
from openkassa.fiscal.ffd.tags import FFD_1_2
from openkassa.fiscal.marking import MarkingError

ITEMS_LIMIT = 100
NO_VAT = "none"
MAX_DIGITS = 64  # of 32 bytes
HEXADECIMAL = frozenset("0123456789ABCDEFabcdef ")


def items(receipt: wire.Receipt, ffd: int, operation: words.Operation, faults: Faults) -> tuple[Item, ...]:
    """Lines of the receipt. An item whose sum no price in kopecks makes becomes two lines (see `_lines`)."""
    given = receipt.items
    if not given:
        faults.error("receipt.items", "нужна хотя бы одна позиция")
        return ()
    if len(given) > ITEMS_LIMIT:
        faults.error("receipt.items", f"позиций {len(given)}, допускается не больше {ITEMS_LIMIT}")
        return ()
    common = common_vat(receipt, operation, faults)
    lines: list[Item] = []
    for index, item in enumerate(given):
        lines += _lines(item, f"receipt.items[{index}]", common, ffd, operation, faults)
    return tuple(lines)


def common_vat(receipt: wire.Receipt, operation: words.Operation, faults: Faults) -> str | None:
    """The VAT type that the receipt names for all of its items. Where it names several, each item needs its own."""
    types = {entry.type for entry in receipt.vats or () if entry.type}
    if len(types) != 1:
        if len(types) > 1 and any(not (item.vat and item.vat.type) for item in receipt.items or ()):
            faults.error("receipt.vats", "ставок несколько: укажите vat у каждой позиции")
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
            faults.warn(where + field, text)
    return code


def _lines(
    item: wire.Item, where: str, common: str | None, ffd: int, operation: words.Operation, faults: Faults
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
    fields = _fields(item, where, quantity, ffd, faults)
    if faults.errors:
        return []
    fields |= {"name": name or "", "vat": code}
    return priced(price, quantity, amount, fields)


def _fields(item: wire.Item, where: str, quantity: Decimal, ffd: int, faults: Faults) -> dict:
    method = words.METHODS.get(item.payment_method, 0) if item.payment_method else words.DEFAULT_METHOD
    if not method:
        faults.error(f"{where}.payment_method", f"не из {', '.join(words.METHODS)}")
    objects = words.OBJECTS if ffd == FFD_1_2 else words.OBJECTS_BEFORE_1_2
    kind = objects.get(item.payment_object, 0) if item.payment_object else words.DEFAULT_OBJECT
    if not kind:
        faults.error(f"{where}.payment_object", f"не из {', '.join(objects)}")
    fields: dict = {"method": method, "kind": kind}
    unit = faults.line(item.measurement_unit, where, ".measurement_unit", 16)
    if ffd == FFD_1_2:
        fields["measure"] = words.measure(unit, quantity)
    elif unit is not None:
        fields["unit"] = unit
    if item.nomenclature_code:
        fields |= _product(item.nomenclature_code, f"{where}.nomenclature_code", ffd, faults)
    if item.excise is not None and item.excise != "":
        fields["excise"] = faults.amount(item.excise, where, ".excise")
    if item.country_code:
        fields["country"] = _country(item.country_code, f"{where}.country_code", faults)
    if item.declaration_number is not None:
        fields["declaration"] = faults.line(item.declaration_number, where, ".declaration_number", 32)
    if item.user_data is not None:
        fields["extra"] = faults.line(item.user_data, where, ".user_data", 64)
    if item.agent_info is not None:
        bits, agent = parties.agent(item.agent_info, f"{where}.agent_info", faults)
        fields |= {"agent_type": bits, "agent": agent}
    if item.supplier_info is not None:
        fields["supplier"] = parties.supplier(item.supplier_info, f"{where}.supplier_info", faults)
    return fields


def _country(code: str, where: str, faults: Faults) -> str:
    if not (code.isascii() and code.isdigit() and 1 <= len(code) <= 3):
        faults.error(where, "код страны состоит из трёх цифр")
    return code.zfill(3)


def _product(text: str, where: str, ffd: int, faults: Faults) -> dict:
    """The code of the product: bytes of tag 1162 in hexadecimal, or the marking code itself as a scanner reads it.

    FFD 1.2 has no tag 1162: there it becomes a marking code. Bytes never held its check part, so the register can't
    check such a code.
    """
    plain = text.replace(" ", "") if set(text) <= HEXADECIMAL else text
    hexadecimal = set(plain) <= HEXADECIMAL and len(plain) % 2 == 0 and 0 < len(plain) <= MAX_DIGITS
    if ffd != FFD_1_2 and hexadecimal:
        return {"product_code": plain}
    try:
        code = product_code.from_text(plain)
    except MarkingError as error:
        faults.error(where, error.text)
        return {}
    if code.kind == "unknown" and ffd != FFD_1_2:
        faults.error(where, "ожидаются не больше 32 байт в шестнадцатеричной записи или код маркировки")
        return {}
    return {"mark": Mark(kind=code.kind, code=code.text)}
