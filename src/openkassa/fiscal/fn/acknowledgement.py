"""Operator's acknowledgement (подтверждение оператора, form 7): made by the operator, checked by the storage.

Fields in the order of acknowledgements in use: 1017, 1078, 1041, 1040, 1012, 1068{1022}. The number of the document and
of the storage in the container's header are those of the document that is acknowledged.
"""

from __future__ import annotations

from hmac import compare_digest
from typing import Any

import msgspec

from openkassa.fiscal.ffd import tlv
from openkassa.fiscal.wire import FROM_FN, FROM_OFD, BadChecksum, Container, MalformedContainer
from openkassa.fiscal.wire.container import packed_fn, seal, signed_part

from . import documents, emulation
from .errors import AcknowledgementFault, ErrorCode, StorageError

FORM = 7
MAX_ACKNOWLEDGEMENT = 512


class Acknowledgement(msgspec.Struct, frozen=True):
    fn: str
    fd: int
    code: int  # tag 1022: 0 taken, 11 not recognised, 14 format-logical error; all three confirm
    local_time: int  # tag 1012, when the operator took the document
    operator_inn: str  # tag 1017
    operator_sign: bytes  # tag 1078, ФПО


def make_acknowledgement(document: Container, *, operator_inn: str, code: int, local_time: int) -> bytes:
    """Container with which the operator confirms `document`. `local_time` is in seconds, of the operator's place.

    The same arguments give the same bytes, so a document sent twice gets the same acknowledgement twice.
    ValueError when `document` is not from a storage, NotEmulated when its number does not begin with 9999.
    """
    if document.origin != FROM_FN:
        raise ValueError("only documents of a fiscal storage are acknowledged")
    sign = emulation.operator_sign(document.fn, document.fd, local_time, code, document.sign)
    fields = b"".join(
        (
            documents.raw(1017, operator_inn.encode("ascii").ljust(12)),
            documents.raw(1078, sign),
            documents.raw(1041, document.fn.encode("ascii").ljust(16)),
            documents.u32(1040, document.fd),
            documents.u32(1012, local_time),
            documents.raw(1068, documents.byte(1022, code)),
        )
    )
    nonce = document.sign[2:] + sign[2:4]
    signed = signed_part(FROM_OFD, FORM, packed_fn(document.fn), document.fd, nonce, documents.raw(FORM, fields))
    return seal(signed, emulation.answer_sign(document.fn, signed))


def read_acknowledgement(data: bytes, *, fn: str, fd: int, document_sign: bytes) -> Acknowledgement:
    """Read and check an acknowledgement that must be for document `fd` of storage `fn`, whose ФПС is `document_sign`.

    Raises StorageError 20h with its reason: 5 checksum, 2 format, 4 storage, 3 document, 1 signs.
    """
    try:
        container = Container.parse(data)
    except BadChecksum as error:
        raise _refused(AcknowledgementFault.CHECKSUM, str(error)) from None
    except MalformedContainer as error:
        raise _refused(AcknowledgementFault.FORMAT, str(error)) from None
    if container.origin != FROM_OFD or container.form != FORM:
        raise _refused(AcknowledgementFault.FORMAT, "контейнер не от оператора или не форма 7")
    acknowledgement = _read_fields(container)
    if container.fn != fn or acknowledgement.fn != fn:
        raise _refused(AcknowledgementFault.STORAGE_NUMBER, f"{container.fn} вместо {fn}")
    if container.fd != fd or acknowledgement.fd != fd:
        raise _refused(AcknowledgementFault.DOCUMENT_NUMBER, f"{container.fd} вместо {fd}")
    expected = emulation.operator_sign(fn, fd, acknowledgement.local_time, acknowledgement.code, document_sign)
    if not emulation.answer_sign_holds(container) or not compare_digest(expected, acknowledgement.operator_sign):
        raise _refused(AcknowledgementFault.SIGN, f"ФД {fd}")
    return acknowledgement


def _read_fields(container: Container) -> Acknowledgement:
    try:
        if len(container.document) > MAX_ACKNOWLEDGEMENT:
            raise ValueError("документ длиннее 512 байт")
        form, inside = _only(tlv.decode(container.document))
        fields: dict[int, Any] = dict(inside)
        code = dict(fields[1068])[1022]
        if form != FORM or not 0 <= code <= 0xFF or not 0 <= fields[1012] <= 0xFFFFFFFF:
            raise ValueError("форма, код ответа или время вне допустимого")
        return Acknowledgement(
            fields[1041].strip(), fields[1040], code, fields[1012], fields[1017].strip(), fields[1078]
        )
    except (ValueError, KeyError, TypeError) as error:
        raise _refused(AcknowledgementFault.FORMAT, f"подтверждение не читается: {error}") from None


def _only(pairs: tlv.Pairs) -> tuple[int, Any]:
    (pair,) = pairs
    return pair


def _refused(reason: AcknowledgementFault, detail: str) -> StorageError:
    return StorageError(ErrorCode.ACKNOWLEDGEMENT_REFUSED, detail, reason=reason)
