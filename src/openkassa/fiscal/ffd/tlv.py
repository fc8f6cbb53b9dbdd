"""TLV codec of fiscal data: tag and length as little-endian 16-bit numbers, then the value.

`Pairs` is a list of (tag, value). What a value is in Python follows the type of its tag:

=================  ==================================================================================
type               value
=================  ==================================================================================
byte, uint16,      int
uint32, bits
unixtime           int, seconds since 1970-01-01 in the local time of the place of settlement
vln                int (kopecks); zero is written as one zero byte, an empty value is read as zero
fvln               Decimal; written without trailing zeros after the point
string             str in cp866; a fixed one is padded with spaces when written, stripped when read
bytes, unknown     bytes
stlv               Pairs
=================  ==================================================================================

Reading checks structure only: a string longer than its tag allows is read, because a document with such a fault
still has to be shown and answered (`presence.check` reports it). Writing enforces the table.

Both directions are written for speed: what to do after each header of four bytes is remembered, writers are one
closure for each tag, and a fault is located and explained only after something has failed.
"""

from __future__ import annotations

import codecs
import struct
from collections.abc import Callable, Iterable
from decimal import Decimal
from encodings import cp866
from functools import lru_cache, partial
from io import BytesIO
from typing import Any, Final, Union

from .tags import TAGS, Tag

Value = Union[int, str, bytes, Decimal, "Pairs"]
Pairs = list[tuple[int, Value]]

MAX_SIZE: Final = 4 + 0xFFFF  # one TLV with the greatest length that its header can name
MAX_FIELDS: Final = MAX_SIZE // 4  # follows from MAX_SIZE: every field costs a header
MAX_DEPTH: Final = 8  # real documents have 5: 5 → 1157 → 1133 → 1145 → 1135
MAX_FRACTION_DIGITS: Final = 9  # of an fvln: kilogrammes to the microgramme


class MalformedTLV(ValueError):
    """Bytes that aren't TLV. `offset` is where the faulty field begins, `tag` its tag if it could be read."""

    def __init__(self, offset: int, tag: int | None, reason: str):
        super().__init__(f"offset {offset}, tag {'?' if tag is None else tag}: {reason}")
        self.offset = offset
        self.tag = tag
        self.reason = reason


class UnencodableValue(ValueError):
    """A value that its tag can't carry."""

    def __init__(self, tag: object, reason: str):
        super().__init__(f"tag {tag}: {reason}")
        self.tag = tag
        self.reason = reason


# -- reading ---------------------------------------------------------------------------------------------

_ONE_BYTE, _NUMBER, _TEXT, _NESTED, _DECIMAL, _PADDED, _RAW = range(7)
_KINDS: Final = {"fvln": _DECIMAL, "string": _TEXT, "bytes": _RAW, "stlv": _NESTED}  # the rest are numbers
_EXACT: Final = frozenset({"byte", "uint16", "uint32", "unixtime", "bits"})
_MAX_NUMBER: Final = 8  # bytes of a vln; some registers pad the six of the order to eight

_decode_text = codecs.charmap_decode
_TABLE: Final = cp866.decoding_table


class _Headers(dict[bytes, tuple[int, int, Any]]):
    """What to do after each header of four bytes: (length, kind of value, tag).

    For values of one byte the third member maps that byte to the finished (tag, value).
    """

    KEPT = 8192

    def __missing__(self, header: bytes) -> tuple[int, int, Any]:
        tag, size, kind = _read_header(header)
        third = {bytes([value]): (tag, value) for value in range(256)} if kind == _ONE_BYTE else tag
        if tag in TAGS and size <= TAGS[tag].size:
            if len(self) >= self.KEPT:
                self.clear()
            self[header] = size, kind, third
        return size, kind, third


_headers: Final = _Headers()


def decode(data: bytes) -> Pairs:
    """Fields of `data` in order. The only exception, whatever the input, is MalformedTLV."""
    if len(data) > MAX_SIZE:
        raise MalformedTLV(0, None, f"{len(data)} bytes, more than {MAX_SIZE}")
    try:
        return _decode(data, 1)
    except (ValueError, LookupError):
        _raise_fault(bytes(data), 0, len(data), 1)
        raise


