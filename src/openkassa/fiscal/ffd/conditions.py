"""Conditions under which a conditional field has to be there, by the names that `presence_*.json` uses.

A condition sees the level that the field belongs to and the whole document. Notes to the order's tables, which say
the conditions in words, were not available: each one here has its own source and mark in the data.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Final, NamedTuple

from .codes import BANK_AGENTS, MARKED_KINDS
from .tlv import Pairs, Value, all_of, first


class Facts:
    """A document as conditions see it; what several of them ask is found once."""

    def __init__(self, pairs: Pairs):
        self.pairs = pairs

    @cached_property
    def rates(self) -> set[int]:
        """Codes of VAT rates (1199) of the lines."""
        return {_number(first(item, 1199)) for item in all_of(self.pairs, 1059) if isinstance(item, list)}


Test = Callable[[Pairs, Facts], bool]  # (level of the field, the whole document)


class Condition(NamedTuple):
    text: str  # Russian, completes "обязателен, если …"
    holds: Test


def _number(value: Value | None) -> int:
    return value if isinstance(value, int) else 0


def _rate(*codes: int) -> Test:
    wanted = set(codes)
    return lambda level, document: not wanted.isdisjoint(document.rates)


def _field(tag: int, value: int) -> Test:
    return lambda level, document: first(document.pairs, tag) == value


def _bank_agent(level: Pairs, document: Facts) -> bool:
    return bool(_number(first(level, 1057)) & BANK_AGENTS)


CONDITIONS: Final[dict[str, Condition]] = {
    "always": Condition("всегда в этом отчёте", lambda level, document: True),
    "rate_1": Condition("есть позиция со ставкой 1 (20%)", _rate(1)),
    "rate_2": Condition("есть позиция со ставкой 2 (10%)", _rate(2)),
    "rate_3": Condition("есть позиция со ставкой 3 (20/120)", _rate(3)),
    "rate_4": Condition("есть позиция со ставкой 4 (10/110)", _rate(4)),
    "rate_5": Condition("есть позиция со ставкой 5 (0%)", _rate(5)),
    "rate_6": Condition("есть позиция со ставкой 6 (без НДС)", _rate(6)),
    "rate_7_10": Condition("есть позиция со ставкой 7..10 (5%, 7%, 5/105, 7/107)", _rate(7, 8, 9, 10)),
    "rate_11_12": Condition("есть позиция со ставкой 11 или 12 (22%, 22/122)", _rate(11, 12)),
    "buyer_contact": Condition(
        "есть адрес почты покупателя (1008)", lambda level, document: "@" in str(first(document.pairs, 1008, ""))
    ),
    "internet": Condition("расчёт в Интернете (1125 = 1)", _field(1125, 1)),
    "bank_agent": Condition("агент банковский (биты 0, 1 тега 1057)", _bank_agent),
    "connected": Condition("касса не автономная (1002 = 0)", _field(1002, 0)),
    "automatic": Condition("касса в автомате (1001 = 1)", _field(1001, 1)),
    "storage_replaced": Condition(
        "заменён ФН (бит 0 тега 1205)", lambda level, document: bool(_number(first(document.pairs, 1205)) & 1)
    ),
    "undelivered": Condition(
        "есть непереданные документы (1097 > 0)", lambda level, document: _number(first(document.pairs, 1097)) > 0
    ),
    "by_order": Condition("коррекция по предписанию (1173 = 1)", _field(1173, 1)),
    "marked": Condition(
        "товар с кодом маркировки (1212 = 31 или 33)", lambda level, document: first(level, 1212) in MARKED_KINDS
    ),
}
