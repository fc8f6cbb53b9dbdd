"""Komtet Kassa v1: what it says in words of its own. Made for FFD 1.05; on FFD 1.2 units become codes."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

from openkassa.api import contacts, corrections, parties, product, shapes, units
from openkassa.api.faults import Faults
from openkassa.api.komtet import wire, words
from openkassa.api.komtet.checks import Own, given, taxation, word
from openkassa.fiscal.draft import Buyer, Correction
from openkassa.fiscal.ffd.tags import FFD_1_2
from openkassa.kassa.receipts.channels import ChannelContext

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _seller(check: wire.CheckV1, channel: ChannelContext, faults: Faults) -> dict[str, Any]:
    return {
        "taxation": taxation(check.sno, "sno", channel, faults),
        "place": faults.line(check.payment_address, "", "payment_address", 256),
        "address": faults.line(check.place_address, "", "place_address", 256),
    }


def _buyer(check: wire.CheckV1, required: bool, faults: Faults) -> tuple[Buyer | None, str, str]:
    """`user` is an e-mail address or a phone; `client` adds name and ИНН."""
    user = faults.text(check.user, "", "user", parties.EMAIL_LIMIT, required=required)
    client = given(check.client) or shapes.Client()
    is_phone = user is not None and contacts.phone(user) is not None
    whole = shapes.Client(
        email=None if is_phone else user, phone=user if is_phone else None, name=client.name, inn=client.inn
    )
    return parties.buyer(whole, "client", faults, required=False)


def _position(
    position: wire.PositionV1, where: str, quantity: Decimal, ffd: int, faults: Faults
) -> dict[str, Any]:  # fmt: skip
    objects = words.OBJECTS if ffd == FFD_1_2 else words.OBJECTS_BEFORE_1_2
    method, kind = position.calculation_method, position.calculation_subject
    fields: dict[str, Any] = {
        "method": word(method, words.METHODS, words.DEFAULT_METHOD, f"{where}.calculation_method", faults),
        "kind": word(kind, objects, words.DEFAULT_OBJECT, f"{where}.calculation_subject", faults),
    }
    unit = faults.line(position.measure_name, where, ".measure_name", 16)
    if ffd == FFD_1_2:
        fields["measure"] = units.measure(unit, quantity)
    else:
        fields["unit"] = unit
    code = given(position.nomenclature_code) or wire.Nomenclature()
    for name, text in (("hex_code", code.hex_code), ("code", code.code)):
        if text:
            return fields | product.fields_of(text, f"{where}.nomenclature_code.{name}", ffd, faults)
    return fields


def _correction(check: wire.CheckV1, ffd: int, day: dt.date, faults: Faults) -> Correction | None:
    info = check.correction
    if info is None:
        faults.error("correction", "обязательное поле не заполнено")
        return None
    if info.type not in words.BY_ORDER_V1:
        faults.error("correction.type", f"не из {', '.join(words.BY_ORDER_V1)}")
    return corrections.base(
        by_order=words.BY_ORDER_V1.get(info.type or "", False),
        date=("correction.date", _day(info.date, faults)),
        number=("correction.document", info.document),
        number_required=False,
        ffd=ffd,
        day=day,
        faults=faults,
    )


def _day(text: str | None, faults: Faults) -> dt.date | None:
    text = faults.text(text, "correction", ".date", 10, required=True)
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text if _DATE.fullmatch(text) else "")
    except ValueError:
        faults.error("correction.date", "ожидается гггг-мм-дд")
        return None


OWN = Own(_seller, _buyer, _position, _correction, lambda *_: {}, words.NAMES_V1)
