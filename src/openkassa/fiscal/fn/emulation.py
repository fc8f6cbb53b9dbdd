"""Emulated signs: keyed MACs in the byte shapes of the real ones, under keys that everybody can derive.

The real algorithms are closed. These give integrity between our own parts without a shared table of keys, and no
secrecy at all; that is why they work only for storage numbers beginning with 9999, which no real storage has.

The published rule, version 1:

    storage key  = HMAC-SHA256(key "openkassa-fn-emulation-v1", ASCII number of the storage)
    purpose key  = HMAC-SHA256(key storage key, ASCII name of the purpose)

    fiscal sign (ФПД, tag 1077)        mark 31 or 21, 04, then bytes 0..3 of the MAC under "document" of
                                       LE16 form + the document's fields without tag 1077
    message sign of a document (ФПС)   81 06, then bytes 0..5 of the MAC under "message" of the signed part
    message sign of an answer (ФПП)    82 06, then bytes 0..5 of the MAC under "answer" of the signed part
    operator's sign (ФПО, tag 1078)    88 06, bytes 0..3 of the MAC under "operator" of LE32 document number +
                                       LE32 time (1012) + code (1022) + ФПС of the document, then 00 03

The signed part of a container goes from its origin byte to the end of its document (`Container.signed_part`). Bytes
4..11 of a document's MAC are its nonce, so that the same command in the same state gives the same bytes.
"""

from __future__ import annotations

from functools import lru_cache
from hmac import compare_digest, digest
from struct import Struct

from openkassa.fiscal.wire import Container

ROOT_KEY = b"openkassa-fn-emulation-v1"
EMULATED_PREFIX = "9999"
OPERATOR_INN = "7700000016"  # of the operator that comes with the platform; made up, with valid check digits

RECEIPT_FORMS = frozenset({3, 4, 31, 41})
_RECEIPT_MARK = b"\x31\x04"
_REPORT_MARK = b"\x21\x04"  # unconfirmed for forms other than 1 and 11
_OPERATOR_TAIL = b"\x00\x03"  # unconfirmed: perhaps the number of a key
_FORM = Struct("<H")
_CONFIRMED = Struct("<IIB")


class NotEmulated(ValueError):
    """The storage's number doesn't begin with 9999: this program can neither make nor check its signs."""


def check_number(fn: str) -> str:
    """The number itself; NotEmulated unless it is 16 digits beginning with 9999."""
    if len(fn) != 16 or not (fn.isascii() and fn.isdigit()) or not fn.startswith(EMULATED_PREFIX):
        raise NotEmulated(f"номер ФН {fn!r} не эмулируемый: нужны 16 цифр, первые четыре 9999")
    return fn


@lru_cache(maxsize=4096)
def purpose_key(fn: str, purpose: str) -> bytes:
    storage = digest(ROOT_KEY, check_number(fn).encode("ascii"), "sha256")
    return digest(storage, purpose.encode("ascii"), "sha256")


def fiscal_sign(fn: str, form: int, fields: bytes) -> tuple[bytes, bytes]:
    """(value of tag 1077, nonce) for a document's `fields`: its body without tag 1077."""
    mac = digest(purpose_key(fn, "document"), _FORM.pack(form) + fields, "sha256")
    return (_RECEIPT_MARK if form in RECEIPT_FORMS else _REPORT_MARK) + mac[:4], mac[4:12]


def message_sign(fn: str, signed_part: bytes) -> bytes:
    """ФПС of a container from a fiscal storage."""
    return b"\x81\x06" + digest(purpose_key(fn, "message"), signed_part, "sha256")[:6]


def answer_sign(fn: str, signed_part: bytes) -> bytes:
    """ФПП of a container from an operator."""
    return b"\x82\x06" + digest(purpose_key(fn, "answer"), signed_part, "sha256")[:6]


def operator_sign(fn: str, fd: int, at: int, code: int, document_sign: bytes) -> bytes:
    """ФПО (tag 1078): the operator has document `fd`, whose message sign is `document_sign`. `at` is tag 1012."""
    mac = digest(purpose_key(fn, "operator"), _CONFIRMED.pack(fd, at, code) + document_sign, "sha256")
    return b"\x88\x06" + mac[:4] + _OPERATOR_TAIL


def message_sign_holds(container: Container) -> bool:
    """Whether the message sign of a storage's container is right. NotEmulated for a real storage's number."""
    return compare_digest(message_sign(container.fn, container.signed_part()), container.sign)


def answer_sign_holds(container: Container) -> bool:
    return compare_digest(answer_sign(container.fn, container.signed_part()), container.sign)


def fiscal_sign_holds(container: Container) -> bool:
    """Whether tag 1077 of the document in a storage's container is right; False when it has none or isn't TLV."""
    document = container.document
    place = _find_fiscal_sign(document)
    if place is None:
        return False
    fields = document[4:place] + document[place + 10 :]
    expected, _ = fiscal_sign(container.fn, container.form, fields)
    return compare_digest(expected, document[place + 4 : place + 10])


def _find_fiscal_sign(document: bytes) -> int | None:
    """Offset of the first tag 1077 with six bytes at the top level."""
    position, end = 4, len(document)
    while position + 4 <= end:
        tag = int.from_bytes(document[position : position + 2], "little")
        length = int.from_bytes(document[position + 2 : position + 4], "little")
        if tag == 1077:
            return position if length == 6 and position + 10 <= end else None
        position += 4 + length
    return None
