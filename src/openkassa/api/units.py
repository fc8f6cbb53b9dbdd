"""Units of measurement that shops send as free text."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

# Tag 2108 by free text: lower case, without dots and spaces.
PIECE: Final = 0
OTHER_MEASURE: Final = 255
MEASURES: Final = {
    0: ("шт", "штук", "штука", "штуки", "ед", "единица", "pcs", "pc", "piece"),
    10: ("г", "гр", "грамм", "g"),
    11: ("кг", "килограмм", "kg"),
    12: ("т", "тн", "тонна", "t"),
    20: ("см", "сантиметр", "cm"),
    21: ("дм", "дециметр"),
    22: ("м", "метр", "m", "пм", "погм"),
    30: ("см2", "см²", "квсм"),
    31: ("дм2", "дм²", "квдм"),
    32: ("м2", "м²", "квм", "m2"),
    40: ("мл", "миллилитр", "ml"),
    41: ("л", "литр", "l"),
    42: ("м3", "м³", "кубм", "m3"),
    50: ("квт·ч", "квтч", "квт*ч"),
    51: ("гкал", "гигакалория"),
    70: ("сут", "сутки", "день", "дн"),
    71: ("ч", "час"),
    72: ("мин", "минута"),
    73: ("с", "сек", "секунда"),
    80: ("кб", "килобайт", "kb"),
    81: ("мб", "мегабайт", "mb"),
    82: ("гб", "гигабайт", "gb"),
    83: ("тб", "терабайт", "tb"),
}
_BY_TEXT: Final = {text: code for code, texts in MEASURES.items() for text in texts}


def measure(unit: str | None, quantity: Decimal) -> int:
    """Tag 2108 for a free-text unit. A part of a piece is 255: code 0 counts whole pieces."""
    code = PIECE if unit is None else _BY_TEXT.get(unit.lower().replace(" ", "").replace(".", ""), OTHER_MEASURE)
    if code == PIECE and quantity != int(quantity):
        return OTHER_MEASURE
    return code
