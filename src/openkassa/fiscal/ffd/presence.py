"""Presence rules: what has to be in a document of each form and version, and a check of whole documents.

The rules are `presence_1_05.json`, `presence_1_1.json` and `presence_1_2.json`: for each form and each nested
structure rows of tag, presence (required, conditional, optional), form (e electronic, p printed), condition,
source and mark. Rows of the same tag add up.

Enforced (error): required electronic fields, conditional ones whose condition is marked S, lengths, fields that stand
twice, sums that don't agree. Conditions with another mark warn; a conditional row without a condition says nothing
(docs/reference/ffd-conditions.md lists them).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Final, NamedTuple

from ..identifiers import roubles
from .conditions import CONDITIONS, Facts
from .findings import ERROR, WARNING, Finding
from .reader import Document
from .tags import ACKNOWLEDGEMENT, FFD_1_05, FFD_NAMES, RECEIPT_FORMS, TAGS
from .tags import name as tag_name
from .tlv import Pairs, all_of, first

REQUIRED: Final = "required"
CONDITIONAL: Final = "conditional"
OPTIONAL: Final = "optional"
_MANY: Final = frozenset(tag for tag, row in TAGS.items() if row.many)


class Rule(NamedTuple):
    """One row of the data."""

    tag: int
    presence: str
    form: str
    many: bool
    condition: str | None
    source: str
    mark: str

    @property
    def electronic(self) -> bool:
        return "e" in self.form or not self.form


class Rules(NamedTuple):
    """All rows of a version by form of the document and by tag of the structure."""

    version: str
    forms: dict[int, tuple[Rule, ...]]
    nested: dict[int, tuple[Rule, ...]]


@cache
def rules(ffd: int) -> Rules:
    """The rules of a version (2 is 1.05, 3 is 1.1, 4 is 1.2). ValueError for another."""
    if ffd not in FFD_NAMES:
        raise ValueError(f"FFD version {ffd} isn't 2, 3 or 4 (tag 1209)")
    name = f"presence_{FFD_NAMES[ffd].replace('.', '_')}.json"
    data = json.loads(resources.files(__package__).joinpath(name).read_text(encoding="utf-8"))
    return Rules(data["version"], _rows(data["forms"]), _rows(data["nested"]))


def _rows(part: dict[str, list[dict]]) -> dict[int, tuple[Rule, ...]]:
    defaults = {"form": "", "many": False, "condition": None}
    return {int(key): tuple(Rule(**{**defaults, **row}) for row in rows) for key, rows in part.items()}


def check(document: Document, ffd: int | None = None) -> list[Finding]:
    """What is wrong with a document by the rules of its version (tag 1209, or `ffd` when it is given).

    An acknowledgement (form 7) names no version; without `ffd` it is checked by 1.05, whose table fits real ones.
    """
    version = ffd if ffd is not None else document.ffd
    if version is None and document.form == ACKNOWLEDGEMENT:
        version = FFD_1_05
    if version is None or version not in FFD_NAMES:
        return [Finding(ERROR, "version", "1209", f"Номер версии ФФД {version}: нужен 2, 3 или 4.", 1209)]
    plans = _plans(version)
    if document.form not in plans.forms:
        text = f"Форма {document.form} не применяется в ФФД {FFD_NAMES[version]}."
        return [Finding(ERROR, "form", "", text, document.form)]
    findings = list(_level(document.pairs, plans.forms[document.form], Facts(document.pairs), "", plans.nested))
    if document.form in RECEIPT_FORMS:
        findings += _sums(document)
    return findings


class _Plan(NamedTuple):
    """Rows of one level, sorted out once for the check."""

    required: tuple[int, ...]
    conditional: tuple[Rule, ...]
    many: frozenset[int]


def _plan(rows: tuple[Rule, ...]) -> _Plan:
    electronic = [row for row in rows if row.electronic]
    return _Plan(
        required=tuple(row.tag for row in electronic if row.presence == REQUIRED),
        conditional=tuple(row for row in electronic if row.presence == CONDITIONAL and row.condition),
        many=frozenset(row.tag for row in rows if row.many) | _MANY,
    )


class _Plans(NamedTuple):
    forms: dict[int, _Plan]
    nested: dict[int, _Plan]


@cache
def _plans(ffd: int) -> _Plans:
    forms, nested = rules(ffd).forms, rules(ffd).nested
    return _Plans({key: _plan(rows) for key, rows in forms.items()}, {key: _plan(rows) for key, rows in nested.items()})


def _level(pairs: Pairs, rows: _Plan, whole: Facts, path: str, nested: dict[int, _Plan]) -> Iterator[Finding]:
    there = {tag for tag, _ in pairs}
    for tag in rows.required:
        if tag not in there:
            text = f"Нет обязательного реквизита: {tag_name(tag)} ({tag})."
            yield Finding(ERROR, "absent", f"{path}{tag}", text, tag)
    for row in rows.conditional:
        if row.tag not in there:
            yield from _conditional(row, pairs, whole, path)
    if len(there) != len(pairs):
        yield from _repeated(pairs, rows.many, path)
    seen: dict[int, int] = {}
    for tag, value in pairs:
        if isinstance(value, str):
            if len(value) > TAGS[tag].size:  # a character of cp866 is one byte
                text = f"{tag_name(tag)} ({tag}): {len(value)} символов, допустимо {TAGS[tag].size}."
                yield Finding(ERROR, "too_long", f"{path}{tag}", text, tag)
        elif isinstance(value, list):
            index = seen[tag] = seen.get(tag, -1) + 1
            if tag in nested:
                yield from _level(value, nested[tag], whole, f"{path}{tag}[{index}].", nested)


def _repeated(pairs: Pairs, many: frozenset[int], path: str) -> Iterator[Finding]:
    for tag, count in Counter(tag for tag, _ in pairs).items():
        if count > 1 and tag not in many and tag in TAGS:
            text = f"{tag_name(tag)} ({tag}): стоит {count} раз(а), допустимо один."
            yield Finding(ERROR, "repeated", f"{path}{tag}", text, tag)


def _conditional(row: Rule, level: Pairs, whole: Facts, path: str) -> Iterator[Finding]:
    condition = CONDITIONS[row.condition or ""]
    if condition.holds(level, whole):
        severity = ERROR if row.mark == "S" else WARNING
        text = f"Нет реквизита: {tag_name(row.tag)} ({row.tag}); он обязателен, если {condition.text}."
        yield Finding(severity, "absent", f"{path}{row.tag}", text, row.tag)


def _sums(document: Document) -> Iterator[Finding]:
    """Payments make the total (enforced); lines make it too, but for rounding (warned about)."""
    total = document.total
    paid = [document.number_of(tag) for tag in (1031, 1081, 1215, 1216, 1217)]
    if total is None:
        return
    known = [value for value in paid if value is not None]
    if known and sum(known) != total:
        text = f"Оплаты составляют {roubles(sum(known))}, а сумма расчёта {roubles(total)}."
        yield Finding(ERROR, "payments_differ", "1020", text, 1020)
    amounts = [first(item, 1043) for item in all_of(document.pairs, 1059) if isinstance(item, list)]
    lines = sum(value for value in amounts if isinstance(value, int))
    if amounts and lines != total:
        text = f"Позиции составляют {roubles(lines)}, а сумма расчёта {roubles(total)}."
        yield Finding(WARNING, "total_differs", "1020", text, 1020)
