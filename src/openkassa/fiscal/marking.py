"""Marking codes («Честный знак», furs, ЕГАИС): what a scanner or a shop gives, read and named.

`normalise` takes off what scanners and JSON put on: symbology prefixes, spellings of the group separator (GS, 0x1D),
the form with parentheses. `parse` reads a code as a kind of `draft.Mark` and says what the receipt carries of it.

| kind | code | what tag 1163 holds |
|---|---|---|
| gs1m | 01 GTIN 21 serial, as a rule with a check part in 91 and 92 or in 93 | 1305: 01 GTIN 21 serial |
| gs10 | GS1 of goods that need no marking | 1304: 01 GTIN, and 21 serial when there is one |
| short | GTIN, 7 characters, price of 4, check part of 4 | 1306: the first 21 characters (unconfirmed) |
| fur | RU-401301-AAA0277031 | 1307: as it is |
| egais20 | 68 characters of the excise stamp | 1308: characters 9 to 31 |
| egais30 | 150 characters of the excise stamp | 1309: the first 14 |
| ean8, ean13, itf14 | digits with a check digit | 1301, 1302, 1303: as they are |
| unknown | anything else | 1300: the first 32 characters (unconfirmed) |

A lost separator is put back where the layouts in use leave one place for it: serials of 6, 7 or 13 characters before
a check part of known length. Tag 2115 is the last four digits of the CRC-32 of the code, as the order words it; another
source takes the last four characters of the check part.
"""

from __future__ import annotations

import base64
import re
import zlib
from typing import Final, NamedTuple

GS: Final = "\x1d"
MAX_CODE: Final = 256  # tag 2000

TAGS: Final = {
    "unknown": 1300,
    "ean8": 1301,
    "ean13": 1302,
    "itf14": 1303,
    "gs10": 1304,
    "gs1m": 1305,
    "short": 1306,
    "fur": 1307,
    "egais20": 1308,
    "egais30": 1309,
}  # kinds of `draft.Mark` and their tags inside 1163
CHECKED_KINDS: Final = frozenset({"gs1m", "short"})  # those that the marking service knows by the whole code

_SEPARATORS: Final = ("\\u001d", "\\u001D", "\\x1d", "\\x1D", "<GS>", "{GS}", "\u241d")
_PREFIXES: Final = ("]d2", "]C1", "]Q3", "]e0", "]J1", "\xe8")  # of symbologies; FNC1 as some scanners type it
_DIGITS = re.compile(r"[0-9]+")
_SHORT = re.compile(r"([0-9]{14})([!-~]{7})(?:([!-~]{4})([!-~]{4})?)?")
_FUR = re.compile(r"[A-Z]{2}-[0-9]{6}-[A-Z0-9]{10}")
_EGAIS = re.compile(r"[0-9A-Z]+")
_PARENTHESES = re.compile(r"\(([0-9]{2,4})\)")
# What follows 01 GTIN 21 when the separators are lost: serial, price of tobacco, check part.
_LOST = tuple(
    re.compile(pattern, re.DOTALL)
    for pattern in (
        r"(.{13})(91.{4})(92(?:.{44}|.{88}))",
        r"(.{6})(93.{4})",
        r"(.{7})(8005[0-9]{6})(93.{4})",
        r"(.{13})(93.{4})",
        r"(.{7})(93.{4})",
    )
)
_SERIAL_ALONE: Final = 13  # as long as a serial may be with nothing behind it: taken for one

# Application identifiers: longest value, and whether it ends by itself (the lengths that GS1 has set once for all).
_FIXED: Final = {"00": 18, "01": 14, "02": 14, "03": 14, "04": 16, "20": 2} | {str(ai): 6 for ai in range(11, 20)}
_VARIABLE: Final = {"10": 20, "21": 20, "22": 20, "30": 8, "37": 8, "90": 30} | {str(ai): 90 for ai in range(91, 100)}
_LONGER: Final = {"240": 30, "241": 30, "242": 6, "250": 30, "251": 30, "7003": 10, "8005": 6, "8008": 12}


