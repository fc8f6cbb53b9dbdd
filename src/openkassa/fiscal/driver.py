"""Messages between the platform and an emulated cash register.

A frame is four bytes of big-endian length and that many bytes of MessagePack, at most `MAX_FRAME`.
A client sends a `Request` and reads one `Answer` with the same `id`; frames of one connection are answered in order.
The largest answer, `MAX_BATCH` documents of the greatest length, fits into a frame. An answer with another `id` belongs
to an earlier request and is dropped.

Every document is made under a task id chosen by the caller. The device keeps the id beside the document in
its journal, so after any doubt the caller asks `FindTask` instead of sending again, and a repeated task
answers with the document it made the first time.

`Execute.expected_fd` is compare-and-set: the device makes nothing unless its next fiscal document number is that one,
counting those tasks of the batch that are already made under these numbers. A late message of a caller that has lost
its lease therefore changes nothing, and `fence` refuses a caller whose lease number is lower than one that the device
has already seen.

Marking codes of a task are checked before its document is made, one after another, within `MARKS_SECONDS` for a whole
batch; what the marking service has not answered by then is checked by the storage alone.

A batch ends at the first task that is refused; later tasks of it are not tried and have no result.

Content is TLV without the tags that a fiscal storage writes itself (`fiscal.fn.content.OWN_TAGS`); what a cash register
knows of itself (1013, 1188, 1189) and what follows from the registration may be left out.
"""

from __future__ import annotations

from typing import Union

import msgspec

MAX_FRAME = 16 * 1024 * 1024
MAX_BATCH = 500
MAX_MARKS = 128  # codes of one receipt
MARKS_SECONDS = 4.0  # for which a batch waits for the marking service


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, tag_field="t"):
    pass


class MarkToCheck(Message):
    """A marking code whose check the register has done before it makes the receipt."""

    line: int  # index of its line (1059)
    kind: str  # of `draft.Mark`
    code: str  # whole code, separators as GS
    status: int  # tag 2003
    amount: bytes  # TLV of 1023 and 2108, or of 1291
    mode: int = 0  # tag 2102


# -- tasks: each makes one fiscal document ---------------------------------------------------------------


class MakeReceipt(Message, tag="receipt"):
    id: str  # hex of a UUID
    form: int  # 3, 31, 4 or 41
    operation: int  # tag 1054
    total: int  # tag 1020, kopecks
    content: bytes  # TLV that the register hands to its fiscal storage
    local_time: int | None = None  # till-local seconds; the device's own clock when None
    marks: list[MarkToCheck] = []  # checked first; the results (2106, 2107) are added to the content


class OpenShift(Message, tag="open_shift"):
    id: str
    content: bytes = b""  # 1021, 1203


class CloseShift(Message, tag="close_shift"):
    id: str
    content: bytes = b""


class ReportSettlements(Message, tag="settlements"):
    """State of settlements, form 21."""

    id: str
    content: bytes = b""


class Register(Message, tag="register"):
    """Registration report (form 1), or its change (11) when `reasons` (tag 1205) is not None."""

    id: str
    rnm: str
    inn: str
    taxation: int  # tag 1062, bits
    ffd: int  # tag 1209: 2, 3 or 4
    utc_offset: int  # minutes, of the place of settlement
    content: bytes
    reasons: int | None = None
    mode: int = 0  # bits of command 03h: 2 autonomous, 4 automatic, 8 services, 0x10 БСО, 0x20 internet


class CloseStorage(Message, tag="close_storage"):
    """Close the fiscal storage (form 6)."""

    id: str
    content: bytes = b""


Task = Union[MakeReceipt, OpenShift, CloseShift, ReportSettlements, Register, CloseStorage]


# -- requests --------------------------------------------------------------------------------------------


class Execute(Message, tag="execute"):
    serial: str
    fence: int
    expected_fd: int  # number that the first document of the batch must get
    tasks: list[Task]


class FindTask(Message, tag="find_task"):
    """The document of a task, if there is one.

    A request that the caller has given up on may still be on its way inside the device. With `fence`, a number higher
    than that request's, the device refuses it from now on, so that "no document" is final.
    """

    serial: str
    id: str
    fence: int | None = None


class ListDocuments(Message, tag="documents"):
    """Documents from `from_fd` on, oldest first, at most `limit`."""

    serial: str
    from_fd: int
    limit: int = 100


class GetStatus(Message, tag="status"):
    serial: str


class ListAcknowledgements(Message, tag="acknowledgements"):
    """What the operator answered to documents after `after_fd`, in order, at most `limit`."""

    serial: str
    after_fd: int
    limit: int = 500


class CheckMarks(Message, tag="check_marks"):
    """Have marking codes checked by the storage and the marking service; makes nothing and keeps nothing."""

    serial: str
    marks: list[MarkToCheck]


class SetFault(Message, tag="fault"):
    """Switch a fault on or off; refused unless the device was started with faults allowed."""

    serial: str
    name: str  # see device.faults
    value: str | None = None  # None switches off
    times: int | None = None  # acts so many times and goes off; None until switched off


