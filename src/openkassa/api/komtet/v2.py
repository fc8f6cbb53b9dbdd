"""Komtet Kassa v2: what it says in words of its own. Made for FFD 1.2; older formats take what they have."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from openkassa.api import corrections, marks, parties, props, shapes
from openkassa.api.dates import DATE, moment
from openkassa.api.faults import Faults
from openkassa.api.komtet import wire, words
from openkassa.api.komtet.checks import Own, given, taxation, word
from openkassa.fiscal.draft import Buyer, Correction
from openkassa.fiscal.ffd.codes import MEASURES
from openkassa.fiscal.ffd.tags import FFD_1_2
from openkassa.kassa.receipts.channels import ChannelContext


def _seller(check: wire.CheckV2, channel: ChannelContext, faults: Faults) -> dict[str, Any]:
    company = given(check.company) or wire.Company()
    inn = faults.text(company.inn, "company", ".inn", 12)
    if inn is not None and inn != channel.inn:
        faults.error("company.inn", f"ИНН {inn} не совпадает с ИНН магазина {channel.inn}")
    return {
        "taxation": taxation(company.sno, "company.sno", channel, faults),
        "place": faults.line(company.payment_address, "company", ".payment_address", 256),
        "address": faults.line(company.place_address, "company", ".place_address", 256),
    }


def _buyer(check: wire.CheckV2, required: bool, faults: Faults) -> tuple[Buyer | None, str, str]:
    return parties.buyer(given(check.client), "client", faults, required=required)


def _position(
    position: wire.PositionV2, where: str, _quantity: Decimal, ffd: int, faults: Faults
) -> dict[str, Any]:  # fmt: skip
    objects = words.OBJECTS if ffd == FFD_1_2 else words.OBJECTS_BEFORE_1_2
    measure = faults.whole(position.measure, where, ".measure", 0, 255) or 0
    if measure not in MEASURES:
        faults.error(f"{where}.measure", f"{measure} не из {', '.join(map(str, MEASURES))}")
    mark = marks.mark(
        given(position.mark_code), given(position.mark_quantity), position.planned_status, where, faults
    )  # fmt: skip
    return {
        "method": word(position.payment_method, words.METHODS, words.DEFAULT_METHOD, f"{where}.payment_method", faults),
        "kind": word(position.payment_object, objects, words.DEFAULT_OBJECT, f"{where}.payment_object", faults),
        "mark": mark,
        "industry": props.sectoral(position.sectoral_item_props, f"{where}.sectoral_item_props", faults),
        "wholesale": bool(position.wholesale),
        **({"measure": measure} if ffd == FFD_1_2 else {"unit": MEASURES.get(measure) or None}),
    }


def _correction(check: wire.CheckV2, ffd: int, day: dt.date, faults: Faults) -> Correction | None:
    info = check.correction_info
    if info is None:
        faults.error("correction_info", "обязательное поле не заполнено")
        return None
    if info.type not in words.BY_ORDER:
        faults.error("correction_info.type", f"не из {', '.join(words.BY_ORDER)}")
    text = faults.day(info.base_date, "correction_info", ".base_date", required=True)
    at = moment(text, DATE) if text else None
    return corrections.base(
        by_order=words.BY_ORDER.get(info.type or "", False),
        date=("correction_info.base_date", at.date() if at else None),
        number=("correction_info.base_number", info.base_number),
        number_required=False,
        ffd=ffd,
        day=day,
        faults=faults,
    )


def _extras(check: wire.CheckV2, faults: Faults) -> dict[str, Any]:
    operating: shapes.OperatingProps | None = given(check.operating_check_props)
    return {
        "industry": props.sectoral(check.sectoral_check_props, "sectoral_check_props", faults),
        "operating": props.operating(operating, "operating_check_props", faults),
    }


OWN = Own(_seller, _buyer, _position, _correction, _extras, words.NAMES_V2)
