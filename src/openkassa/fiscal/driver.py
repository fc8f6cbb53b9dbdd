"""Messages between the platform and an emulated cash register.

A frame is four bytes of big-endian length and that many bytes of MessagePack, at most `MAX_FRAME`.
A client sends a `Request` and reads one `Reply`; frames of one connection are answered in order.

Every document is made under a task id chosen by the caller. The device keeps the id beside the document in
its journal, so after any doubt the caller asks `FindTask` instead of sending again, and a repeated task
answers with the document it made the first time.

`Execute.expected_fd` is compare-and-set: the device makes nothing unless its next fiscal document number is
that one. A late message of a caller that has lost its lease therefore changes nothing, and `fence` refuses a
caller whose lease number is lower than one that the device has already seen.

A batch ends at the first task that is refused; later tasks of it are not tried and have no result.
"""

from __future__ import annotations

from typing import Union

import msgspec

MAX_FRAME = 16 * 1024 * 1024
MAX_BATCH = 500


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, tag_field="t"):
    pass


# -- tasks: each makes one fiscal document ---------------------------------------------------------------


class MakeReceipt(Message, tag="receipt"):
    id: str  # hex of a UUID
    form: int  # 3, 31, 4 or 41
    operation: int  # tag 1054
    total: int  # tag 1020, kopecks
    content: bytes  # TLV that the register hands to its fiscal storage
    local_time: int | None = None  # till-local seconds; the device's own clock when None


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
    serial: str
    id: str


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


class SetFault(Message, tag="fault"):
    """Switch a fault on or off; refused unless the device was started with faults allowed."""

    serial: str
    name: str  # see device.faults
    value: str | None = None  # None switches off


Verb = Union[Execute, FindTask, ListDocuments, GetStatus, ListAcknowledgements, SetFault]


class Request(Message, tag="request"):
    secret: str
    verb: Verb


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


class Status(Message, tag="state"):
    serial: str
    fn: str
    phase: int  # 1, 3, 7 or 15
    rnm: str | None
    ffd: int
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
    valid_until: int  # UTC seconds, end of the storage's term
    warnings: int  # bits of command 30h
    clock: int  # UTC seconds of the device's clock
    documents_per_second: float | None  # pace of the register, None unpaced
    fence: int


class Failed(Message, tag="failed"):
    """The request itself was wrong: unknown register, bad secret, stale fence, unexpected number."""

    code: str  # "unknown_register", "bad_secret", "stale_fence", "unexpected_fd", "bad_request", "faults_off"
    text: str
    next_fd: int | None = None


class Done(Message, tag="done"):
    pass


Reply = Union[Executed, Found, Documents, Acknowledgements, Status, Failed, Done]
