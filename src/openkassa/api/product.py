"""The code of a product in a field that shops fill with the bytes of tag 1162 or with a marking code."""

from __future__ import annotations

from typing import Any, Final

from openkassa.api.faults import Faults
from openkassa.fiscal import product_code
from openkassa.fiscal.draft import Mark
from openkassa.fiscal.ffd.tags import FFD_1_2
from openkassa.fiscal.marking import MarkingError

MAX_DIGITS: Final = 64  # of the 32 bytes of tag 1162
HEXADECIMAL: Final = frozenset("0123456789ABCDEFabcdef ")


def fields_of(text: str, where: str, ffd: int, faults: Faults) -> dict[str, Any]:
    """Fields of a line for it: bytes of tag 1162 in hexadecimal, or the marking code itself as a scanner reads it.

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