class MarkingError(ValueError):
    """A code that can't be read as what it is said to be.

    `code` is stable: "empty", "too_long", "character", "layout", "kind", "gtin", "serial", "identifier" (of GS1),
    "length", "base64". The text says in Russian what is wrong and what to do.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class Code(NamedTuple):
    """A code that was read."""

    kind: str  # of `draft.Mark`
    text: str  # whole code, separators as GS
    product: str  # tag 2101 and what 1163 holds
    gtin: str | None = None  # 14 digits
    serial: str | None = None
    code_type: int = 0  # tag 2100: 0 unknown, 1 short, 2 and 4 checked by the storage, 3 and 5 not
    price: int | None = None  # of tobacco (8005 or in the short code), kopecks

    @property
    def tag(self) -> int:
        """Tag inside 1163."""
        return TAGS[self.kind]

    @property
    def control(self) -> str:
        """Tag 2115, four digits."""
        return control_code(self.text)


def control_code(text: str) -> str:
    """Tag 2115 of a whole code."""
    return f"{zlib.crc32(text.encode('ascii', 'replace')):04d}"[-4:]


# -- from the wire ---------------------------------------------------------------------------------------------------


def normalise(text: str) -> str:
    """The code as a scanner reads it: only printable ASCII and GS. MarkingError for what no code can hold."""
    for spelling in _SEPARATORS:
        text = text.replace(spelling, GS)
    while (bare := _without_prefix(text)) != text:  # a scanner and its driver may each put one on
        text = bare
    if text.startswith(("(01)", "(02)")):
        text = _without_parentheses(text)
    if not text:
        raise MarkingError("empty", "Код маркировки пуст.")
    if len(text) > MAX_CODE:
        raise MarkingError("too_long", f"Код маркировки длиннее {MAX_CODE} символов: {len(text)}.")
    for character in text:
        if "\u0400" <= character <= "\u04ff":
            problem = f"В коде маркировки русская буква «{character}»: сканер вводит в русской раскладке."
            raise MarkingError("layout", problem)
        if character != GS and not "\x20" <= character <= "\x7e":
            raise MarkingError("character", f"Символа с кодом {ord(character)} в коде маркировки быть не может.")
    return text


def from_base64(text: str) -> str:
    """`normalise` of a code that was sent as base64. MarkingError when it isn't that."""
    try:
        raw = base64.b64decode(text.strip(), validate=True)
        plain = raw.decode("ascii")
    except ValueError:  # of base64 or of ASCII
        raise MarkingError("base64", "Код маркировки передаётся в base64, это не base64.") from None
    return normalise(plain)


def plain_or_base64(text: str) -> str:
    """`normalise` of a code sent either way: base64 only when that, and not the text itself, reads as a known kind."""
    try:
        plain = normalise(text)
    except MarkingError:
        return from_base64(text)
    if kind_of(plain) != "unknown":
        return plain
    try:
        decoded = from_base64(text)
    except MarkingError:
        return plain
    return decoded if kind_of(decoded) != "unknown" else plain


def _without_prefix(text: str) -> str:
    text = text.strip(" \t\r\n" + GS)
    for prefix in _PREFIXES:
        text = text.removeprefix(prefix)
    return text


def _without_parentheses(text: str) -> str:
    """(01)…(21)…(91)… with GS where GS1 wants one."""
    _, *pieces = _PARENTHESES.split(text)
    elements = list(zip(pieces[::2], pieces[1::2], strict=True))
    return _joined([(identifier, value.strip(GS)) for identifier, value in elements])


# -- reading ---------------------------------------------------------------------------------------------------------


def parse(text: str, kind: str | None = None) -> Code:
    """Reads a code as `kind`, or as what it looks like. MarkingError says which part is wrong."""
    text = normalise(text)
    kind = kind or kind_of(text)
    reader = _READERS.get(kind)
    if reader is None:
        raise MarkingError("kind", f"Вида кода маркировки «{kind}» нет. Есть: {', '.join(TAGS)}.")
    return reader(text)


def kind_of(text: str) -> str:
    """The kind of a normalised code by its look; "unknown" when it fits none."""
    for kind in ("gs10", "fur", "short", "egais20", "itf14", "egais30", "ean13", "ean8"):
        try:
            code = _READERS[kind](text)
        except MarkingError:
            continue
        return "gs1m" if code.serial and kind == "gs10" and code.code_type else kind
    return "unknown"


def gtin_is_right(digits: str) -> bool:
    """The check digit of a GTIN of 8, 12, 13 or 14 digits."""
    if not _DIGITS.fullmatch(digits) or len(digits) not in (8, 12, 13, 14):
        return False
    total = sum(int(digit) * (3 if index % 2 else 1) for index, digit in enumerate(reversed(digits)))
    return total % 10 == 0


def _gtin(digits: str) -> str:
    if not _DIGITS.fullmatch(digits):
        raise MarkingError("gtin", f"Код товара (GTIN) {digits!r} состоит не из цифр.")
    if not gtin_is_right(digits):
        raise MarkingError("gtin", f"Контрольная цифра кода товара (GTIN) {digits} неверна: код прочитан с ошибкой.")
    return digits


def _gs10(text: str) -> Code:
    elements = dict(_elements(text))
    if "01" not in elements:
        raise MarkingError("gtin", "В коде GS1 нет кода товара (идентификатор 01).")
    gtin = _gtin(elements["01"])
    serial = elements.get("21")
    price = int(elements["8005"]) if _DIGITS.fullmatch(elements.get("8005", "")) else None
    product = f"01{gtin}" + (f"21{serial}" if serial else "")
    return Code("gs10", _joined(list(elements.items())), product, gtin, serial, _check_type(elements), price)


