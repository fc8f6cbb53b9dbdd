"""Sectoral, operating and user's requisites of a YooKassa receipt."""

from __future__ import annotations

import datetime as dt
import re

from openkassa.api.faults import Faults
from openkassa.api.yookassa import wire
from openkassa.fiscal.draft import IndustryProps, OperatingProps

LIMIT = 10
EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001  till-local time has no zone
_AUTHORITY = re.compile(r"[0-9]{3}")


def industry(given: list[wire.IndustryDetails] | None, where: str, faults: Faults) -> tuple[IndustryProps, ...]:
    """Tags 1260 and 1261; days come as 2020-11-18."""
    found = [one for one in given or () if one != wire.IndustryDetails()]
    if len(found) > LIMIT:
        faults.error(where, f"элементов {len(found)}, допускается не больше {LIMIT}")
        return ()
    return tuple(_industry(one, f"{where}[{index}]", faults) for index, one in enumerate(found))


def _industry(one: wire.IndustryDetails, where: str, faults: Faults) -> IndustryProps:
    authority = faults.text(one.federal_id, where, ".federal_id", 3, required=True) or ""
    if authority and not _AUTHORITY.fullmatch(authority):
        faults.error(f"{where}.federal_id", "код ведомства состоит из трёх цифр")
    text = faults.text(one.document_date, where, ".document_date", 30, required=True)
    date = _day(text[:10]) if text else None
    if text and date is None:
        faults.error(f"{where}.document_date", "ожидается ГГГГ-ММ-ДД")
    return IndustryProps(
        authority=authority,
        date=f"{date:%d.%m.%Y}" if date else "",
        number=faults.line(one.document_number, where, ".document_number", 32, required=True) or "",
        value=faults.line(one.value, where, ".value", 256, required=True) or "",
    )


def operating(
    given: wire.OperationalDetails | None, where: str, utc_offset: int, faults: Faults
) -> OperatingProps | None:
    """Tag 1270; `created_at` is UTC and becomes the till's time, `utc_offset` minutes away."""
    if given is None or given == wire.OperationalDetails():
        return None
    number = faults.whole(given.operation_id, where, ".operation_id", 0, 255)
    text = faults.text(given.created_at, where, ".created_at", 40, required=True)
    at = moment(text) if text else None
    if text and at is None:
        faults.error(f"{where}.created_at", "ожидается время вида 2026-11-21T09:00:00Z")
    local = at.replace(tzinfo=None) + dt.timedelta(minutes=utc_offset) if at else EPOCH
    return OperatingProps(
        operation_id=number or 0,
        data=faults.line(given.value, where, ".value", 64, required=True) or "",
        at=int((local - EPOCH).total_seconds()),
    )


def user_extra(given: wire.UserProps | None, where: str, faults: Faults) -> tuple[str, str] | None:
    """Tag 1084."""
    if given is None or given == wire.UserProps():
        return None
    name = faults.line(given.name, where, ".name", 64, required=True)
    value = faults.line(given.value, where, ".value", 234, required=True)
    return name or "", value or ""


def _day(text: str) -> dt.date | None:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year >= 1900 else None


def moment(text: str) -> dt.datetime | None:
    """UTC; a time without a zone is taken for UTC."""
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    at = at if at.tzinfo is not None else at.replace(tzinfo=dt.UTC)
    return at.astimezone(dt.UTC) if 1970 < at.year < 2100 else None
