"""A readable tree of fiscal bytes: KKT→OFD message, container, document or plain TLV."""

from __future__ import annotations

import binascii
from collections.abc import Iterator
from typing import Final

from .ffd.codes import CODE_TYPES, GOODS_ANSWERS, KINDS, MEASURES, METHODS, OPERATIONS, PLANNED_STATUSES
from .ffd.marks import sign
from .ffd.printed_report import shown
from .ffd.rows import plain
from .ffd.tags import TAGS, name
from .ffd.tlv import MalformedTLV, Pairs, Value, decode
from .ffd.vat import CODES, rate

_SESSION: Final = {bytes.fromhex("2a08410a"): "KKT-OFD", bytes.fromhex("dd80caa1"): "OISM"}
_SESSION_SIZE: Final = 30
_CONTAINER_SIZE: Final = 32
_SOURCES: Final = {0xA5: "from a fiscal storage", 0x5A: "from an operator"}
_MEANINGS: Final = {
    1054: OPERATIONS,
    1212: KINDS,
    1214: METHODS,
    2003: PLANNED_STATUSES,
    2100: CODE_TYPES,
    2108: MEASURES,
    2109: GOODS_ANSWERS,
    2110: PLANNED_STATUSES,
}


def describe(data: bytes) -> str:
    """What `data` is, as indented lines. Never raises: what can't be read is shown in hexadecimal with the reason."""
    if data[:4] in _SESSION and len(data) >= _SESSION_SIZE:
        lines = [*_session(data), *_body(data[_SESSION_SIZE:])]
    else:
        lines = list(_body(data))
    return "\n".join(lines) + "\n"


def tree(pairs: Pairs) -> Iterator[str]:
    """Fields with their names and meanings, a line each; what they hold is indented."""
    return _tree(pairs, "")


def _session(data: bytes) -> Iterator[str]:
    size, flags, crc = (int.from_bytes(data[at : at + 2], "little") for at in (24, 26, 28))
    yield f"session header, {_SESSION[data[:4]]}"
    yield f"  protocol {data[4:6].hex(' ').upper()}, format {data[6]:x}.{data[7]:02x}"
    yield f"  storage {plain(data[8:24].decode('ascii', 'replace'))}"
    present = len(data) - _SESSION_SIZE
    yield f"  body {size} bytes" + ("" if size == present else f", {present} are there")
    yield f"  flags {flags:#06x}{_checked(flags)}, CRC {crc:#06x}"


def _checked(flags: int) -> str:
    return (" (no CRC)", " (CRC of the header)", " (CRC of header and body)", " (reserved)")[flags & 3]


def _body(data: bytes) -> Iterator[str]:
    if _is_container(data):
        yield from _container(data)
    elif data:
        yield from _tlv(data, "")


def _is_container(data: bytes) -> bool:
    form = int.from_bytes(data[:2], "little")
    whole_document = form in TAGS and int.from_bytes(data[2:4], "little") == len(data) - 4
    return len(data) >= _CONTAINER_SIZE and data[4] in _SOURCES and not whole_document


def _container(data: bytes) -> Iterator[str]:
    size, crc = (int.from_bytes(data[at : at + 2], "little") for at in (0, 2))
    found = binascii.crc_hqx(data[:2] + data[4:size], 0xFFFF)
    yield f"container {_SOURCES[data[4]]}, form {data[5]} {name(data[5])}"
    yield f"  length {size}" + ("" if size == len(data) else f", {len(data)} bytes are there")
    yield f"  CRC {crc:#06x}" + (" (right)" if crc == found else f" (wrong, should be {found:#06x})")
    yield f"  storage {data[9:17].hex()}, document {int.from_bytes(data[17:20], 'big')}"
    yield f"  version {data[6]}, service {data[7:9].hex()}, nonce {data[20:28].hex()}, service {data[28:30].hex()}"
    length = int.from_bytes(data[30:32], "big")
    end = _CONTAINER_SIZE + length
    yield from _tlv(data[_CONTAINER_SIZE:end], "  ")
    if data[end:]:
        yield f"  message sign {data[end:].hex()}"


def _tlv(data: bytes, indent: str) -> Iterator[str]:
    try:
        pairs = decode(data)
    except MalformedTLV as fault:
        yield f"{indent}not TLV, {fault}"
        yield f"{indent}{data.hex()}"
        return
    yield from _tree(pairs, indent)


def _tree(pairs: Pairs, indent: str) -> Iterator[str]:
    for tag, value in pairs:
        row = TAGS.get(tag)
        label = f"{indent}{tag} {row.name}" if row else f"{indent}{tag} (unknown tag)"
        if isinstance(value, list):
            yield label
            yield from _tree(value, indent + "  ")
        else:
            yield f"{label}: {_value(tag, value)}"


def _value(tag: int, value: Value) -> str:
    if isinstance(value, bytes) and tag != 1077:
        return value.hex() or "(empty)"
    if isinstance(value, int):
        if tag == 1199 and value in CODES:
            return f"{value} ({rate(value).label})"
        if tag == 2106:
            return f"{value} ({value:#b}, {sign(value)})"
        meaning = _MEANINGS.get(tag, {}).get(value)
        if meaning:
            return f"{value} ({meaning})"
        row = TAGS.get(tag)
        if row is not None and row.type == "bits":
            return f"{value} ({value:#b})"
    return plain(shown(tag, value))
