"""State of a fiscal storage as plain data, and what one command has made.

A storage is rebuilt exactly by applying the `Made` documents and acknowledged numbers of its journal in order, from
the beginning or from a `Snapshot`.
"""

from __future__ import annotations

import msgspec

from . import counters, limits

AUTONOMOUS = 0x02  # bits of the registration mode (command 03h)
AUTOMATIC = 0x04
SERVICES = 0x08
FORMS_ONLY = 0x10  # БСО
INTERNET = 0x20
ENCRYPTED = 0x01


class Registration(msgspec.Struct, frozen=True, array_like=True):
    rnm: str
    inn: str
    taxation: int  # tag 1062
    ffd: int  # tag 1209: 2, 3 or 4
    mode: int  # bits above
    utc_offset: int  # minutes; the storage itself only knows local time


class Notice(msgspec.Struct, frozen=True, array_like=True):
    """A notification of a sale of marked goods (form 82) for the marking service."""

    number: int  # tag 2002
    container: bytes


class Made(msgspec.Struct, frozen=True, array_like=True):
    """One document that the storage has made."""

    fd: int
    form: int
    shift: int  # 0 before the first shift
    number: int  # tag 1042, 0 for reports
    local_time: int  # tag 1012, till-local seconds, whole minutes
    fiscal_sign: int  # tag 1077 as a number
    operation: int  # tag 1054, 0 for reports
    total: int  # tag 1020, kopecks
    sums: counters.Sums
    container: bytes
    registration: Registration | None = None  # of forms 1 and 11
    notices: tuple[Notice, ...] = ()  # of receipts with marking codes


class Undelivered(msgspec.Struct, frozen=True, array_like=True):
    """A document that the operator has not acknowledged yet."""

    fd: int
    local_time: int
    row: int  # of the counters, -1 for reports
    sums: counters.Sums
    sign: bytes  # ФПС, which the operator's sign covers


class State(msgspec.Struct, kw_only=True):
    fn: str
    days: int = limits.DAYS_15_MONTHS
    documents_limit: int = limits.DOCUMENTS_LIMIT
    undelivered_limit: int = limits.UNDELIVERED_LIMIT
    phase: int = 1  # 1 ready, 3 fiscal, 7 closed and delivering, 15 archive
    registration: Registration | None = None
    registered_at: int = 0  # till-local seconds of the first registration; the term runs from here
    fd: int = 0
    fiscal_sign: int = 0  # of document `fd`
    local_time: int = 0  # of document `fd`
    shift: int = 0
    shift_open: bool = False
    shift_opened_at: int = 0
    receipts_in_shift: int = 0
    documents_in_shift: int = 0
    acknowledged_fd: int = 0
    notice: int = 0  # number of the last notification
    shift_counters: list[int] = msgspec.field(default_factory=counters.empty)
    total_counters: list[int] = msgspec.field(default_factory=counters.empty)
    undelivered_counters: list[int] = msgspec.field(default_factory=counters.empty)


class Snapshot(msgspec.Struct):
    """Everything that a storage is; msgspec writes and reads it."""

    state: State
    undelivered: list[Undelivered]
    notices: list[Notice] = []  # that the marking service has not taken yet