def _decode(data: bytes, depth: int, headers: _Headers = _headers, number: Any = int.from_bytes) -> Pairs:
    """The fast way; a fault raises any ValueError or LookupError."""
    if depth > MAX_DEPTH:
        raise ValueError
    pairs: Pairs = []
    append = pairs.append
    read = BytesIO(data).read
    size, raw = 0, b""
    while header := read(4):
        size, kind, tag = headers[header]
        raw = read(size)
        if not kind:
            append(tag[raw])
        elif kind == 1:
            append((tag, number(raw, "little")))
        elif kind == 2:
            append((tag, _decode_text(raw, "strict", _TABLE)[0]))
        elif kind == 3:
            append((tag, _decode(raw, depth + 1)))
        elif kind == 4:
            append((tag, _read_decimal(raw)))
        elif kind == 5:
            append((tag, _decode_text(raw.rstrip(b" \0"), "strict", _TABLE)[0]))
        else:
            append((tag, raw))
    if len(raw) != size:  # only the last value can be short
        raise ValueError
    return pairs


def _raise_fault(data: bytes, pos: int, end: int, depth: int) -> None:
    """Walk over the same fields slowly and raise MalformedTLV where the first fault is."""
    while pos < end:
        header = data[pos : min(pos + 4, end)]
        try:
            tag, size, kind = _read_header(header)
        except MalformedTLV as fault:
            raise MalformedTLV(pos, fault.tag, fault.reason) from None
        start, stop = pos + 4, pos + 4 + size
        if stop > end:
            raise MalformedTLV(pos, tag, f"length {size}, but only {end - start} bytes are left")
        if kind == _NESTED:
            if depth >= MAX_DEPTH:
                raise MalformedTLV(pos, tag, f"nested deeper than {MAX_DEPTH} levels")
            _raise_fault(data, start, stop, depth + 1)
        elif kind == _DECIMAL:
            raw = data[start:stop]
            if not raw or raw[0] > MAX_FRACTION_DIGITS:
                raise MalformedTLV(pos, tag, f"{raw.hex() or 'an empty value'} isn't a number with a decimal point")
        pos = stop


def _read_header(header: bytes) -> tuple[int, int, int]:
    """Tag, length and kind of the value that follows; MalformedTLV (offset 0) when they don't go together."""
    if len(header) < 4:
        tag = int.from_bytes(header[:2], "little") if len(header) >= 2 else None
        raise MalformedTLV(0, tag, f"{len(header)} bytes where a header of 4 should be")
    tag = header[0] | header[1] << 8
    size = header[2] | header[3] << 8
    row = TAGS.get(tag)
    if row is None:
        return tag, size, _RAW
    kind = _KINDS.get(row.type, _NUMBER)
    if row.type in _EXACT:
        if size != row.size:
            raise MalformedTLV(0, tag, f"length {size}, a {row.type} has {row.size}")
    elif kind in (_NUMBER, _DECIMAL) and size > _MAX_NUMBER + (kind == _DECIMAL):
        raise MalformedTLV(0, tag, f"a number of {size} bytes")
    if kind == _NUMBER and size == 1:
        kind = _ONE_BYTE
    elif kind == _TEXT and row.fixed:
        kind = _PADDED
    return tag, size, kind


@lru_cache(maxsize=4096, typed=True)
def _read_decimal(raw: bytes) -> Decimal:
    if raw[0] > MAX_FRACTION_DIGITS:
        raise ValueError
    return Decimal(int.from_bytes(raw[1:], "little")).scaleb(-raw[0])


# -- writing ---------------------------------------------------------------------------------------------

_header = struct.Struct("<HH").pack
_encode_text = codecs.charmap_encode
_MAP: Final = codecs.charmap_build(cp866.decoding_table)

Writer = Callable[..., bytes]


def encode(pairs: Iterable[tuple[int, Value]]) -> bytes:
    """The bytes of `pairs` in their order; UnencodableValue names the first field that can't be written."""
    try:
        writers = _writers
        return b"".join([writers[tag](value) for tag, value in pairs])
    except UnencodableValue:
        raise
    except Exception:
        return b"".join([_write_carefully(pair) for pair in pairs])


def text_size(text: str) -> int:
    """Bytes of `text` in cp866; UnicodeEncodeError when it has characters that cp866 lacks."""
    return len(_encode_text(text, "strict", _MAP)[0])


def _write_carefully(pair: tuple[int, Value]) -> bytes:
    """One field, with an explanation when it can't be written; also the way of tags that aren't in the table."""
    try:
        tag, value = pair
    except (TypeError, ValueError):
        raise UnencodableValue(None, f"{pair!r} isn't a pair of tag and value") from None
    if not isinstance(tag, int) or not 0 <= tag <= 0xFFFF:
        raise UnencodableValue(tag, "a tag is a number from 0 to 65535")
    row = TAGS.get(tag)
    if row is None:
        if not isinstance(value, bytes) or len(value) > 0xFFFF:
            raise UnencodableValue(tag, "a tag that isn't in the table takes at most 65535 bytes")
        return _header(tag, len(value)) + value
    try:
        return _writers[tag](value)
    except UnencodableValue:
        raise
    except Exception as error:
        raise UnencodableValue(tag, _why(row, value, error)) from None


