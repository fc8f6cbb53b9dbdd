"""Marking codes as wire faces send them: an object with one code under the name of its kind."""

from __future__ import annotations

from msgspec.structs import asdict

from openkassa.api import shapes
from openkassa.api.faults import Faults
from openkassa.fiscal import marking
from openkassa.fiscal.draft import Mark

STATUSES = 255
BIGGEST_PART = 2**63 - 1


def mark(
    code: shapes.MarkCode | None,
    quantity: shapes.MarkQuantity | None,
    status: object,
    where: str,
    faults: Faults,
    *,
    mode: object = None,
    base64: frozenset[str] = frozenset(),
) -> Mark | None:
    """The mark of the line `where`; `base64` are the kinds whose codes the face sends so, though plain ones are taken.

    `mode` is tag 2102, which clients send as text too; without it the only known one, 0, is meant.
    """
    given = {kind: text for kind, text in asdict(code).items() if text} if code is not None else {}
    if not given:
        return None
    if len(given) > 1:
        faults.error(f"{where}.mark_code", f"нужен один вид кода, указаны {', '.join(given)}")
        return None
    kind, text = next(iter(given.items()))
    try:
        plain = from_base64(text) if kind in base64 else marking.normalise(text)
    except marking.MarkingError as problem:
        faults.error(f"{where}.mark_code.{kind}", problem.text)
        return None
    quantity = quantity or shapes.MarkQuantity()
    return Mark(
        kind=kind,
        code=plain,
        planned_status=faults.whole(status, where, ".planned_status", 1, STATUSES),
        numerator=faults.whole(quantity.numerator, where, ".mark_quantity.numerator", 1, BIGGEST_PART),
        denominator=faults.whole(quantity.denominator, where, ".mark_quantity.denominator", 1, BIGGEST_PART),
        processing_mode=faults.whole(mode, where, ".mark_processing_mode", 0, 255) or 0,
    )


def from_base64(text: str) -> str:
    """The code of a field that should hold base64: text that reads as a code itself, or isn't base64, is taken so."""
    plain = marking.plain_or_base64(text)
    if marking.kind_of(plain) != "unknown":
        return plain
    try:
        return marking.from_base64(text)
    except marking.MarkingError:
        return plain
