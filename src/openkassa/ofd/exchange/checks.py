"""What is found out about one container before it is stored: refuse it, or acknowledge it with code 0, 11 or 14.

In this order: checksum, whose storage, message sign, whether it reads as a document (else code 11), fiscal sign,
whether header and document agree (else 11), rules of presence (else 14). What fails a checksum or a sign gets no
answer: nobody knows whether the storage said it.
"""

from __future__ import annotations

import datetime as dt

import msgspec

from openkassa.core.ids import uuid7
from openkassa.fiscal import wire
from openkassa.fiscal.ffd import presence, tags, tlv
from openkassa.fiscal.ffd.findings import errors
from openkassa.fiscal.ffd.reader import Document, fiscal_sign_number
from openkassa.ofd.exchange.store import CheckedDocument, RegisterReport
from openkassa.ofd.exchange.verifier import Verifier

TAKEN = 0
NOT_RECOGNISED = 11
FORMAT_LOGICAL_ERROR = 14

FORMS = frozenset({1, 11, 2, 21, 3, 31, 4, 41, 5, 6})
REPORT_FORMS = frozenset({tags.REGISTRATION, tags.REGISTRATION_CHANGE})
MAX_PROBLEMS = 50
MAX_INT4 = 2**31 - 1
MAX_INT8 = 2**63 - 1

Problems = tuple[tuple[int, str], ...]


class Rejected(Exception):
    """The container gets no answer. `reason` is a word for the counters."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


class Reading(msgspec.Struct, frozen=True):
    """What a container turned out to carry."""

    code: int
    fields: dict[int, tlv.Value]
    problems: Problems = ()


def check(event: wire.Document, *, verifier: Verifier, now: dt.datetime, spoil: bool = False) -> CheckedDocument:
    """A document ready to be stored and answered; Rejected when it may not be. `spoil` is the fault code14."""
    container = _open(event, verifier)
    reading = _read(container, verifier)
    if spoil and reading.code == TAKEN:
        reading = Reading(FORMAT_LOGICAL_ERROR, reading.fields, ((0, "fault code14 is on"),))
    fields = reading.fields
    return CheckedDocument(
        id=uuid7(),
        fn=container.fn,
        fd=container.fd,
        form=container.form,
        ffd=_number(fields, 1209, 255),
        shift=_number(fields, 1038, MAX_INT4),
        number=_number(fields, 1042, MAX_INT4),
        local_time=_number(fields, 1012, MAX_INT8),
        fiscal_sign=fiscal_sign_number(_bytes(fields, 1077)),
        operation=_number(fields, 1054, 255),
        total=_number(fields, 1020, MAX_INT8),
        inn=_digits(fields, 1018, 12),
        rnm=_digits(fields, 1037, 20),
        ack_code=reading.code,
        received_at=now,
        container=event.container,
        acknowledgement=verifier.acknowledge(container, code=reading.code, now=now),
        document=container.document,
        problems=reading.problems,
        report=_report(fields) if container.form in REPORT_FORMS and reading.code != NOT_RECOGNISED else None,
    )


def _open(event: wire.Document, verifier: Verifier) -> wire.Container:
    """The container of a storage that is served, its message sign good. Raises Rejected."""
    try:
        container = wire.Container.parse(event.container)
    except wire.BadChecksum as error:
        raise Rejected("checksum", str(error)) from None
    except wire.MalformedContainer as error:
        raise Rejected("container", str(error)) from None
    if container.origin != wire.FROM_FN:
        raise Rejected("container", "a container of an operator came from a register")
    if container.fn != event.fn:
        raise Rejected("container", "session header and container name different storages")
    if not verifier.accepts(container.fn):
        raise Rejected(
            "storage", f"storage {container.fn[:4]}…: its signs can't be checked here; emulated ones are 9999…"
        )
    if not verifier.message_sign_holds(container):
        raise Rejected("message_sign", f"document {container.fd}: the message sign is wrong")
    return container


def _read(container: wire.Container, verifier: Verifier) -> Reading:
    """What the document says and the code it gets. Raises Rejected for a wrong fiscal sign."""
    try:
        pairs = tlv.decode(container.document)
    except tlv.MalformedTLV as error:
        return _not_recognised(str(error))
    if not verifier.fiscal_sign_holds(container):
        raise Rejected("fiscal_sign", f"document {container.fd}: the fiscal sign is wrong")
    if container.form not in FORMS or len(pairs) != 1 or pairs[0][0] != container.form:
        return _not_recognised(
            f"form {container.form} in the header, tag {pairs[0][0] if pairs else 'none'} in the body"
        )
    inside = pairs[0][1]
    if not isinstance(inside, list):
        return _not_recognised(f"form {container.form} isn't a structure")
    fields = dict(reversed(inside))  # the first of a repeated tag
    if str(fields.get(1041, "")).strip() != container.fn or fields.get(1040) != container.fd or not container.fd:
        return _not_recognised("numbers of storage or document in the header (tags 1041, 1040) are not those inside")
    return _judge(container.form, fields, inside)


def _judge(form: int, fields: dict[int, tlv.Value], inside: tlv.Pairs) -> Reading:
    findings = errors(presence.check(Document(form, inside)))
    found = tuple((finding.tag or 0, finding.text) for finding in findings)
    return Reading(FORMAT_LOGICAL_ERROR if found else TAKEN, fields, found[:MAX_PROBLEMS])


def _not_recognised(text: str) -> Reading:
    return Reading(NOT_RECOGNISED, {}, ((0, text[:500]),))


def _number(fields: dict[int, tlv.Value], tag: int, limit: int) -> int:
    """The number of a tag as a column can hold it; 0 when it is missing or too large (the bytes keep the truth)."""
    value = fields.get(tag)
    return value if isinstance(value, int) and value <= limit else 0


def _bytes(fields: dict[int, tlv.Value], tag: int) -> bytes:
    value = fields.get(tag)
    return value if isinstance(value, bytes) else b""


def _digits(fields: dict[int, tlv.Value], tag: int, size: int) -> str:
    text = str(fields.get(tag, "")).strip()
    return text if text.isdecimal() and text.isascii() and len(text) <= size else ""


def _report(fields: dict[int, tlv.Value]) -> RegisterReport:
    return RegisterReport(
        rnm=_digits(fields, 1037, 20),
        inn=_digits(fields, 1018, 12),
        user_name=_text(fields, 1048, 256),
        address=_text(fields, 1009, 256),
        place=_text(fields, 1187, 256),
        serial=_text(fields, 1013, 20),
    )


def _text(fields: dict[int, tlv.Value], tag: int, size: int) -> str:
    """Text of a tag as PostgreSQL can hold it: no NUL."""
    value = fields.get(tag)
    return value.replace("\0", "").strip()[:size] if isinstance(value, str) else ""
