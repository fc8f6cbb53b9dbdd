"""ATOL Online v5 (FFD 1.2): numbers in place of words, marking, sectoral and operating requisites, corrections."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from decimal import Decimal
from typing import Any, Final

from openkassa.api import marks, props
from openkassa.api.atol import wire, wire_v5, words
from openkassa.api.atol.receipts import Own, correction_base, map_sale
from openkassa.api.body import decode
from openkassa.api.faults import Faults
from openkassa.api.mapped import Mapped
from openkassa.fiscal.ffd.codes import KINDS, MEASURES
from openkassa.fiscal.ffd.tags import FFD_1_2
from openkassa.kassa.receipts.channels import ChannelContext

TIME_ZONES: Final = 11


def mapped(body: bytes, operation: words.Operation, channel: ChannelContext, day: dt.date) -> Mapped:
    """What a body asks for on the till-local `day`. Raises `BadBody`, `WrongField`, `Invalid`."""
    if not operation.correction:
        request = decode(body, wire_v5.receipt)
        own = Own(_own_fields, _receipt, words.NAMES_V5)
        return map_sale(request, request.receipt, "receipt", operation, channel, own)

    def correction(body: wire_v5.Receipt, where: str, faults: Faults) -> dict[str, Any]:
        base = correction_base(body.correction_info, FFD_1_2, day, faults)
        return _receipt(body, where, faults) | {"correction": base}

    request = decode(body, wire_v5.correction)
    own = Own(_own_fields, correction, words.NAMES_V5)
    return map_sale(request, request.correction, "correction", operation, channel, own)


def _own_fields(item: wire_v5.Item, where: str, _quantity: Decimal, faults: Faults) -> dict[str, Any]:
    """Object, unit, marking code and sectoral requisite of a line."""
    if not item.payment_method:
        faults.error(f"{where}.payment_method", f"обязательное поле не заполнено: {', '.join(words.METHODS)}")
    mark = marks.mark(
        item.mark_code,
        item.mark_quantity,
        item.planned_status,
        where,
        faults,
        mode=item.mark_processing_mode,
        base64=words.BASE64_MARKS,
    )
    if mark is None and item.planned_status is not None:
        faults.warn(f"{where}.planned_status", "без кода маркировки в чек не попадёт")
    return {
        "kind": _code(item.payment_object, KINDS, where, ".payment_object", faults),
        "measure": _code(item.measure, MEASURES, where, ".measure", faults),
        "mark": mark,
        "industry": props.sectoral(item.sectoral_item_props, f"{where}.sectoral_item_props", faults),
        "wholesale": bool(item.wholesale),
    }


def _code(value: object, known: Collection[int], where: str, name: str, faults: Faults) -> int:
    """One of the numbers of a tag, required."""
    before = len(faults.errors)
    code = faults.whole(value, where, name, 0, 255)
    if code is None and len(faults.errors) == before:
        faults.error(where + name, "обязательное поле не заполнено")
    elif code is not None and code not in known:
        faults.error(where + name, f"{code} не из {', '.join(map(str, known))}")
    return code or 0


def _receipt(body: wire_v5.Receipt, where: str, faults: Faults) -> dict[str, Any]:
    company = body.company or wire.Company()
    for name in ("email", "sno"):
        if body.company is not None and not getattr(company, name):
            faults.error(f"{where}.company.{name}", "обязательное поле не заполнено")
    fields: dict[str, Any] = {
        "cashier_inn": faults.text(body.cashier_inn, where, ".cashier_inn", 12),
        "industry": props.sectoral(body.sectoral_check_props, f"{where}.sectoral_check_props", faults),
        "operating": props.operating(body.operating_check_props, f"{where}.operating_check_props", faults),
        "cashless": props.cashless(body.cashless_payments, f"{where}.cashless_payments", faults),
        "time_zone": faults.whole(body.timezone, where, ".timezone", 1, TIME_ZONES),
    }
    if body.internet is not None:
        fields["internet"] = body.internet
    return fields
