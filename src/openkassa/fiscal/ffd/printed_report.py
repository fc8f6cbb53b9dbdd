"""Printed form of reports (1, 11, 2, 5, 6, 21) and of the acknowledgement (7): each field with its name."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from ..identifiers import roubles
from .codes import ANSWERS, TAXATION
from .reader import Document, fiscal_sign_number
from .rows import Row, center, local_time, pair, rule, text
from .tags import FFD_NAMES, TAGS, name
from .tlv import Pairs, Value

_SHORT = {
    1012: "ДАТА ВРЕМЯ",
    1017: "ИНН ОФД",
    1018: "ИНН",
    1021: "КАССИР",
    1037: "РН ККТ",
    1038: "СМЕНА",
    1040: "ФД",
    1041: "ФН",
    1077: "ФПД",
    1013: "ЗН ККТ",
    1118: "ЧЕКОВ ЗА СМЕНУ",
    1111: "ФД ЗА СМЕНУ",
    1097: "НЕПЕРЕДАННЫХ ФД",
    1098: "ФД НЕ ПЕРЕДАНЫ С",
    1116: "ПЕРВЫЙ НЕПЕРЕДАННЫЙ ФД",
    1209: "ФФД",
    1189: "ФФД ККТ",
    1190: "ФФД ФН",
    1188: "ВЕРСИЯ ККТ",
    1213: "РЕСУРС КЛЮЧЕЙ ФП, ДНЕЙ",
    1060: "САЙТ ФНС",
    1117: "ЭЛ. АДР. ОТПРАВИТЕЛЯ",
}
_HEAD = (1048, 1009, 1187)
_SIGNS = frozenset({1001, 1002, 1050, 1051, 1052, 1053, 1056, 1108, 1109, 1110, 1126, 1193, 1207, 1221})
_NUMBERS = (1018, 1037, 1041, 1040, 1077)  # at the end, as on receipts


def report_rows(document: Document, title: str) -> Iterator[Row]:
    """Rows in the order of the document, parties first and the numbers of the document last."""
    yield from (center(document.text_of(tag)) for tag in _HEAD if document.text_of(tag))
    yield center(title, strong=True)
    yield rule()
    rest = [one for one in document.pairs if one[0] not in _HEAD and one[0] not in _NUMBERS]
    yield from _fields(rest)
    yield rule()
    yield from _fields([one for tag in _NUMBERS for one in document.pairs if one[0] == tag])


def _fields(pairs: Pairs) -> Iterator[Row]:
    for tag, value in pairs:
        label = _SHORT.get(tag, name(tag).upper())
        if isinstance(value, list):
            yield text(label)
            yield from _fields(value)
        else:
            yield pair(label, shown(tag, value))


def shown(tag: int, value: Value) -> str:
    """A value of the first level the way people read it."""
    row = TAGS.get(tag)
    if isinstance(value, bytes):
        return str(fiscal_sign_number(value)) if tag == 1077 else value.hex().upper()
    if isinstance(value, (str, Decimal)):
        return str(value).strip()
    if not isinstance(value, int) or row is None:
        return ""
    if row.type == "unixtime":
        return f"{local_time(value):%d.%m.%Y}" if tag in (1098, 1178) else f"{local_time(value):%d.%m.%Y %H:%M}"
    if row.type == "vln" and tag not in (1293, 1294):
        return roubles(value)
    if tag in (1189, 1190, 1209):
        return FFD_NAMES.get(value, str(value))
    if tag in (1055, 1062):
        return ", ".join(label for bit, label in TAXATION.items() if value & bit)
    if tag == 1022:
        return f"{value} {ANSWERS.get(value, '')}".strip()
    if tag in _SIGNS:
        return "ДА" if value else "НЕТ"
    return str(value)
