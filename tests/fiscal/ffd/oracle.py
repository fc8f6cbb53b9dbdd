"""A second reader of TLV, made with construct and free of the codec's code, to compare the codec with."""

from decimal import Decimal

from construct import Bytes, Int16ul, RepeatUntil, Struct, this

from openkassa.fiscal.ffd.tags import TAGS

FIELD = Struct("tag" / Int16ul, "length" / Int16ul, "value" / Bytes(this.length))
EXACT = {"byte": 1, "uint16": 2, "uint32": 4, "unixtime": 4}


class Rejected(Exception):
    pass


def read(data, depth=1):
    """Pairs of `data`, or Rejected."""
    if depth > 8:
        raise Rejected("depth")
    return [(field.tag, _value(field.tag, field.value, depth)) for field in _fields(data)]


def _fields(data):
    if not data:
        return []
    left = len(data)

    def whole(field, fields, context):
        nonlocal left
        left -= 4 + field.length
        return left <= 0

    try:
        return RepeatUntil(whole, FIELD).parse(data)
    except Exception as error:  # construct's own errors
        raise Rejected(str(error)) from None


def _value(tag, raw, depth):
    row = TAGS.get(tag)
    if row is None or row.type == "bytes":
        return raw
    if row.type == "stlv":
        return read(raw, depth + 1)
    if row.type == "string":
        text = raw.decode("cp866")
        return text.rstrip(" \0") if row.fixed else text
    if row.type == "fvln":
        if not 1 <= len(raw) <= 9 or raw[0] > 9:
            raise Rejected("fvln")
        return Decimal(sum(byte << 8 * place for place, byte in enumerate(raw[1:]))) / 10 ** raw[0]
    if len(raw) != EXACT.get(row.type, row.size if row.type == "bits" else len(raw)) or len(raw) > 8:
        raise Rejected(row.type)
    return sum(byte << 8 * place for place, byte in enumerate(raw))
