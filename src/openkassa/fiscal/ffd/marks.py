"""What a marking code becomes in a document of FFD 1.2 (and 1162 in 1.05 and 1.1), and how its check is read.

Statuses (2003 planned, 2110 given): 1 a piece sold, 2 a measured part sold, 3 a piece returned, 4 a part returned, 255
unchanged; shops also send 5 and 6, whose meaning is unconfirmed.

Bits of 2106: 0 the storage has checked the code, 1 and found it right, 2 the marking service has checked the goods,
3 and found their status right, 4 the register works without the service.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from .. import marking, product_code
from ..draft import Item, Mark
from .codes import KIND_WITH_CODE
from .tlv import Pairs

PIECE_SOLD: Final = 1
PART_SOLD: Final = 2
PIECE_RETURNED: Final = 3
PART_RETURNED: Final = 4
UNCHANGED: Final = 255
STATUSES: Final = frozenset({1, 2, 3, 4, 5, 6, UNCHANGED})
LEAVES: Final = frozenset({1, 4})  # 1054: приход and возврат расхода give goods away

CODE_CHECKED: Final = 1  # bits of 2106
CODE_RIGHT: Final = 2
STATUS_CHECKED: Final = 4
STATUS_RIGHT: Final = 8
OFFLINE: Final = 16
ALL_RIGHT: Final = CODE_CHECKED | CODE_RIGHT | STATUS_CHECKED | STATUS_RIGHT


def read_mark(mark: Mark) -> tuple[marking.Code, marking.MarkingError | None]:
    """The code of a mark. One that isn't what it is said to be is read as unrecognised, beside what is wrong with it.

    MarkingError for what can't stand in a document at all.
    """
    try:
        return marking.parse(mark.code, mark.kind), None
    except marking.MarkingError as problem:
        return marking.parse(mark.code, "unknown"), problem


def status(item: Item, operation: int) -> int:
    """2003: as the mark says, else what the operation does to the goods."""
    mark = item.mark
    if mark is not None and mark.planned_status is not None:
        return mark.planned_status
    part = item.measure != 0 or (mark is not None and mark.denominator is not None)
    if operation in LEAVES:
        return PART_SOLD if part else PIECE_SOLD
    return PART_RETURNED if part else PIECE_RETURNED


def kind_of_goods(item: Item) -> int:
    """1212: goods that have a code are 31 or 33, whatever the shop calls them."""
    return KIND_WITH_CODE.get(item.kind, item.kind) if item.mark is not None else item.kind


def mark_pairs(mark: Mark) -> Pairs:
    """1163, 1291 and 2102 of a line. 2106 is added by the register, which has the code checked."""
    code, _ = read_mark(mark)
    pairs: Pairs = [(1163, [(code.tag, code.product)])]
    if mark.numerator is not None and mark.denominator is not None:
        pairs.append((1291, [(1293, mark.numerator), (1294, mark.denominator)]))
    pairs.append((2102, mark.processing_mode))
    return pairs


def product_bytes(item: Item) -> bytes | None:
    """1162 of FFD 1.05 and 1.1: as given, else of the marking code."""
    if item.product_code is not None:
        return bytes.fromhex(item.product_code)
    return product_code.to_bytes(read_mark(item.mark)[0]) if item.mark is not None else None


def controls(items: Sequence[Item]) -> dict[int, str]:
    """2115 of the lines that have a code, by their index."""
    return {index: read_mark(item.mark)[0].control for index, item in enumerate(items) if item.mark is not None}


def sign(result: int) -> str:
    """How 2106 is printed: [М+] checked and right, [М-] checked and wrong, [М] not wholly checked."""
    if result & ALL_RIGHT == ALL_RIGHT:
        return "[М+]"
    wrong = (result & CODE_CHECKED and not result & CODE_RIGHT) or (
        result & STATUS_CHECKED and not result & STATUS_RIGHT
    )
    return "[М-]" if wrong else "[М]"
