"""Bytes of documents: what the storage writes itself, in the order in which real ones do.

(1209, 1190,) 1041, 1037, 1018, 1040, 1012, 1077 come first, in receipts then 1038, 1042, 1054, 1020, and then the
register's own tags as they were handed over. Order seen in three documents of storages in use. There only storages of
FFD 1.2 write 1209 themselves; this one writes it in every version unless the content has it, and 1190 from 1.1 on,
where the registration report requires it.
"""

from __future__ import annotations

from struct import Struct

from openkassa.fiscal.wire.container import FROM_FN, packed_fn, seal, signed_part

from . import emulation, limits
from .errors import ErrorCode, StorageError
from .state import Registration

_BYTE = Struct("<HHB")
_U16 = Struct("<HHH")
_U32 = Struct("<HHI")
_NUMBER_AND_TIME = Struct("<HHIHHI")
_RECEIPT = Struct("<HHIHHIHHBHH")
_FIELD = Struct("<HH")
_SIGN_HEADER = _FIELD.pack(1077, 6)


def byte(tag: int, value: int) -> bytes:
    return _BYTE.pack(tag, 1, value)


def u16(tag: int, value: int) -> bytes:
    return _U16.pack(tag, 2, value)


def u32(tag: int, value: int) -> bytes:
    return _U32.pack(tag, 4, value)


def raw(tag: int, value: bytes) -> bytes:
    return _FIELD.pack(tag, len(value)) + value


def receipt_fields(shift: int, number: int, operation: int, total: int) -> bytes:
    """1038, 1042, 1054, 1020."""
    size = (total.bit_length() + 7) >> 3 or 1
    head = _RECEIPT.pack(1038, 4, shift, 1042, 4, number, 1054, 1, operation, 1020, size)
    return head + total.to_bytes(size, "little")


class Writer:
    """Writes the documents of one storage under one registration; what doesn't change is made once."""

    def __init__(self, fn: str, registration: Registration) -> None:
        self._fn = fn
        self._bcd = packed_fn(fn)
        identity = (
            raw(1041, fn.encode("ascii"))
            + raw(1037, registration.rnm.encode("ascii").ljust(20))
            + raw(1018, registration.inn.encode("ascii").ljust(12))
        )
        own_format = byte(1190, registration.ffd) if registration.ffd >= 3 else b""
        self._head = byte(1209, registration.ffd) + own_format + identity
        self._head_without_format = own_format + identity

    def write(self, form: int, fd: int, local_time: int, rest: bytes, *, has_format: bool) -> tuple[int, bytes]:
        """(fiscal sign as a number, container) of a document whose fields after tag 1077 are `rest`.

        StorageError 10h when it is longer than its form may be.
        """
        head = self._head_without_format if has_format else self._head
        before = head + _NUMBER_AND_TIME.pack(1040, 4, fd, 1012, 4, local_time)
        length = len(before) + 10 + len(rest)
        if length > limits.MAX_DOCUMENT[form]:
            raise StorageError(
                ErrorCode.TLV_TOO_LONG, f"{length} байт при пределе {limits.MAX_DOCUMENT[form]}, форма {form}"
            )
        sign, nonce = emulation.fiscal_sign(self._fn, form, before + rest)
        document = b"".join((_FIELD.pack(form, length), before, _SIGN_HEADER, sign, rest))
        signed = signed_part(FROM_FN, form, self._bcd, fd, nonce, document)
        return int.from_bytes(sign[2:], "big"), seal(signed, emulation.message_sign(self._fn, signed))
