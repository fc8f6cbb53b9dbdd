"""Items of digitalkassa as lines of a fiscal document."""

from __future__ import annotations

from decimal import Decimal

from msgspec.structs import replace

from openkassa.api import parties, shapes
from openkassa.api.amounts import unquoted
from openkassa.api.codes import country, mark_of_text, product_code_of_text
from openkassa.api.digitalkassa import wire, words
from openkassa.api.faults import Faults
from openkassa.api.lines import priced
from openkassa.api.lines import quantity as quantity_of
from openkassa.fiscal.draft import Item
from openkassa.fiscal.ffd import codes
from openkassa.fiscal.ffd.tags import FFD_1_2

ITEMS_LIMIT = 100
PIECE, OTHER_MEASURE = 0, 255  # tag 2108
BIGGEST_PART = 2**63 - 1


def items(given: list[wire.Item] | None, ffd: int, faults: Faults) -> tuple[Item, ...]:
    """Lines of the receipt; an item whose amount no price in kopecks makes becomes two (`api.lines.priced`)."""
    if not given:
        faults.error("items", "нужна хотя бы одна позиция")
        return ()
    if len(given) > ITEMS_LIMIT:
        faults.error("items", f"позиций {len(given)}, допускается не больше {ITEMS_LIMIT}")
        return ()
    lines: list[Item] = []
    for index, item in enumerate(given):
        lines += _lines(item, f"items[{index}]", ffd, faults)
    return tuple(lines)


def number(value: object, where: str, name: str, allowed: tuple[int, ...] | range, faults: Faults) -> int:
    """A required number out of a table; 0 where a fault was noted."""
    if value is None or value == "":
        faults.error(where + name, "обязательное поле не заполнено")
        return 0
    found = faults.whole(value, where, name, 0, 10**6)
    if found is not None and found not in allowed:
        faults.error(where + name, f"{found} не из {', '.join(map(str, allowed))}")
        return 0
    return found or 0


def _lines(item: wire.Item, where: str, ffd: int, faults: Faults) -> list[Item]:
    price = faults.amount(unquoted(item.price), where, ".price")
    amount = faults.amount(unquoted(item.amount), where, ".amount")
    quantity = quantity_of(unquoted(item.quantity), f"{where}.quantity", faults)
    fields: dict = {
        "name": faults.line(item.name, where, ".name", 128, required=True) or "",
        "kind": number(item.type, where, ".type", tuple(codes.KINDS), faults),
        "method": number(item.payment_method, where, ".payment_method", range(1, 8), faults),
        "vat": number(item.vat, where, ".vat", range(1, 13), faults),
        "extra": faults.line(item.additional_props, where, ".additional_props", 64),
        "declaration": faults.line(item.declaration_number, where, ".declaration_number", 32),
        "country": country(item.country_code, f"{where}.country_code", faults),
    }
    if item.excise is not None and item.excise != "":
        fields["excise"] = faults.amount(unquoted(item.excise), where, ".excise")
    fields |= _measured(item, where, quantity, ffd, faults) | _agent(item.agent, f"{where}.agent", faults)
    fields |= _marked(item.marking, f"{where}.marking", ffd, faults)
    return [] if faults.errors else priced(price, quantity, amount, fields)


def _measured(item: wire.Item, where: str, quantity: Decimal, ffd: int, faults: Faults) -> dict:
    """Tag 2108, or 1197 before FFD 1.2. The first version of the protocol has no `unit`: pieces are meant."""
    unit = faults.whole(item.unit, where, ".unit", 0, 255)
    if unit is not None and unit not in codes.MEASURES:
        faults.error(f"{where}.unit", f"{unit} не из {', '.join(map(str, codes.MEASURES))}")
    if ffd == FFD_1_2:
        if unit is None:
            unit = PIECE if quantity == int(quantity) else OTHER_MEASURE
        return {"measure": unit}
    return {"unit": (codes.MEASURES.get(unit) or None) if unit is not None else None}


def _marked(marking: wire.Marking | None, where: str, ffd: int, faults: Faults) -> dict:
    if marking is None or marking == wire.Marking():
        return {}
    if not marking.code:
        faults.error(f"{where}.code", "обязательное поле не заполнено")
        return {}
    if ffd != FFD_1_2:
        return {"product_code": product_code_of_text(marking.code, f"{where}.code", faults)}
    status = faults.whole(marking.item_status, where, ".item_status", 0, 255)
    if status is not None and status not in codes.PLANNED_STATUSES:
        faults.error(f"{where}.item_status", f"{status} не из {', '.join(map(str, codes.PLANNED_STATUSES))}")
    mark = mark_of_text(marking.code, f"{where}.code", faults)
    if mark is None:
        return {}
    return {
        "mark": replace(
            mark,
            planned_status=status,
            numerator=faults.whole(marking.numerator, where, ".numerator", 1, BIGGEST_PART),
            denominator=faults.whole(marking.denominator, where, ".denominator", 1, BIGGEST_PART),
        )
    }


def _agent(given: wire.Agent | None, where: str, faults: Faults) -> dict:
    """Tags 1222, 1223, 1224 and 1226."""
    if given is None or given == wire.Agent():
        return {}
    bit = number(given.type, where, ".type", words.AGENTS, faults)
    transfer = given.money_transfer_operator or wire.TransferOperator()
    common = shapes.AgentInfo(
        type="any",  # the bit is read above
        paying_agent=given.paying_agent,
        receive_payments_operator=given.payment_operator,
        money_transfer_operator=shapes.TransferOperator(
            phones=transfer.phones, name=transfer.name, address=transfer.address, inn=transfer.tin
        ),
    )
    supplier = given.supplier or wire.Supplier()
    return {
        "agent_type": bit,
        "agent": parties.agent(common, {"any": 1}, where, faults)[1],
        "supplier": parties.supplier(
            shapes.SupplierInfo(phones=supplier.phones, name=supplier.name, inn=supplier.tin),
            f"{where}.supplier",
            faults,
        ),
    }
