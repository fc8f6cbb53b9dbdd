"""Text that a receipt can carry: fiscal documents are in cp866, shops write in Unicode."""

from __future__ import annotations

import unicodedata
from typing import Final

from openkassa.fiscal.ffd.tlv import text_size

# What shops write most often and cp866 lacks. Letters of neighbouring alphabets become the nearest Russian ones.
_TYPOGRAPHY = {
    "«": '"', "»": '"', "„": '"', "“": '"', "”": '"', "’": "'", "‘": "'", "—": "-", "–": "-", "−": "-", "‑": "-",
    "…": "...", "×": "x", "•": "·", "₽": "руб.", "€": "EUR", "½": "1/2", "¼": "1/4", "¾": "3/4", "®": "(R)",
    "©": "(C)", "™": "TM", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u200b": "", "\u00ad": "", "\ufeff": "",
    "\t": " ", "\n": " ", "\r": " ",
}  # fmt: skip
_LETTERS = dict(zip("ҮүӨөҢңӘәҒғҚқҰұҺһІіЇїЄєҐґ", "УуОоНнАаГгКкУуХхIiIiЕеГг", strict=True))
_TABLE: Final = str.maketrans(_TYPOGRAPHY | _LETTERS)


def printable(text: str) -> str:
    """`text` as a receipt can print it: unchanged where cp866 has its characters, else with the nearest ones."""
    try:
        if text.isprintable():
            text_size(text)
            return text
    except UnicodeEncodeError:
        pass
    return "".join(map(_nearest, text.translate(_TABLE)))


def _nearest(char: str) -> str:
    if char.isprintable() and _fits(char):
        return char
    plain = "".join(part for part in unicodedata.normalize("NFKD", char) if part.isprintable() and _fits(part))
    if plain:
        return plain
    return "?" if char.isalpha() else ""


def _fits(char: str) -> bool:
    try:
        return text_size(char) == 1
    except UnicodeEncodeError:
        return False
