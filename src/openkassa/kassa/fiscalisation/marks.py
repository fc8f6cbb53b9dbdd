"""Marking codes of a receipt as the register is asked to check them."""

from __future__ import annotations

from openkassa.fiscal.draft import Item, read_draft
from openkassa.fiscal.driver import MarkToCheck
from openkassa.fiscal.ffd.marks import read_mark, status
from openkassa.fiscal.ffd.tlv import Pairs, encode


def marks_to_check(draft: bytes) -> list[MarkToCheck]:
    """Of a stored draft, in order of its lines."""
    given = read_draft(bytes(draft))
    return [found for index, item in enumerate(given.items) if (found := _mark(item, index, given.operation))]


def _mark(item: Item, index: int, operation: int) -> MarkToCheck | None:
    if item.mark is None:
        return None
    code, _ = read_mark(item.mark)
    return MarkToCheck(
        line=index,
        kind=code.kind,
        code=code.text,
        status=status(item, operation),
        amount=encode(_amount(item)),
        mode=item.mark.processing_mode,
    )


def _amount(item: Item) -> Pairs:
    mark = item.mark
    if mark is not None and mark.numerator is not None and mark.denominator is not None:
        return [(1291, [(1293, mark.numerator), (1294, mark.denominator)])]
    return [(1023, item.quantity), (2108, item.measure)]
