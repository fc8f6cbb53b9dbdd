"""The content that a register hands to its storage: looked at once, never rebuilt.

A storage takes whole TLVs and does no format-logical check. It needs the sums for its counters, and it refuses tags
that it writes itself.
"""

from __future__ import annotations

from struct import Struct

from . import counters
from .errors import ErrorCode, StorageError

# Written by the storage; in content they would stand twice.
OWN_TAGS = frozenset(
    {1012, 1018, 1020, 1037, 1038, 1040, 1041, 1042, 1054, 1077, 1097, 1098, 1111, 1116, 1118, 1157, 1158, 1190, 1194}
)

_HEADER = Struct("<HH")
_read_header = _HEADER.unpack_from


def scan_receipt(content: bytes, total: int) -> tuple[counters.Sums, bool]:
    """(sums for the counters, whether tag 1209 is there) of a receipt's content."""
    sums = [(counters.COUNT, 1)]
    if total:
        sums.append((counters.TOTAL, total))
    has_format = False
    column_of = counters.COLUMN_OF
    position, end = 0, len(content)
    while position < end:
        if end - position < 4:
            raise _cut(position)
        tag, length = _read_header(content, position)
        start = position + 4
        position = start + length
        if position > end:
            raise _cut(start - 4)
        if tag in column_of:
            amount = int.from_bytes(content[start:position], "little")
            if amount:
                sums.append((column_of[tag], amount))
        elif tag in OWN_TAGS:
            raise StorageError(ErrorCode.TAG_NOT_ALLOWED, f"тег {tag}")
        elif tag == 1209:
            has_format = True
    return tuple(sums), has_format


def tags_of(content: bytes) -> set[int]:
    """Top-level tags of a report's content."""
    tags = set()
    position, end = 0, len(content)
    while position < end:
        if end - position < 4:
            raise _cut(position)
        tag, length = _read_header(content, position)
        if position + 4 + length > end:
            raise _cut(position)
        position += 4 + length
        tags.add(tag)
    own = tags & OWN_TAGS
    if own:
        raise StorageError(ErrorCode.TAG_NOT_ALLOWED, "теги " + ", ".join(map(str, sorted(own))))
    return tags


def _cut(position: int) -> StorageError:
    return StorageError(ErrorCode.WRONG_PARAMETERS, f"данные не состоят из целых TLV, смещение {position}")
