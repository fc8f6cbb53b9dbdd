"""Marking codes of a draft before it is accepted: asked about, refused by name, and noted in the receipt (1260).

Not asked about: codes of other kinds than GS1 with a serial and short ones, lines that bring a requisite of ПП 1944
with them (the shop has asked itself), corrections (what they tell of has happened). Goods that come back are spared
what only forbids a sale. When no host answers in time the sale goes on with a warning: the law's rule for an emergency.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

import msgspec

from openkassa.fiscal.draft import IndustryProps, Item, ReceiptDraft
from openkassa.fiscal.ffd.findings import ERROR, Finding
from openkassa.fiscal.ffd.marks import LEAVES, read_mark
from openkassa.fiscal.marking import CHECKED_KINDS
from openkassa.kassa.marking.rules import first_failed
from openkassa.kassa.marking.service import Checked, Verdict, codes_check

AUTHORITY: Final = "030"
DATE: Final = "21.11.2023"
NUMBER: Final = "1944"

PROBLEMS: Final = {
    "busy": "слишком много проверок сразу",
    "no_answer": "ни одна площадка не ответила за 1,5 с",
    "no_hosts": "список площадок не получен или все исключены",
    "refused": "запрос отвергнут: проверьте ключ API системы маркировки",
}


def codes_of(draft: ReceiptDraft) -> dict[int, str]:
    """Codes that have to be asked about, by the index of their line."""
    if draft.correction is not None:
        return {}
    return {index: code for index, item in enumerate(draft.items) if (code := _code(item)) is not None}


def _code(item: Item) -> str | None:
    if item.mark is None or any(_is_permission(props) for props in item.industry):
        return None
    code, problem = read_mark(item.mark)
    return code.text if problem is None and code.kind in CHECKED_KINDS and code.serial else None


def _is_permission(props: IndustryProps) -> bool:
    return props.authority == AUTHORITY and props.number == NUMBER


def draft_check(key: str, draft: ReceiptDraft, *, fn: str = "") -> Checked | None:
    """Asks the service about the codes of a draft; None when there is nothing to ask about."""
    codes = codes_of(draft)
    return codes_check(key, list(codes.values()), fn=fn) if codes else None


def refusals(draft: ReceiptDraft, checked: Checked, at: dt.datetime) -> list[Finding]:
    """Lines whose goods may not be sold, each with the check that says so."""
    found = []
    for index, code in codes_of(draft).items():
        verdict = checked.verdicts.get(code)
        check = first_failed(verdict.answered, leaves=draft.operation in LEAVES, at=at) if verdict else None
        if check is not None:
            forbidden = "Продажа запрещена" if draft.operation in LEAVES else "Возврат запрещён"
            text = f"{forbidden}: код маркировки {code[:31]} {check.text}."
            found.append(Finding(ERROR, f"mark_{check.name}", f"items[{index}].mark.code", text, 1163))
    return found


def noted(draft: ReceiptDraft, checked: Checked) -> ReceiptDraft:
    """The draft with 1260 in each line that was answered about."""
    codes = codes_of(draft)
    items = tuple(_noted(item, codes.get(index), checked.verdicts) for index, item in enumerate(draft.items))
    return msgspec.structs.replace(draft, items=items)


def _noted(item: Item, code: str | None, verdicts: Mapping[str, Verdict]) -> Item:
    verdict = verdicts.get(code) if code is not None else None
    if verdict is None or not verdict.request:
        return item
    value = f"UUID={verdict.request}&Time={verdict.at}"
    props = IndustryProps(authority=AUTHORITY, date=DATE, number=NUMBER, value=value)
    return msgspec.structs.replace(item, industry=(*item.industry, props))


def warnings(draft: ReceiptDraft, checked: Checked) -> tuple[str, ...]:
    """What to say of codes that nobody answered about."""
    missing = [index for index, code in codes_of(draft).items() if code not in checked.verdicts]
    why = PROBLEMS.get(checked.problem, "в ответе его нет")
    return tuple(f"items[{index}].mark.code: Код маркировки не проверен перед продажей: {why}." for index in missing)


def without_permissions(item: Item) -> Item:
    """The line without what a check noted in it: the goods that come back are asked about anew."""
    left = tuple(props for props in item.industry if not _is_permission(props))
    return item if len(left) == len(item.industry) else msgspec.structs.replace(item, industry=left)
