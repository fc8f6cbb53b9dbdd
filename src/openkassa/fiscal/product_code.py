"""Tag 1162 of FFD 1.05 and 1.1: the code of goods as bytes, from and to marking codes.

Two bytes say how the rest is written: 44 4D GTIN (6 bytes, big-endian) and serial; 45 08, 45 0D and 49 0E digits as a
number of 6 bytes; 52 46 fur, C5 14 and C5 1E excise stamps and 00 00 anything else as text. Source: examples of the
order ЕД-7-20/662@ that several programs test themselves against. A short code has its price behind the serial and is
filled up to 13 characters with spaces.
"""

from __future__ import annotations

from typing import Final

from .marking import Code, MarkingError, kind_of, parse

_NUMBERS: Final = {"ean8": (b"\x45\x08", 8), "ean13": (b"\x45\x0d", 13), "itf14": (b"\x49\x0e", 14)}
_TEXTS: Final = {"fur": b"\x52\x46", "egais20": b"\xc5\x14", "egais30": b"\xc5\x1e", "unknown": b"\0\0"}
_MARKED: Final = b"\x44\x4d"
_MAX: Final = 32  # bytes
_SHORT_SERIAL: Final = 13


def to_bytes(code: Code) -> bytes:
    """Value of tag 1162 for a code."""
    if code.kind in _NUMBERS:
        return _NUMBERS[code.kind][0] + int(code.product).to_bytes(6, "big")
    if code.gtin is not None:
        serial = code.serial or ""
        if code.kind == "short":
            serial = code.text[14:25].ljust(_SHORT_SERIAL)
        return (_MARKED + int(code.gtin).to_bytes(6, "big") + serial.encode("ascii"))[:_MAX]
    return (_TEXTS[code.kind] + code.product.encode("ascii"))[:_MAX]


def from_bytes(value: bytes) -> Code:
    """The code that a value of tag 1162 names, without its check part: 1162 never had it.

    MarkingError when the bytes are none of the written forms.
    """
    head, rest = value[:2], value[2:]
    try:
        if head == _MARKED:
            return parse(f"01{int.from_bytes(rest[:6], 'big'):014d}21{rest[6:].decode('ascii').rstrip()}", "gs1m")
        for kind, (mark, digits) in _NUMBERS.items():
            if head == mark and len(rest) == 6:
                return parse(f"{int.from_bytes(rest, 'big'):0{digits}d}", kind)
        for kind, mark in _TEXTS.items():
            if head == mark:
                return parse(rest.decode("ascii"), kind)
    except UnicodeDecodeError:
        raise MarkingError("character", "Код товара (1162) содержит байты, которых в нём быть не может.") from None
    raise MarkingError("kind", f"Код товара (1162) начинается с {head.hex()}: такой записи нет.")


def from_text(text: str) -> Code:
    """The code in a field that shops fill with the bytes of tag 1162 in hexadecimal or with the code itself."""
    try:
        value = bytes.fromhex(text)
    except ValueError:
        return parse(text)
    if kind_of(text) in ("ean8", "ean13", "itf14"):
        return parse(text)  # digits alone are hexadecimal too
    try:
        return from_bytes(value)
    except MarkingError:
        known = kind_of(text)
        if known == "unknown":
            raise
        return parse(text, known)
