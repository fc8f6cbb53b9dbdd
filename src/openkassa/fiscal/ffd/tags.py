"""The tag table of the fiscal document formats (FFD) 1.05, 1.1 and 1.2 with the additions of 2025 and 2026.

The rows are in `tags.csv` beside this module. Their source is the order of the tax service ЕД-7-20/662@ (edition
ЕД-7-20/239@) and, for the additions, ЕД-7-20/236@ (from 01.09.2025) and ЕД-7-20/1050@ (from 05.01.2026).
A tag that an edition gave a new meaning has the meaning in force.

Lengths of counters (1129 to 1133, 1145, 1146, 1157, 1158, 1194, 1232, 1233) are ours, computed from what is nested in
them: those in circulation (32 to 708 bytes) don't hold six sums, and a shift must be able to close.
"""

from __future__ import annotations

import csv
from importlib import resources
from typing import Final, NamedTuple

FFD_1_05: Final = 2
FFD_1_1: Final = 3
FFD_1_2: Final = 4
FFD_NAMES: Final = {FFD_1_05: "1.05", FFD_1_1: "1.1", FFD_1_2: "1.2"}

TYPES: Final = frozenset({"byte", "uint16", "uint32", "unixtime", "bits", "vln", "fvln", "string", "bytes", "stlv"})


class Tag(NamedTuple):
    """One row of the table.

    `size` is the greatest length of the value in bytes. `fixed` means that a string is always written with that
    length, padded with spaces on the right, and that bytes have exactly that length; numbers of the types
    byte, uint16, uint32, unixtime and bits always have it. `many`: may stand several times in one level.
    `status` is "form" (the code of a whole document), "current", "2025" (added from 01.09.2025 on) or "old"
    (FFD 1.0, kept for reading). `mark` is S (from the order or seen in real documents), C (from working
    implementations) or U (unconfirmed: easy to change, not to be relied on).
    """

    tag: int
    type: str
    size: int
    fixed: bool
    many: bool
    status: str
    mark: str
    json: str | None
    name: str


def _load() -> dict[int, Tag]:
    text = resources.files(__package__).joinpath("tags.csv").read_text(encoding="utf-8")
    table: dict[int, Tag] = {}
    for row in csv.DictReader(text.splitlines()):
        tag = int(row["tag"])
        if tag in table or row["type"] not in TYPES:
            raise ValueError(f"tags.csv: row of tag {tag} repeats a tag or has an unknown type {row['type']!r}")
        table[tag] = Tag(
            tag=tag,
            type=row["type"],
            size=int(row["size"]),
            fixed=row["fixed"] == "yes",
            many=row["many"] == "yes",
            status=row["status"],
            mark=row["mark"],
            json=row["json"] or None,
            name=row["name"],
        )
    return table


TAGS: Final[dict[int, Tag]] = _load()

# Forms of fiscal documents (codes of documents are tags of their STLV).
REGISTRATION: Final = 1
SHIFT_OPEN: Final = 2
RECEIPT: Final = 3
BSO: Final = 4
SHIFT_CLOSE: Final = 5
STORAGE_CLOSE: Final = 6
ACKNOWLEDGEMENT: Final = 7
REGISTRATION_CHANGE: Final = 11
SETTLEMENTS: Final = 21
RECEIPT_CORRECTION: Final = 31
BSO_CORRECTION: Final = 41

RECEIPT_FORMS: Final = frozenset({RECEIPT, BSO, RECEIPT_CORRECTION, BSO_CORRECTION})
CORRECTION_FORMS: Final = frozenset({RECEIPT_CORRECTION, BSO_CORRECTION})


def name(tag: int) -> str:
    """The Russian name of a tag by the order, or «неизвестный реквизит»."""
    row = TAGS.get(tag)
    return row.name if row else "неизвестный реквизит"
