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
from .conditions import CONDITIONS
from .findings import ERROR, WARNING, Finding
from .reader import Document
from .tags import ACKNOWLEDGEMENT, FFD_1_05, FFD_NAMES, RECEIPT_FORMS, TAGS
from .tags import name as tag_name
from .tlv import Pairs, all_of, first, text_size

REQUIRED: Final = "required"
CONDITIONAL: Final = "conditional"
OPTIONAL: Final = "optional"


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
    found_rules = rules(version)
    rows = found_rules.forms.get(document.form)
    if rows is None:
        text = f"Форма {document.form} не применяется в ФФД {FFD_NAMES[version]}."
        return [Finding(ERROR, "form", "", text, document.form)]
    findings = list(_level(document.pairs, rows, document.pairs, "", found_rules))
    if document.form in RECEIPT_FORMS:
        findings += _sums(document)
    return findings


def _level(pairs: Pairs, rows: tuple[Rule, ...], root: Pairs, path: str, all_rules: Rules) -> Iterator[Finding]:
    there = Counter(tag for tag, _ in pairs)
    for row in rows:
        if row.tag not in there and row.electronic:
            yield from _absent(row, pairs, root, path)
    many = {row.tag for row in rows if row.many}
    for tag, count in there.items():
        if count > 1 and tag not in many and tag in TAGS and not TAGS[tag].many:
            text = f"{tag_name(tag)} ({tag}): {count} раза, допустим один."
            yield Finding(ERROR, "repeated", f"{path}{tag}", text, tag)
    seen: Counter[int] = Counter()
    for tag, value in pairs:
        place = f"{path}{tag}[{seen[tag]}]" if there[tag] > 1 else f"{path}{tag}"
        seen[tag] += 1
        if isinstance(value, str) and text_size(value) > TAGS[tag].size:
            text = f"{tag_name(tag)} ({tag}): {text_size(value)} символов, допустимо {TAGS[tag].size}."
            yield Finding(ERROR, "too_long", place, text, tag)
        elif isinstance(value, list) and tag in all_rules.nested:
            yield from _level(value, all_rules.nested[tag], root, f"{place}.", all_rules)


def _absent(row: Rule, level: Pairs, root: Pairs, path: str) -> Iterator[Finding]:
    name = f"{tag_name(row.tag)} ({row.tag})"
    if row.presence == REQUIRED:
        yield Finding(ERROR, "absent", f"{path}{row.tag}", f"Нет обязательного реквизита: {name}.", row.tag)
    elif row.presence == CONDITIONAL and row.condition is not None:
        condition = CONDITIONS[row.condition]
        if condition.holds(level, root):
            severity = ERROR if row.mark == "S" else WARNING
            text = f"Нет реквизита: {name}; он обязателен, если {condition.text}."
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
