"""Codes that faces send as one text: marking codes whose kind is seen by their look, countries."""

from __future__ import annotations

from openkassa.api.faults import Faults
from openkassa.fiscal import marking, product_code
from openkassa.fiscal.draft import Mark

MARK_LIMIT = 400  # characters: 256 of tag 2000, in base64


def _read(text: str | None, where: str, faults: Faults) -> marking.Code | None:
    """The code in `text`, plain or base64."""
    text = faults.text(text, where, "", MARK_LIMIT)
    if text is None:
        return None
    try:
        return marking.parse(marking.plain_or_base64(text))
    except marking.MarkingError as problem:
        faults.error(where, problem.text)
        return None


def mark_of_text(text: str | None, where: str, faults: Faults) -> Mark | None:
    """Tag 1163 (FFD 1.2) of a marking code, None where there is none. `where` names the field."""
    code = _read(text, where, faults)
    return Mark(kind=code.kind, code=code.text) if code is not None else None


def product_code_of_text(text: str | None, where: str, faults: Faults) -> str | None:
    """Tag 1162 (before FFD 1.2), hexadecimal, of a marking code or of the tag's bytes in hexadecimal."""
    text = faults.text(text, where, "", MARK_LIMIT)
    if text is None:
        return None
    try:
        return product_code.to_bytes(product_code.from_text(text.replace(" ", ""))).hex().upper()
    except marking.MarkingError:
        code = _read(text, where, faults)
        return product_code.to_bytes(code).hex().upper() if code is not None else None


def country(given: object, where: str, faults: Faults) -> str | None:
    """Tag 1230: three digits; clients send 643 and "643", and numbers that have lost their zeros."""
    if given is None or given == "":
        return None
    text = str(given).strip() if isinstance(given, int | str) and not isinstance(given, bool) else ""
    if not (text.isascii() and text.isdigit() and len(text) <= 3):
        faults.error(where, "код страны состоит из трёх цифр")
        return None
    return text.zfill(3)
