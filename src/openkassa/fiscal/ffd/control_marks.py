"""Control of a draft's marking codes: what they are, what becomes of the goods, parts of a package.

A code that isn't what it is said to be warns and goes into the receipt as unrecognised (1300), as a register would have
it: the goods then stay in circulation at the marking service.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..draft import Item, ReceiptDraft
from ..marking import TAGS, MarkingError
from .codes import KIND_WITH_CODE, MARKED_KINDS
from .findings import ERROR, WARNING, Finding
from .marks import LEAVES, PART_RETURNED, PART_SOLD, PIECE_RETURNED, PIECE_SOLD, STATUSES, read_mark
from .profile import Profile
from .tags import FFD_1_2

MAX_MARKS = 128  # codes that registers take for one receipt (unconfirmed for storages)
ONE_FOR_EACH_PIECE = frozenset({"gs1m", "short", "fur", "egais20", "egais30"})
_MAX_PART = 2**63

Findings = Iterator[Finding]


def check_marks(draft: ReceiptDraft, profile: Profile) -> Findings:
    """Findings about the marking codes of all lines."""
    seen: dict[str, int] = {}
    for index, item in enumerate(draft.items):
        path = f"items[{index}]"
        if item.mark is None:
            yield from _without_code(item, path)
            continue
        yield from _code(item, index, seen)
        yield from _part(item, f"{path}.mark")
        if profile.ffd == FFD_1_2:
            yield from _goods(item, path)
            yield from _status(item, draft.operation, f"{path}.mark.planned_status")
    if sum(item.mark is not None for item in draft.items) > MAX_MARKS:
        text = f"Кодов маркировки больше {MAX_MARKS}: разбейте чек на несколько."
        yield Finding(ERROR, "marks", "items", text, 1163)


def _without_code(item: Item, path: str) -> Findings:
    if item.kind in MARKED_KINDS:
        text = "Маркированный товар (признак предмета 31 или 33) продаётся без кода маркировки."
        yield Finding(WARNING, "no_marking_code", f"{path}.kind", text, 1163)


def _code(item: Item, index: int, seen: dict[str, int]) -> Findings:
    mark, path = item.mark, f"items[{index}].mark.code"
    assert mark is not None
    if mark.kind not in TAGS:
        text = f"Вида кода «{mark.kind}» нет. Есть: {', '.join(TAGS)}."
        yield Finding(ERROR, "mark_kind", f"items[{index}].mark.kind", text, 1163)
        return
    try:
        code, problem = read_mark(mark)
    except MarkingError as impossible:
        yield Finding(ERROR, f"mark_{impossible.code}", path, impossible.text, 1163)
        return
    if problem is not None:
        text = f"{problem.text} В чек код войдёт как нераспознанный."
        yield Finding(WARNING, f"mark_{problem.code}", path, text, 1163)
    elif code.kind == "gs1m" and not code.code_type:
        text = "В коде нет проверочной части (91 и 92 или 93): касса не сможет его проверить."
        yield Finding(WARNING, "mark_not_whole", path, text, 2000)
    first = seen.setdefault(code.text, index)
    if first != index and mark.kind in ONE_FOR_EACH_PIECE and mark.denominator is None:
        text = f"Этот код маркировки уже стоит в позиции {first}: у каждого товара он свой."
        yield Finding(ERROR, "mark_repeated", path, text, 1163)
    if not 0 <= mark.processing_mode <= 255:
        text = f"Режим обработки кода маркировки {mark.processing_mode}: нужен 0."
        yield Finding(ERROR, "mark_mode", f"items[{index}].mark.processing_mode", text, 2102)


def _goods(item: Item, path: str) -> Findings:
    mark = item.mark
    assert mark is not None
    if item.kind not in MARKED_KINDS and item.kind not in KIND_WITH_CODE:
        text = f"Код маркировки у предмета расчёта {item.kind}: он бывает у товара (33) и подакцизного товара (31)."
        yield Finding(WARNING, "mark_kind_of_goods", f"{path}.kind", text, 1212)
    if item.wholesale and not item.industry:
        text = "Для объёмно-сортового учёта нужен отраслевой реквизит позиции."
        yield Finding(WARNING, "wholesale", f"{path}.industry", text, 1260)
    one = mark.kind in ONE_FOR_EACH_PIECE and not item.wholesale and item.measure == 0
    if one and item.quantity != 1:
        text = f"Количество {item.quantity} при одном коде маркировки: у каждой штуки свой код, количество 1."
        yield Finding(WARNING, "mark_quantity", f"{path}.quantity", text, 1023)


def _status(item: Item, operation: int, path: str) -> Findings:
    mark = item.mark
    assert mark is not None
    given = mark.planned_status
    if given is None:
        return
    if given not in STATUSES:
        text = f"Планируемый статус товара {given}: нужен 1, 2, 3, 4 или 255."
        yield Finding(ERROR, "mark_status", path, text, 2003)
        return
    wrong = {PIECE_RETURNED, PART_RETURNED} if operation in LEAVES else {PIECE_SOLD, PART_SOLD}
    if given in wrong:
        right = "1 (штучный) или 2 (часть)" if operation in LEAVES else "3 (штучный) или 4 (часть)"
        text = f"Планируемый статус товара {given} не подходит признаку расчёта {operation}: нужен {right}."
        yield Finding(ERROR, "mark_status", path, text, 2003)


def _part(item: Item, path: str) -> Findings:
    mark = item.mark
    assert mark is not None
    if mark.numerator is None and mark.denominator is None:
        return
    if mark.numerator is None or mark.denominator is None:
        missing = "numerator" if mark.numerator is None else "denominator"
        text = "Часть упаковки задают числитель и знаменатель вместе."
        yield Finding(ERROR, "mark_part", f"{path}.{missing}", text, 1291)
    elif not 0 < mark.numerator < mark.denominator < _MAX_PART:
        text = f"Часть упаковки {mark.numerator}/{mark.denominator}: числитель от 1 и меньше знаменателя."
        yield Finding(ERROR, "mark_part", f"{path}.numerator", text, 1291)
    elif item.measure != 0:
        text = f"Часть упаковки задаётся для штук (мера 0), а мера здесь {item.measure}."
        yield Finding(ERROR, "mark_part", f"{path}.numerator", text, 1291)