class AddRegister(Message, tag="add_register"):
    """Put a new emulated cash register, with a new storage in it, into the device; kept over restarts.

    The same again is done already. A known serial with another storage puts that storage into the register, which is
    possible only when the storage in it is in phase 15 (closed, everything delivered).
    """

    serial: str
    fn: str
    documents_per_second: float | None = None  # None: unpaced, or as fast as the register has been
    documents_limit: int | None = None  # None: as much as a storage usually holds
    days: int | None = None  # term of the storage


Verb = Union[Execute, FindTask, ListDocuments, GetStatus, ListAcknowledgements, CheckMarks, SetFault, AddRegister]


class Request(Message, tag="request"):
    secret: str
    verb: Verb
    id: int = 0


# -- replies ---------------------------------------------------------------------------------------------


class Document(Message, tag="document"):
    """A fiscal document as the storage made it."""

    task_id: str | None
    fd: int
    form: int
    shift: int
    number: int  # of the receipt in its shift (tag 1042), 0 for reports
    local_time: int  # till-local seconds (tag 1012)
    utc_time: int  # UTC seconds of the device's clock
    fiscal_sign: int  # tag 1077 as an unsigned number
    operation: int  # tag 1054, 0 for reports
    total: int  # tag 1020, 0 for reports
    container: bytes  # header, STLV and message sign, as it goes to the operator


class Refused(Message, tag="refused"):
    """The device would not make the document; nothing was written."""

    task_id: str | None
    code: int  # error of the fiscal storage (fiscal.fn.errors), or 0x100.. of the device itself
    text: str


class Executed(Message, tag="executed"):
    results: list[Union[Document, Refused]]


class Found(Message, tag="found"):
    document: Document | None


class Documents(Message, tag="list"):
    documents: list[Document]


class Acknowledgement(Message, tag="ack"):
    fd: int
    code: int  # tag 1022: 0, 11 or 14
    at: int  # UTC seconds of the device's clock
    container: bytes


class Acknowledgements(Message, tag="acks"):
    acknowledgements: list[Acknowledgement]


class MarkChecked(Message):
    line: int
    result: int  # tag 2106
    reason: int  # why the storage has not checked the code, 0 when it has (see `fiscal.fn.code_check`)
    request: int | None = None  # tag 2105; None when the service was not asked or did not answer
    goods: int | None = None  # tag 2109


class MarksChecked(Message, tag="marks_checked"):
    results: list[MarkChecked]


class Status(Message, tag="state"):
    serial: str
    fn: str
    phase: int  # 1, 3, 7 or 15
    rnm: str | None
    ffd: int  # 0 before the registration
    last_fd: int
    last_sign: int
    shift: int
    shift_open: bool
    shift_opened_at: int | None  # till-local seconds
    receipts_in_shift: int
    undelivered: int
    first_undelivered_fd: int | None
    first_undelivered_at: int | None  # till-local seconds
    acknowledged_fd: int
    documents_left: int
    valid_until: int | None  # UTC seconds, end of the storage's term; None before the registration
    warnings: int  # bits of command 30h
    clock: int  # UTC seconds of the device's clock
    documents_per_second: float | None  # pace of the register, None unpaced
    fence: int
    delivery_error: str | None = None  # why the last attempt to reach the operator failed, None when it went well
    notifications: int = 0  # of sales of marked goods that the marking service has not taken yet
    marking_error: str | None = None  # why the marking service was not reached last, None when it was


class Failed(Message, tag="failed"):
    """The request itself was wrong or could not be served; no document was made.

    Codes: unknown_register, bad_secret, stale_fence, unexpected_fd (with `next_fd`), bad_request, faults_off,
    register_exists, journal_failed (the device can't write its journal; try again later), journal_damaged.
    """

    code: str
    text: str
    next_fd: int | None = None


class Done(Message, tag="done"):
    pass


Reply = Union[Executed, Found, Documents, Acknowledgements, MarksChecked, Status, Failed, Done]


class Answer(Message, tag="answer"):
    id: int  # of the request
    reply: Reply


# -- frames ----------------------------------------------------------------------------------------------

LENGTH_SIZE = 4

_encode = msgspec.msgpack.Encoder().encode
_request_decoder = msgspec.msgpack.Decoder(Request)
_answer_decoder = msgspec.msgpack.Decoder(Answer)


class FrameTooLong(ValueError):
    """A message doesn't fit into `MAX_FRAME`."""


def frame(message: Request | Answer) -> bytes:
    """Length and body, ready to send."""
    body = _encode(message)
    if len(body) > MAX_FRAME:
        raise FrameTooLong(f"a message of {len(body)} bytes is over the limit of {MAX_FRAME}")
    return len(body).to_bytes(LENGTH_SIZE, "big") + body


def frame_length(head: bytes) -> int:
    """Length of the body that follows these four bytes; FrameTooLong before anything of it is read."""
    length = int.from_bytes(head, "big")
    if length > MAX_FRAME:
        raise FrameTooLong(f"a frame of {length} bytes is over the limit of {MAX_FRAME}")
    return length


def decode_request(body: bytes) -> Request:
    """msgspec.DecodeError (and its kind ValidationError) for anything that isn't a request."""
    return _request_decoder.decode(body)


def decode_answer(body: bytes) -> Answer:
    return _answer_decoder.decode(body)
