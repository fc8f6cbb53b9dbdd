"""Whole fiscal documents: header that the storage puts in front, reports, the operator's acknowledgement.

A document is one STLV whose tag is the code of its form. The storage builds it as header + fiscal sign + rest of
the header + content; the content stays the bytes that the register handed over. Order of header tags: as in three
documents of real registers; for FFD 1.05 and 1.1 they carry 1209 elsewhere, its place means nothing.
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from .tags import ACKNOWLEDGEMENT, FFD_1_05, TAGS
from .tlv import Pairs, UnencodableValue, encode

SIGN_SIZE: Final = 6  # of tag 1077
_SIGN_HEAD: Final = struct.pack("<HH", 1077, SIGN_SIZE)


class Header(NamedTuple):
    """Encoded header tags before and after the fiscal sign (1077)."""

    before: bytes
    after: bytes


def document_header(
    *,
    ffd: int,
    fn: str,
    rnm: str,
    inn: str,
    fd: int,
    at: int,
    shift: int | None = None,
    number: int | None = None,
    operation: int | None = None,
    total: int | None = None,
) -> Header:
    """Tags that the storage itself puts: 1209, 1190 (not in 1.05), 1041, 1037, 1018, 1040, 1012, then after the sign
    1038, 1042, 1054, 1020 as far as they are given. `at` is till-local seconds, `total` kopecks."""
    before: Pairs = [(1209, ffd)]
    if ffd != FFD_1_05:
        before.append((1190, ffd))
    before += [(1041, fn), (1037, rnm), (1018, inn), (1040, fd), (1012, at)]
    after: Pairs = [
        (tag, value)
        for tag, value in ((1038, shift), (1042, number), (1054, operation), (1020, total))
        if value is not None
    ]
    return Header(encode(before), encode(after))


def unsigned_document(form: int, header: Header, content: bytes) -> bytes:
    """The STLV without tag 1077: what the fiscal sign covers."""
    return _stlv(form, header.before + header.after + content)


def signed_document(form: int, header: Header, content: bytes, fiscal_sign: bytes) -> bytes:
    """The STLV with the six bytes of tag 1077. UnencodableValue when it outgrows its form."""
    if len(fiscal_sign) != SIGN_SIZE:
        raise UnencodableValue(1077, f"{len(fiscal_sign)} bytes, a fiscal sign has {SIGN_SIZE}")
    return _stlv(form, header.before + _SIGN_HEAD + fiscal_sign + header.after + content)


def _stlv(form: int, body: bytes) -> bytes:
    row = TAGS.get(form)
    if row is None or row.status != "form":
        raise UnencodableValue(form, "isn't the code of a document's form")
    if len(body) > row.size:
        raise UnencodableValue(form, f"{len(body)} bytes, at most {row.size} ({row.name})")
    return struct.pack("<HH", form, len(body)) + body


# -- the operator's acknowledgement (form 7) ------------------------------------------------------------------


def acknowledgement(
    *, ofd_inn: str, operator_sign: bytes, fn: str, fd: int, at: int, code: int, message: int = 0
) -> bytes:
    """Whole STLV of form 7. `operator_sign` is tag 1078 (eight bytes in life), `code` tag 1022 (0, 11 or 14),
    `message` bits of 1206. Order as in a real acknowledgement: 1017 1078 1041 1040 1012 1068{1022}."""
    pairs: Pairs = [
        (1017, ofd_inn),
        (1078, operator_sign),
        (1041, fn),
        (1040, fd),
        (1012, at),
        (1068, [(1022, code)]),
    ]
    if message:
        pairs.append((1206, message))
    return encode([(ACKNOWLEDGEMENT, pairs)])