def _gs1m(text: str) -> Code:
    code = _gs10(text)
    if not code.serial:
        raise MarkingError("serial", "В коде маркировки GS1 нет серийного номера (идентификатор 21).")
    return code._replace(kind="gs1m")


def _check_type(elements: dict[str, str]) -> int:
    """Tag 2100 by the check part."""
    size = len(elements.get("92", ""))
    if size == 88:
        return 2
    if size == 44:
        return 4 if "91" in elements else 3
    return 5 if len(elements.get("93", "")) == 4 else 0


def _elements(text: str) -> list[tuple[str, str]]:
    """Identifiers and values of a GS1 code, lost separators put back."""
    if GS not in text and text.startswith("01") and text[16:18] == "21" and len(text) - 18 != _SERIAL_ALONE:
        for layout in _LOST:
            match = layout.fullmatch(text[18:])
            if match:
                serial, *rest = match.groups()
                text = text[:18] + GS.join((serial, *rest))
                break
    elements: list[tuple[str, str]] = []
    position = 0
    while position < len(text):
        if text[position] == GS:
            position += 1
            continue
        identifier, longest, fixed = _identifier(text, position)
        start = position + len(identifier)
        stop = start + longest if fixed else _end(text, start)
        value = text[start:stop]
        if (fixed and len(value) != longest) or GS in value or not 0 < len(value) <= longest:
            size = f"{longest}" if fixed else f"от 1 до {longest}"
            problem = f"Значение ({identifier}) кода GS1: {len(value)} символов, нужно {size}. Потерян знак GS?"
            raise MarkingError("length", problem)
        if any(known == identifier for known, _ in elements):
            raise MarkingError("identifier", f"Идентификатор ({identifier}) стоит в коде GS1 дважды.")
        elements.append((identifier, value))
        position = stop
    return elements


def _end(text: str, start: int) -> int:
    end = text.find(GS, start)
    return len(text) if end < 0 else end


def _identifier(text: str, position: int) -> tuple[str, int, bool]:
    """(identifier, longest value, whether the value ends by itself)"""
    two, three, four = (text[position : position + size] for size in (2, 3, 4))
    if two in _FIXED:
        return two, _FIXED[two], True
    if re.fullmatch(r"3[1-6][0-9]{2}", four):
        return four, 6, True
    if re.fullmatch(r"41[0-7]", three):
        return three, 13, True
    for known in (four, three):
        if known in _LONGER:
            return known, _LONGER[known], False
    if two in _VARIABLE:
        return two, _VARIABLE[two], False
    raise MarkingError("identifier", f"«{four}» в коде не начинает известной части кода GS1. Потерян знак GS?")


def _joined(elements: list[tuple[str, str]]) -> str:
    """Elements as one code: GS behind each value that does not end by itself, but the last."""
    text = ""
    for identifier, value in elements:
        text += identifier + value
        if not (identifier in _FIXED or re.fullmatch(r"3[1-6][0-9]{2}|41[0-7]", identifier)):
            text += GS
    return text.removesuffix(GS)


def _short(text: str) -> Code:
    match = _SHORT.fullmatch(text)
    if match is None:
        raise MarkingError("kind", "Короткий код: 14 цифр, 7 знаков серии и, если есть, цена и код проверки по 4.")
    gtin = _gtin(match[1])
    return Code("short", text, text[:21], gtin, match[2], 1)


def _fur(text: str) -> Code:
    if not _FUR.fullmatch(text):
        raise MarkingError("kind", "Код мехового изделия: 20 знаков вида RU-401301-AAA0277031.")
    return Code("fur", text, text)


def _egais20(text: str) -> Code:
    if not _EGAIS.fullmatch(text) or len(text) not in (23, 33, 68):
        raise MarkingError("kind", "Код ЕГАИС 2.0: 68 цифр и заглавных латинских букв (или 23 из них).")
    return Code("egais20", text, text if len(text) == 23 else text[8:31])


def _egais30(text: str) -> Code:
    if not _EGAIS.fullmatch(text) or len(text) not in (14, 150) or not text[:14].isdigit():
        raise MarkingError("kind", "Код ЕГАИС 3.0: 150 цифр и заглавных латинских букв (или первые 14).")
    return Code("egais30", text, text[:14])


def _digits_of(kind: str, size: int):
    def read(text: str) -> Code:
        if len(text) != size or not _DIGITS.fullmatch(text):
            raise MarkingError("length", f"Код {kind.upper()}: нужно {size} цифр.")
        return Code(kind, text, text, _gtin(text).zfill(14))

    return read


def _unknown(text: str) -> Code:
    return Code("unknown", text, text.replace(GS, "")[:32])


_READERS: Final = {
    "gs1m": _gs1m,
    "gs10": _gs10,
    "short": _short,
    "fur": _fur,
    "egais20": _egais20,
    "egais30": _egais30,
    "itf14": _digits_of("itf14", 14),
    "ean13": _digits_of("ean13", 13),
    "ean8": _digits_of("ean8", 8),
    "unknown": _unknown,
}