def _why(row: Tag, value: object, error: Exception) -> str:
    if isinstance(error, UnicodeEncodeError):
        return f"character {error.object[error.start]!r} isn't in cp866 ({row.name})"
    if isinstance(value, str) and row.type == "string":
        return f"{text_size(value)} bytes, at most {row.size} ({row.name})"
    if isinstance(error, RecursionError):
        return "nested without end"
    expected = {"string": "a string", "bytes": f"bytes, length {row.size}", "stlv": "a list of fields"}
    number = f"a number that fits a {row.type} of {row.size} bytes"
    return f"{value!r:.80} isn't {expected.get(row.type, number)} ({row.name})"


def _number_writer(row: Tag) -> Writer:
    heads = [_header(row.tag, size) for size in range(row.size + 1)]

    def write(value: int) -> bytes:
        size = (value.bit_length() + 7) >> 3 or 1
        return heads[size] + value.to_bytes(size, "little")

    return write


def _text_writer(row: Tag) -> Writer:
    heads = [_header(row.tag, size) for size in range(row.size + 1)]

    def write(value: str) -> bytes:
        raw = _encode_text(value, "strict", _MAP)[0]
        return heads[len(raw)] + raw

    return write


def _padded_writer(row: Tag) -> Writer:
    head, size = _header(row.tag, row.size), row.size

    def write(value: str) -> bytes:
        raw = _encode_text(value, "strict", _MAP)[0]
        if len(raw) > size:
            raise IndexError
        return head + raw.ljust(size)

    return write


def _bytes_writer(row: Tag) -> Writer:
    def write(value: bytes) -> bytes:
        size = len(value)
        if not isinstance(value, bytes) or size > row.size or (row.fixed and size != row.size):
            raise TypeError
        return _header(row.tag, size) + value

    return write


def _decimal_writer(row: Tag) -> Writer:
    head, limit = row.tag, row.size

    @lru_cache(maxsize=4096, typed=True)
    def write(value: Decimal) -> bytes:
        if not isinstance(value, (Decimal, int)):
            raise TypeError
        sign, digits, exponent = Decimal(value).as_tuple()
        if sign or not isinstance(exponent, int) or exponent > 2 * limit:
            raise ValueError
        mantissa = int("".join(map(str, digits)))
        while exponent < 0 and mantissa % 10 == 0:
            mantissa, exponent = mantissa // 10, exponent + 1
        if exponent > 0:
            mantissa, exponent = mantissa * 10**exponent, 0
        if -exponent > MAX_FRACTION_DIGITS:
            raise ValueError
        raw = bytes([-exponent]) + mantissa.to_bytes((mantissa.bit_length() + 7) // 8 or 1, "little")
        if len(raw) > limit:
            raise ValueError
        return _header(head, len(raw)) + raw

    return write


def _nested_writer(row: Tag) -> Writer:
    tag, limit = row.tag, row.size

    def write(value: Pairs) -> bytes:
        if not isinstance(value, list):
            raise TypeError
        body = encode(value)
        if len(body) > limit:
            raise UnencodableValue(tag, f"{len(body)} bytes inside, at most {limit} ({row.name})")
        return _header(tag, len(body)) + body

    return write


def _writer(row: Tag) -> Writer:
    if row.type in ("byte", "bits") and row.size == 1:
        return {value: _header(row.tag, 1) + bytes([value]) for value in range(256)}.__getitem__
    if row.type in _EXACT:
        return partial(struct.Struct("<HHH" if row.size == 2 else "<HHI").pack, row.tag, row.size)
    if row.type == "string":
        return _padded_writer(row) if row.fixed else _text_writer(row)
    make = {"vln": _number_writer, "fvln": _decimal_writer, "bytes": _bytes_writer, "stlv": _nested_writer}
    return make[row.type](row)


_writers: Final[dict[int, Writer]] = {tag: _writer(row) for tag, row in TAGS.items()}


# -- looking -----------------------------------------------------------------------------------------------


def first(pairs: Pairs, tag: int, default: Value | None = None) -> Value | None:
    """The first value of `tag` on this level, or `default`."""
    for candidate, value in pairs:
        if candidate == tag:
            return value
    return default


def all_of(pairs: Pairs, tag: int) -> list[Value]:
    """All values of `tag` on this level, in order."""
    return [value for candidate, value in pairs if candidate == tag]
