"""Reading documents: from bytes to typed fields and to the tax service's JSON."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from .tags import RECEIPT_FORMS, TAGS
from .tlv import MalformedTLV, Pairs, Value, all_of, decode, first

_CONTAINER_HEADER = 32
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - till-local time has no zone


class Document(NamedTuple):
    """A fiscal document: its form and the fields of its first level.

    Properties give the fields that whole classes of documents share, None (or an empty string) when they are absent.
    """

    form: int
    pairs: Pairs

    def number_of(self, tag: int) -> int | None:
        value = first(self.pairs, tag)
        return value if isinstance(value, int) else None

    def text_of(self, tag: int) -> str:
        value = first(self.pairs, tag)
        return value if isinstance(value, str) else ""

    @property
    def ffd(self) -> int | None:
        return self.number_of(1209)

    @property
    def fn(self) -> str:
        return self.text_of(1041)

    @property
    def rnm(self) -> str:
        return self.text_of(1037)

    @property
    def inn(self) -> str:
        return self.text_of(1018)

    @property
    def fd(self) -> int | None:
        return self.number_of(1040)

    @property
    def local_time(self) -> int | None:
        """Seconds since 1970 in the local time of the place of settlement."""
        return self.number_of(1012)

    @property
    def fiscal_sign(self) -> int | None:
        """ФПД as it is printed: the last four bytes of 1077, big-endian."""
        value = first(self.pairs, 1077)
        return fiscal_sign_number(value) if isinstance(value, bytes) else None

    @property
    def shift(self) -> int | None:
        return self.number_of(1038)

    @property
    def number(self) -> int | None:
        """Number of the receipt in its shift."""
        return self.number_of(1042)

    @property
    def operation(self) -> int | None:
        return self.number_of(1054)

    @property
    def total(self) -> int | None:
        return self.number_of(1020)

    @property
    def items(self) -> list[Pairs]:
        return [value for value in all_of(self.pairs, 1059) if isinstance(value, list)]


def fiscal_sign_number(value: bytes) -> int:
    """The number that is printed and put into the QR for a value of tag 1077."""
    return int.from_bytes(value[-4:], "big")


def read_document(data: bytes) -> Document:
    """A document from its STLV or from the container that carries it. Raises MalformedTLV only.

    Whether a container's length, checksum and signs are right is for `fiscal.wire` to say.
    """
    if not _is_stlv(data) and len(data) >= _CONTAINER_HEADER and data[4] in (0xA5, 0x5A):
        size = int.from_bytes(data[30:32], "big")
        data = data[_CONTAINER_HEADER : _CONTAINER_HEADER + size]
    pairs = decode(data)
    if len(pairs) != 1:
        raise MalformedTLV(0, None, f"{len(pairs)} fields where one document should be")
    form, fields = pairs[0]
    if form not in TAGS or TAGS[form].status != "form" or not isinstance(fields, list):
        raise MalformedTLV(0, form, "isn't the code of a document's form")
    return Document(form, fields)


def _is_stlv(data: bytes) -> bool:
    form = int.from_bytes(data[:2], "little")
    known = form in TAGS and TAGS[form].status == "form"
    return known and int.from_bytes(data[2:4], "little") == len(data) - 4


# -- JSON of the tax service -----------------------------------------------------------------------------------

_LISTS = frozenset({1059, 1119, 1235, 1260, 1261, 1073, 1074, 1075, 1171})
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def to_fns_json(document: Document) -> dict[str, Any]:
    """The document under the tax service's field names, as its receipt JSON has them.

    Sums are kopecks, 1012 an ISO time without a zone, quantities int or Decimal. Fields without a known name are
    left out. `fns_json_bytes` turns the result into JSON with plain numbers.
    """
    return {"code": document.form, **_named(document.pairs)}


def fns_json_bytes(document: Document) -> bytes:
    """`to_fns_json` as JSON text in UTF-8."""
    return _ENCODER.encode(to_fns_json(document))


def _named(pairs: Pairs) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for tag, value in pairs:
        row = TAGS.get(tag)
        if row is None or row.json is None:
            continue
        converted = _json_value(tag, value)
        if tag in _LISTS:
            out.setdefault(row.json, []).append(converted)
        else:
            out[row.json] = converted
    return out


def _json_value(tag: int, value: Value) -> Any:
    row = TAGS[tag]
    if tag == 1163 and isinstance(value, list):
        return _product_code(value)
    if isinstance(value, list):
        return _named(value)
    if tag == 1077 and isinstance(value, bytes):
        return fiscal_sign_number(value)
    if row.type == "unixtime" and isinstance(value, int):
        return (_EPOCH + dt.timedelta(seconds=value)).isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else value
    if isinstance(value, bytes):
        return value.hex().upper()
    if isinstance(value, str) and row.fixed and tag in _PADDED_IN_JSON:
        return value.ljust(row.size)
    return value


# The tax service keeps the padding of these: "0007993537061927    ", "4703148343  ".
_PADDED_IN_JSON = frozenset({1037, 1016, 1017, 1018, 1203, 1226, 1228})


def _product_code(pairs: Pairs) -> dict[str, Any]:
    """1163: each code with its number of type (1 for tag 1300), GTIN and serial number."""
    out: dict[str, Any] = {}
    for tag, value in pairs:
        row = TAGS.get(tag)
        if row is None or not isinstance(value, str):
            continue
        gtin, serial = _gtin(tag, value)
        out[row.json or f"tag{tag}"] = {
            "gtin": gtin,
            "productIdType": tag - 1299,
            "rawProductCode": value,
            "sernum": serial,
        }
    return out


def _gtin(tag: int, code: str) -> tuple[str, str]:
    if tag in (1301, 1302, 1303):
        return code, ""
    if tag in (1304, 1305) and code.startswith("01") and code[16:18] == "21":
        return code[2:16], code[18:]
    if tag == 1306:
        return code[:14], code[14:]
    return "", ""


def is_receipt(document: Document) -> bool:
    """Whether the document is a receipt or a correction (forms 3, 31, 4, 41)."""
    return document.form in RECEIPT_FORMS
