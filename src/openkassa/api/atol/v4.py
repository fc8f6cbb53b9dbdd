"""ATOL Online v4: what it says in words of its own, and corrections, which have no items there."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from decimal import Decimal
from functools import partial
from typing import Any, Final

from openkassa.api import numbers, product, units
from openkassa.api.atol import lines, wire, words
from openkassa.api.atol.receipts import Own, correction_base, envelope, map_sale, payments_of
from openkassa.api.atol.seller import seller
from openkassa.api.body import decode
from openkassa.api.faults import Faults
from openkassa.api.lines import check_vat_sum
from openkassa.api.mapped import Mapped
from openkassa.fiscal.draft import Item, ReceiptDraft
from openkassa.fiscal.ffd.tags import FFD_1_2
from openkassa.kassa.receipts.channels import ChannelContext

CORRECTION_KIND: Final = 13  # tag 1212 of a correction's only line: v4 doesn't say what was sold
CORRECTION_NAMES: Final = {1: "Коррекция прихода", 3: "Коррекция расхода"}
FULL_PAYMENT: Final = 4  # tag 1214


def mapped(body: bytes, operation: words.Operation, channel: ChannelContext, day: dt.date) -> Mapped:
    """What a body asks for on the till-local `day`. Raises `BadBody`, `WrongField`, `Invalid`."""
    if operation.correction:
        return _correction(decode(body, wire.correction), operation, channel, day)
    request = decode(body, wire.receipt)
    own = Own(partial(_own_fields, channel.profile.ffd), lambda *_: {}, words.NAMES_V4)
    return map_sale(request, request.receipt, "receipt", operation, channel, own)


def _own_fields(ffd: int, item: wire.Item, where: str, quantity: Decimal, faults: Faults) -> dict[str, Any]:
    """Object, unit and marking code of a line."""
    objects = words.OBJECTS if ffd == FFD_1_2 else words.OBJECTS_BEFORE_1_2
    given = item.payment_object
    kind = words.DEFAULT_OBJECT if given in (None, "") else objects.get(given, 0) if isinstance(given, str) else 0
    if not kind:
        faults.error(f"{where}.payment_object", f"не из {', '.join(objects)}")
    fields: dict[str, Any] = {"kind": kind}
    unit = faults.line(item.measurement_unit, where, ".measurement_unit", 16)
    if ffd == FFD_1_2:
        fields["measure"] = units.measure(unit, quantity)
    elif unit is not None:
        fields["unit"] = unit
    if item.nomenclature_code:
        fields |= product.fields_of(item.nomenclature_code, f"{where}.nomenclature_code", ffd, faults)
    return fields


def _correction(
    request: wire.CorrectionRequest, operation: words.Operation, channel: ChannelContext, day: dt.date
) -> Mapped:
    """A correction. v4 has no items: in FFD 1.2 it becomes one line, which needs that there is one VAT rate.

    FFD 1.05 and 1.1 carry the VAT sums without lines. Raises `Invalid` with all faults.
    """
    faults = Faults()
    external_id, callback_url = envelope(request, faults)
    body = request.correction
    if body is None:
        faults.error("correction", "обязательное поле не заполнено")
        body = wire.CorrectionBody()
        faults.check()
    taxation, place = seller(body.company, channel, "correction.company", faults)
    payments = payments_of(body.payments, "correction.payments", faults)
    base = correction_base(body.correction_info, channel.profile.ffd, day, faults)
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
        **place,
    )
    return Mapped(
        draft=draft,
        external_id=external_id,
        callback_url=callback_url,
        email="",
        phone="",
        warnings=tuple(faults.warnings),
        root="correction",
        names=words.NAMES_V4,
    )


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
