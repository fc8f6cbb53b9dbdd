"""Results of checks of marking codes inside a receipt's content: 2106 in its lines, 2107 on the receipt.

They are the only thing that a cash register changes in the content that it was given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from struct import Struct

from ..ffd.marks import sign
from .documents import byte, raw

LINE = 1059
RESULT = 2106
NEGATIVE = 2107  # 1: the receipt has codes that were checked and found wrong
_HEADER = Struct("<HH")


def fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(tag, whole field) of one level of whole TLVs."""
    position = 0
    while position + _HEADER.size <= len(data):
        tag, length = _HEADER.unpack_from(data, position)
        end = position + _HEADER.size + length
        yield tag, data[position:end]
        position = end


def with_results(content: bytes, results: Mapping[int, int]) -> bytes:
    """Content with the result of each checked line, by the line's index."""
    pieces, line = [], -1
    for tag, field in fields(content):
        line += tag == LINE
        if tag == LINE and line in results:
            field = raw(LINE, field[_HEADER.size :] + byte(RESULT, results[line]))
        pieces.append(field)
    if any(sign(result) == "[М-]" for result in results.values()):
        pieces.append(byte(NEGATIVE, 1))
    return b"".join(pieces)


def without_results(tag: int, field: bytes) -> bytes:
    """A field of a receipt's first level as it was given to the register; empty for one that the register added."""
    if tag == NEGATIVE:
        return b""
    if tag != LINE:
        return field
    inside = list(fields(field[_HEADER.size :]))
    if all(one != RESULT for one, _ in inside):
        return field
    return raw(LINE, b"".join(piece for one, piece in inside if one != RESULT))
