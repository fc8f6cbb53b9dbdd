"""Additional requisites of receipts and lines: sectoral, operating, of the user, details of cashless payments."""

from __future__ import annotations

import datetime as dt
import re

from openkassa.api import shapes
from openkassa.api.dates import TIME, TIME_WORDS, moment
from openkassa.api.faults import Faults
from openkassa.fiscal.draft import Cashless, IndustryProps, OperatingProps

LIMIT = 10  # of each kind
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001  till-local time has no zone
_AUTHORITY = re.compile(r"[0-9]{3}")


def sectoral(given: list[shapes.SectoralProps] | None, where: str, faults: Faults) -> tuple[IndustryProps, ...]:
    """Tags 1260 and 1261; an object without any field counts for nothing."""
    if len(given or ()) > LIMIT:
        faults.error(where, f"элементов {len(given or ())}, допускается не больше {LIMIT}")
        return ()
    return tuple(
        _sectoral(one, f"{where}[{index}]", faults)
        for index, one in enumerate(given or ())
        if one != shapes.SectoralProps()
    )


def _sectoral(one: shapes.SectoralProps, where: str, faults: Faults) -> IndustryProps:
    authority = faults.text(one.federal_id, where, ".federal_id", 3, required=True) or ""
    if authority and not _AUTHORITY.fullmatch(authority):
        faults.error(f"{where}.federal_id", "код ведомства состоит из трёх цифр")
    date = faults.day(one.date, where, ".date", required=True)
    return IndustryProps(
        authority=authority,
        date=date or "",
        number=faults.line(one.number, where, ".number", 32, required=True) or "",
        value=faults.line(one.value, where, ".value", 256, required=True) or "",
    )


def operating(given: shapes.OperatingProps | None, where: str, faults: Faults) -> OperatingProps | None:
    """Tag 1270. `name` is the number of the operation; clients send it as a number or as text."""
    if given is None or given == shapes.OperatingProps():
        return None
    number = faults.whole(given.name, where, ".name", 0, 255)
    text = faults.text(given.timestamp, where, ".timestamp", 19, required=True)
    at = moment(text, TIME) if text else None
    if text and at is None:
        faults.error(f"{where}.timestamp", TIME_WORDS)
    return OperatingProps(
        operation_id=number or 0,
        data=faults.line(given.value, where, ".value", 64, required=True) or "",
        at=int((at - _EPOCH).total_seconds()) if at else 0,
    )


def user_extra(given: shapes.UserProps | None, where: str, faults: Faults) -> tuple[str, str] | None:
    """Tag 1084."""
    if given is None or given == shapes.UserProps():
        return None
    name = faults.line(given.name, where, ".name", 64, required=True)
    value = faults.line(given.value, where, ".value", 256, required=True)
    return name or "", value or ""


def cashless(given: list[shapes.CashlessPayment] | None, where: str, faults: Faults) -> tuple[Cashless, ...]:
    """Tag 1234."""
    if len(given or ()) > LIMIT:
        faults.error(where, f"оплат {len(given or ())}, допускается не больше {LIMIT}")
        return ()
    return tuple(_cashless(one, f"{where}[{index}]", faults) for index, one in enumerate(given or ()))


def _cashless(one: shapes.CashlessPayment, where: str, faults: Faults) -> Cashless:
    method = faults.whole(one.method, where, ".method", 0, 255)
    if method is None and one.method in (None, ""):
        faults.error(f"{where}.method", "обязательное поле не заполнено")
    return Cashless(
        amount=faults.amount(one.sum, where, ".sum", 99_999_999_999),
        method=method or 0,
        ids=faults.line(one.id, where, ".id", 256, required=True) or "",
        extra=faults.line(one.additional_info, where, ".additional_info", 256),
    )
