"""Check of a marking code by the storage itself (commands B1h and B2h), and what came of all checks (2106).

A real storage holds keys of the check parts. An emulated one has none: it takes every check part for right but one that
begins with `BAD`, so that a wrong one can be tried.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from ..ffd.marks import CODE_CHECKED, CODE_RIGHT
from ..marking import GS, Code
from .oism import READ, Reply

CHECKED: Final = 0  # reasons of B1h
NOT_FOR_STORAGE: Final = 1
NO_IDENTIFIERS: Final = 3
OTHER: Final = 4
WRONG_PART: Final = "BAD"
_BY_STORAGE: Final = frozenset({2, 4})  # 2100

REASONS: Final = {
    CHECKED: "проверен накопителем",
    NOT_FOR_STORAGE: "код этого вида накопитель не проверяет",
    NO_IDENTIFIERS: "в коде нет проверочной части (91 и 92)",
    OTHER: "код не распознан",
}


class Local(NamedTuple):
    result: int  # 2004
    reason: int


def check(code: Code) -> Local:
    """What the storage says of a code."""
    if code.code_type in _BY_STORAGE:
        part = code.text.rpartition(f"{GS}92")[2]
        right = not part.startswith(WRONG_PART)
        return Local(CODE_CHECKED | (CODE_RIGHT if right else 0), CHECKED)
    if code.kind == "unknown":
        return Local(0, OTHER)
    if code.kind == "gs1m" and code.code_type == 0:
        return Local(0, NO_IDENTIFIERS)
    return Local(0, NOT_FOR_STORAGE)


def result(local: Local, reply: Reply | None) -> int:
    """2106 of a code; `reply` is None when the service was not asked or did not answer.

    What the storage found of the code stands; the service's word on it counts where the storage has none.
    """
    if reply is None or reply.request != READ:
        return local.result
    bits = reply.results
    if local.result & CODE_CHECKED:
        bits &= ~(CODE_CHECKED | CODE_RIGHT)
    return local.result | bits
