"""Numbers that clients put into quotes, and sums of a receipt that names no total."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from openkassa.api import numbers
from openkassa.api.faults import Faults

ROUNDING: Final = 99  # kopecks that what was paid may be less than the lines
_PLAIN = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,18})?")


def unquoted(value: object) -> object:
    """A number that was sent as text, "100.00", as the number; anything else as it is."""
    return Decimal(value) if isinstance(value, str) and _PLAIN.fullmatch(value) else value


def quoted(value: object, where: str, faults: Faults) -> str | None:
    """A text that clients send as a number too; `where` names the field."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    faults.error(where, "ожидается строка")
    return None


def check_paid(paid: int, lines: int, where: str, faults: Faults) -> None:
    """What was paid is the receipt's total: the sum of its lines, less a rounding of less than a rouble."""
    if not 0 <= lines - paid <= ROUNDING:
        show = numbers.roubles
        text = f"сумма оплат {show(paid)} не равна сумме позиций {show(lines)}, разница {show(paid - lines)}"
        faults.error(where, text)
