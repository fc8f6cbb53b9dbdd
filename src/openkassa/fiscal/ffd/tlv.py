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

The loops below are written for speed: headers that were seen are kept with what has to be done with the value,
writers are one closure for each tag, errors are explained only after something has failed.
"""

from __future__ import annotations

import codecs
import struct
from collections.abc import Callable, Iterable
from decimal import Decimal
from encodings import cp866
from functools import lru_cache, partial
from typing import Final, Union

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

_ONE_BYTE, _NUMBER, _TEXT, _PADDED, _NESTED, _DECIMAL, _RAW = range(7)
_KINDS: Final = {
    "byte": _NUMBER,
    "uint16": _NUMBER,
    "uint32": _NUMBER,
    "unixtime": _NUMBER,
    "bits": _NUMBER,
    "vln": _NUMBER,
    "fvln": _DECIMAL,
    "string": _TEXT,
    "bytes": _RAW,
    "stlv": _NESTED,
}
_EXACT: Final = frozenset({"byte", "uint16", "uint32", "unixtime", "bits"})
_MAX_NUMBER: Final = 8  # bytes of a vln; some registers pad the six of the order to eight

_HEADERS_KEPT: Final = 8192
_headers: dict[bytes, tuple[int, int, int]] = {}

_decode_text = codecs.charmap_decode
_TABLE: Final = cp866.decoding_table


def decode(data: bytes) -> Pairs:
    """Fields of `data` in order. The only exception, whatever the input, is MalformedTLV."""
    if len(data) > MAX_SIZE:
        raise MalformedTLV(0, None, f"{len(data)} bytes, more than {MAX_SIZE}")
    data = bytes(data)
    return _decode(data, 0, len(data), 1)


def _decode(data: bytes, pos: int, end: int, depth: int) -> Pairs:
    pairs: Pairs = []
    append = pairs.append
    headers = _headers
    number = int.from_bytes
    while pos < end:
        header = data[pos : pos + 4]
        try:
            tag, size, kind = headers[header]
        except KeyError:
            tag, size, kind = _read_header(header, pos)
        start = pos + 4
        stop = start + size
        if stop > end:
            raise MalformedTLV(pos, tag, f"length {size}, but only {max(end - start, 0)} bytes are left")
        if kind == _ONE_BYTE:
            append((tag, data[start]))
        elif kind == _NUMBER:
            append((tag, number(data[start:stop], "little")))
        elif kind == _TEXT:
            append((tag, _decode_text(data[start:stop], "strict", _TABLE)[0]))
        elif kind == _NESTED:
            if depth >= MAX_DEPTH:
                raise MalformedTLV(pos, tag, f"nested deeper than {MAX_DEPTH} levels")
            append((tag, _decode(data, start, stop, depth + 1)))
        elif kind == _PADDED:
            append((tag, _decode_text(data[start:stop].rstrip(b" \0"), "strict", _TABLE)[0]))
        elif kind == _DECIMAL:
            raw = data[start:stop]
            if not raw or raw[0] > MAX_FRACTION_DIGITS:
                raise MalformedTLV(pos, tag, f"{raw.hex() or 'an empty value'} isn't a number with a decimal point")
            append((tag, _read_decimal(raw)))
        else:
            append((tag, data[start:stop]))
        pos = stop
    return pairs


def _read_header(header: bytes, pos: int) -> tuple[int, int, int]:
    """Tag, length and kind of value of a header that hasn't been seen; keeps those of known tags."""
    if len(header) < 4:
        tag = int.from_bytes(header[:2], "little") if len(header) >= 2 else None
        raise MalformedTLV(pos, tag, f"{len(header)} bytes where a header of 4 should be")
    tag = header[0] | header[1] << 8
    size = header[2] | header[3] << 8
    row = TAGS.get(tag)
    if row is None:
        return tag, size, _RAW
    kind = _KINDS[row.type]
    if row.type in _EXACT:
        if size != row.size:
            raise MalformedTLV(pos, tag, f"length {size}, a {row.type} has {row.size}")
    elif kind in (_NUMBER, _DECIMAL) and size > _MAX_NUMBER + (kind == _DECIMAL):
        raise MalformedTLV(pos, tag, f"a number of {size} bytes")
    if kind == _NUMBER and size == 1:
        kind = _ONE_BYTE
    elif kind == _TEXT and row.fixed:
        kind = _PADDED
    if size <= row.size:
        if len(_headers) >= _HEADERS_KEPT:
            _headers.clear()
        _headers[header] = tag, size, kind
    return tag, size, kind


@lru_cache(maxsize=4096)
def _read_decimal(raw: bytes) -> Decimal:
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

    @lru_cache(maxsize=4096)
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
