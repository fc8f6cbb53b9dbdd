"""Counters of a fiscal storage (tags 1157, 1194, 1158): how many receipts and for how much, by operation.

Kept flat for speed: eight rows of `WIDTH` numbers, four operations of receipts, then four of corrections. Tables 89-92
of the order. Sums of VAT exist for the rates that the order's counters name; how a storage counts 5, 7 and 22 % is
unconfirmed, so those are in no counter of VAT (they are in the totals).
"""

from __future__ import annotations

from struct import Struct
from typing import Union

Fields = list[tuple[int, Union[int, "Fields"]]]  # a tag with a number, or with more of them inside
Sums = tuple[tuple[int, int], ...]  # (column, amount) of one receipt, zero amounts left out

# Column → tag in the counters. Column 0 counts receipts, 6 is the sum of all.
COLUMNS = (1135, 1136, 1138, 1218, 1219, 1220, 1201, 1139, 1140, 1141, 1142, 1143, 1183)
COUNT, TOTAL = 0, 6
MONEY_COLUMNS = range(TOTAL + 1)
WIDTH = len(COLUMNS)
CORRECTIONS = 4  # first row of corrections

# Tag in a receipt → column.
COLUMN_OF = {
    1031: 1,
    1081: 2,
    1215: 3,
    1216: 4,
    1217: 5,
    1102: 7,
    1103: 8,
    1106: 9,
    1107: 10,
    1104: 11,
    1105: 12,
}

_OPERATION_TAGS = (1129, 1130, 1131, 1132)  # sale, its refund, purchase, its refund
_CORRECTION_TAGS = (1145, 1232, 1146, 1233)  # in the same order
_HEADER = Struct("<HH")


def empty() -> list[int]:
    return [0] * (8 * WIDTH)


def row_of(operation: int, correction: bool) -> int:
    return operation - 1 + (CORRECTIONS if correction else 0)


def add(counters: list[int], row: int, sums: Sums) -> None:
    base = row * WIDTH
    for column, amount in sums:
        counters[base + column] += amount


def subtract(counters: list[int], row: int, sums: Sums) -> None:
    base = row * WIDTH
    for column, amount in sums:
        counters[base + column] -= amount


def totals(counters: list[int]) -> Fields:
    """Inside of tags 1157 and 1194: all receipts by operation, then corrections."""
    count = sum(counters[row * WIDTH + COUNT] for row in range(8))
    corrections = _by_operation(counters, CORRECTIONS, _CORRECTION_TAGS, MONEY_COLUMNS)
    corrections_count = sum(counters[row * WIDTH + COUNT] for row in range(CORRECTIONS, 8))
    return [
        (1134, count),
        *_by_operation(counters, 0, _OPERATION_TAGS, range(WIDTH)),
        (1133, [(1144, corrections_count), *corrections]),
    ]


def undelivered(counters: list[int]) -> Fields:
    """Inside of tag 1158: receipts and corrections together, by operation, without VAT."""
    both = [counters[i] + counters[i + CORRECTIONS * WIDTH] for i in range(CORRECTIONS * WIDTH)]
    count = sum(both[row * WIDTH + COUNT] for row in range(CORRECTIONS))
    return [(1144, count), *_by_operation(both, 0, _CORRECTION_TAGS, MONEY_COLUMNS)]


def _by_operation(counters: list[int], first_row: int, tags: tuple[int, ...], columns: range) -> Fields:
    return [
        (tag, [(COLUMNS[column], counters[(first_row + i) * WIDTH + column]) for column in columns])
        for i, tag in enumerate(tags)
    ]


def pack(tag: int, pairs: Fields) -> bytes:
    """TLV of counters. The tag table bounds 1145, 1146, 1232 and 1233 by 32 bytes, which seven counters overrun
    as soon as sums are large; a storage's counters are never cut, so they are written here and not by the codec."""
    body = b"".join(pack(inner, value) if isinstance(value, list) else _number(inner, value) for inner, value in pairs)
    return _HEADER.pack(tag, len(body)) + body


def _number(tag: int, value: int) -> bytes:
    if tag in (1134, 1135, 1144):  # counts are uint32, sums are VLN
        return _HEADER.pack(tag, 4) + value.to_bytes(4, "little")
    raw = value.to_bytes(max(1, (value.bit_length() + 7) // 8), "little")
    return _HEADER.pack(tag, len(raw)) + raw
