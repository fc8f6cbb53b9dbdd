"""Words of the wire faces for the codes of the fiscal formats: how a face's tables are made.

A face's tables map its words to our codes and stand in its `words.py`; `cross_map` puts them side by side. Where no
source says a face's word for a code, the word is a setting: `KASSA_FACE_WORDS="modulkassa.vat.11=1113 …"`
(face.table.code=word), and until it is set the code can't be said by that face.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from openkassa.core.settings import settings

Word = TypeVar("Word", str, int)


def table(face: str, name: str, known: Mapping[Word, int], *, unknown: tuple[int, ...] = ()) -> dict[Word, int]:
    """`known` (word → code) with the words that the settings give to the codes in `unknown`."""
    words = dict(known)
    kind = type(next(iter(known)))
    for code in unknown:
        given = settings().face_words.get(f"{face}.{name}.{code}")
        if given is not None:
            words[kind(given)] = code
    return words


def listed(words: Mapping[Word, int], face: str, name: str, *, unknown: tuple[int, ...] = ()) -> str:
    """The allowed words for an error's text, with the names of the settings for codes that have none."""
    text = ", ".join(str(word) for word in words)
    unset = [f"{face}.{name}.{code}" for code in unknown if code not in words.values()]
    return f"{text}; слова для {', '.join(unset)} задаются в KASSA_FACE_WORDS" if unset else text
