"""FiscalStorage: commands, rules and numbering of a fiscal storage.

Each command checks everything first, then writes the document, then applies it; a refused command changes nothing.
`apply` and `apply_acknowledged` are also how a journal is replayed, so live and replayed states can't differ.

Rules (protocol v1.1): documents are numbered from 1 without gaps for the life of the storage, shifts from 1, receipts
from 1 in each shift with corrections among them; receipts only in an open shift not older than 24 hours; time never
before the previous document's; nothing but what closes is made when the term or the memory is over; nothing is made
when the first undelivered document is older than 30 days (not so in autonomous mode).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from . import counters, limits, oism, reports
from .acknowledgement import Acknowledgement, read_acknowledgement
from .content import scan_receipt, tags_of
from .documents import Writer, byte, raw, receipt_fields, u32
from .emulation import RECEIPT_FORMS, check_number
from .errors import ErrorCode, StorageError
from .state import AUTONOMOUS, Made, Notice, Registration, Snapshot, State, Undelivered

_CORRECTIONS = frozenset({31, 41})
_MAX_TIME = 0xFFFFFFFF
_CLOSING_FORMS = frozenset({5, 6})


class FiscalStorage:
    """One storage. `local_time` in every command is seconds of till-local time; the seconds of the minute are cut."""

    def __init__(
        self, state: State, undelivered: list[Undelivered] | None = None, notices: list[Notice] | None = None
    ) -> None:
        check_number(state.fn)
        self.state = state
        self.undelivered: deque[Undelivered] = deque(undelivered or ())
        self.notices: deque[Notice] = deque(notices or ())
        self._writer = Writer(state.fn, state.registration) if state.registration else None

    @classmethod
    def restore(cls, snapshot: Snapshot) -> FiscalStorage:
        return cls(snapshot.state, snapshot.undelivered, snapshot.notices)

    def snapshot(self) -> Snapshot:
        """The state as data, for writing at once: it shares its lists with the storage."""
        return Snapshot(self.state, list(self.undelivered), list(self.notices))

    # -- commands ------------------------------------------------------------------------------------

    def register(
        self, registration: Registration, serial: str, content: bytes, local_time: int, *, reasons: int | None = None
    ) -> Made:
        """Registration report (form 1), or its change (form 11) when `reasons` (bits of tag 1205) is given.

        `serial` is the cash register's number, which the check digits of the РНМ cover.
        A new storage in a registered cash register also takes form 11, with reason bit 0 (the storage was changed).
        """
        state = self.state
        replaced = reasons is not None and reasons & 1
        if state.phase != (1 if reasons is None or replaced else 3) or state.shift_open:
            raise StorageError(ErrorCode.WRONG_STATE, f"фаза {state.phase}")
        reports.check_registration(registration, serial, reasons)
        time = self._check_time(local_time)
        form = 1 if reasons is None else 11
        if form == 11:
            self._check_resources(form, time)
            self._check_delivery(time)
        tags = tags_of(content)
        rest = reports.registration_fields(registration, tags, self.days_left(time), reasons)
        if form == 11 and registration.ffd >= 3:
            rest += counters.pack(1157, counters.totals(state.total_counters))
        writer = Writer(state.fn, registration)
        return self._make(writer, form, time, rest + content, 1209 in tags, registration=registration)

    def open_shift(self, content: bytes, local_time: int) -> Made:
        """Report of opening a shift (form 2)."""
        writer = self._fiscal_writer()
        if self.state.shift_open:
            raise StorageError(ErrorCode.WRONG_STATE, "смена уже открыта")
        time = self._check_time(local_time)
        self._check_resources(2, time)
        self._check_delivery(time)
        tags = tags_of(content)
        rest = reports.shift_open_fields(self, tags, time)
        return self._make(writer, 2, time, rest + content, 1209 in tags)

    def receipt(
        self,
        form: int,
        operation: int,
        total: int,
        content: bytes,
        local_time: int,
        sold: Sequence[bytes] = (),
    ) -> Made:
        """Receipt, correction or БСО (forms 3, 31, 4, 41). `total` is tag 1020 in kopecks, `operation` tag 1054.

        `content` goes into the document as it is, after the storage's own tags. `sold`: for each notification of marked
        goods its fields, as command B7h gives them; the storage adds its own.
        """
        writer = self._fiscal_writer()
        state = self.state
        if form not in RECEIPT_FORMS or not 1 <= operation <= 4 or not 0 <= total <= limits.MAX_TOTAL:
            raise StorageError(ErrorCode.WRONG_PARAMETERS, f"форма {form}, признак {operation}, сумма {total}")
        if not state.shift_open:
            raise StorageError(ErrorCode.WRONG_STATE, "смена закрыта")
        time = self._check_time(local_time)
        if time - state.shift_opened_at > limits.SHIFT_SECONDS:
            raise StorageError(ErrorCode.SHIFT_TOO_LONG, f"смена {state.shift}")
        self._check_resources(form, time)
        self._check_delivery(time)
        sums, has_format = scan_receipt(content, total)
        number = state.receipts_in_shift + 1
        rest = receipt_fields(state.shift, number, operation, total) + content
        notices = self._notices(operation, time, sold) if sold and not self.autonomous else ()
        return self._make(
            writer,
            form,
            time,
            rest,
            has_format,
            number=number,
            operation=operation,
            total=total,
            sums=sums,
            notices=notices,
        )

    def report_settlements(self, content: bytes, local_time: int) -> Made:
        """Report of the current state of settlements (form 21)."""
        writer = self._fiscal_writer()
        time = self._check_time(local_time)
        self._check_resources(21, time)
        self._check_delivery(time)
        tags = tags_of(content)
        rest = reports.settlements_fields(self, tags, time)
        return self._make(writer, 21, time, rest + content, 1209 in tags)

    def close_shift(self, content: bytes, local_time: int) -> Made:
        """Report of closing the shift (form 5); possible after the 24 hours and when resources are over."""
        writer = self._fiscal_writer()
        if not self.state.shift_open:
            raise StorageError(ErrorCode.WRONG_STATE, "смена не открыта")
        time = self._check_time(local_time)
        self._check_resources(5, time)
        if limits.CLOSE_SHIFT_NEEDS_DELIVERY:
            self._check_delivery(time)
        tags = tags_of(content)
        rest = reports.shift_close_fields(self, tags, time)
        return self._make(writer, 5, time, rest + content, 1209 in tags)

    def close(self, content: bytes, local_time: int) -> Made:
        """Closing report of the storage (form 6): afterwards it only delivers."""
        writer = self._fiscal_writer()
        if self.state.shift_open:
            raise StorageError(ErrorCode.WRONG_STATE, "сначала закройте смену")
        time = self._check_time(local_time)
        tags = tags_of(content)
        rest = reports.storage_close_fields(self)
        return self._make(writer, 6, time, rest + content, 1209 in tags)

    def accept_acknowledgement(self, data: bytes) -> Acknowledgement:
        """Take the operator's answer to the first undelivered document; StorageError 20h with a reason, 08h if none."""
        if not self.undelivered:
            raise StorageError(ErrorCode.NO_DATA, "непереданных документов нет")
        first = self.undelivered[0]
        acknowledgement = read_acknowledgement(data, fn=self.state.fn, fd=first.fd, document_sign=first.sign)
        self.apply_acknowledged(first.fd)
        return acknowledgement

    # -- state ---------------------------------------------------------------------------------------

    @property
    def next_fd(self) -> int:
        return self.state.fd + 1

    @property
    def autonomous(self) -> bool:
        registration = self.state.registration
        return registration is not None and bool(registration.mode & AUTONOMOUS)

    def valid_until(self) -> int | None:
        """End of the term in till-local seconds; None before the registration."""
        state = self.state
        return state.registered_at + state.days * limits.DAY if state.registration else None

    def days_left(self, local_time: int) -> int:
        """Whole days of the term left, not below 0 (tag 1213)."""
        end = self.valid_until()
        return self.state.days if end is None else max(0, (end - local_time) // limits.DAY)

    def documents_left(self) -> int:
        return max(0, self.state.documents_limit - self.state.fd)

    def warnings(self, local_time: int) -> int:
        """Warning bits of command 30h: 01 replace at once, 02 term, 04 memory, 08 no answer of the operator."""
        days = self.days_left(local_time)
        bits = 0
        if days < limits.URGENT_DAYS_LEFT:
            bits |= 0x01
        if days < limits.WARN_DAYS_LEFT:
            bits |= 0x02
        if self.state.fd >= self.state.documents_limit * limits.MEMORY_WARNING:
            bits |= 0x04
        if self.undelivered and local_time - self.undelivered[0].local_time > limits.ANSWER_LATE_SECONDS:
            bits |= 0x08
        return bits

    def apply(self, made: Made) -> None:
        """Take over a document: the last step of a command, and the replay of a journal.

        ValueError when its number doesn't follow the last one.
        """
        state = self.state
        if made.fd != state.fd + 1:
            raise ValueError(f"document {made.fd} of storage {state.fn} follows document {state.fd}")
        form = made.form
        if made.registration is not None:
            self._apply_registration(made)
        elif form == 2:
            self._apply_shift_open(made)
        row = -1
        if form in RECEIPT_FORMS:
            row = counters.row_of(made.operation, form in _CORRECTIONS)
            state.receipts_in_shift = made.number
            counters.add(state.shift_counters, row, made.sums)
            counters.add(state.total_counters, row, made.sums)
        state.fd = made.fd
        state.fiscal_sign = made.fiscal_sign
        state.local_time = made.local_time
        for notice in made.notices:
            state.notice = notice.number
            self.notices.append(notice)
        if state.shift_open:
            state.documents_in_shift += 1
        if self.autonomous:
            state.acknowledged_fd = made.fd
        else:
            self._queue(made, row)
        if form == 5:
            state.shift_open = False
        elif form == 6:
            state.phase = 7 if self.undelivered else 15

    def apply_acknowledged(self, fd: int) -> None:
        """Take a document out of the queue; ValueError unless it is the first of it."""
        if not self.undelivered or self.undelivered[0].fd != fd:
            raise ValueError(f"document {fd} of storage {self.state.fn} is not the first undelivered one")
        first = self.undelivered.popleft()
        if first.row >= 0:
            counters.subtract(self.state.undelivered_counters, first.row, first.sums)
        self.state.acknowledged_fd = fd
        if self.state.phase == 7 and not self.undelivered:
            self.state.phase = 15

    def accept_notice_receipt(self, data: bytes) -> int:
        """Take the marking service's receipt for the first notification; its code (2111). BadMessage, NO_DATA."""
        if not self.notices:
            raise StorageError(ErrorCode.NO_DATA, "непереданных уведомлений нет")
        number = self.notices[0].number
        code = oism.read_received(data, fn=self.state.fn, number=number)
        self.apply_notice_taken(number)
        return code

    def apply_notice_taken(self, number: int) -> None:
        """Take a notification out of the queue; ValueError unless it is the first of it."""
        if not self.notices or self.notices[0].number != number:
            raise ValueError(f"notification {number} of storage {self.state.fn} is not the first one")
        self.notices.popleft()

    # -- inside --------------------------------------------------------------------------------------

    def _make(
        self,
        writer: Writer,
        form: int,
        time: int,
        rest: bytes,
        has_format: bool,
        *,
        number: int = 0,
        operation: int = 0,
        total: int = 0,
        sums: counters.Sums = (),
        registration: Registration | None = None,
        notices: tuple[Notice, ...] = (),
    ) -> Made:
        state = self.state
        fd = state.fd + 1
        sign, container = writer.write(form, fd, time, rest, has_format=has_format)
        shift = state.shift + 1 if form == 2 else state.shift
        made = Made(fd, form, shift, number, time, sign, operation, total, sums, container, registration, notices)
        self.apply(made)
        return made

    def _notices(self, operation: int, time: int, sold: Sequence[bytes]) -> tuple[Notice, ...]:
        state = self.state
        assert state.registration is not None
        own = raw(1018, state.registration.inn.encode("ascii").ljust(12)) + byte(1054, operation)
        own += u32(1012, time) + u32(2040, state.fd + 1)
        return tuple(
            Notice(state.notice + place, oism.notification(state.fn, state.notice + place, own + fields))
            for place, fields in enumerate(sold, 1)
        )

    def _apply_registration(self, made: Made) -> None:
        state = self.state
        assert made.registration is not None
        if state.registration is None:
            state.registered_at = made.local_time
        state.registration = made.registration
        state.phase = 3
        self._writer = Writer(state.fn, made.registration)

    def _apply_shift_open(self, made: Made) -> None:
        state = self.state
        state.shift = made.shift
        state.shift_open = True
        state.shift_opened_at = made.local_time
        state.receipts_in_shift = 0
        state.documents_in_shift = 0
        state.shift_counters = counters.empty()

    def _queue(self, made: Made, row: int) -> None:
        if row >= 0:
            counters.add(self.state.undelivered_counters, row, made.sums)
        self.undelivered.append(Undelivered(made.fd, made.local_time, row, made.sums, made.container[-10:-2]))

    def _fiscal_writer(self) -> Writer:
        if self.state.phase != 3 or self._writer is None:
            raise StorageError(ErrorCode.WRONG_STATE, f"фаза {self.state.phase}, нужна 3")
        return self._writer

    def _check_time(self, local_time: int) -> int:
        time = local_time - local_time % 60
        if not 0 < time <= _MAX_TIME:
            raise StorageError(ErrorCode.WRONG_TIME, f"{local_time}")
        if time < self.state.local_time:
            raise StorageError(ErrorCode.WRONG_TIME, f"на {self.state.local_time - time} с раньше последнего документа")
        return time

    def _check_resources(self, form: int, time: int) -> None:
        state = self.state
        if form in _CLOSING_FORMS:
            return
        if state.fd + limits.DOCUMENTS_RESERVE >= state.documents_limit:
            raise StorageError(ErrorCode.ARCHIVE_FULL, f"{state.fd} документов")
        if state.registration is not None and time >= state.registered_at + state.days * limits.DAY:
            raise StorageError(ErrorCode.TERM_OVER, f"{state.days} дней от регистрации")

    def _check_delivery(self, time: int) -> None:
        if not self.undelivered:
            return
        if time - self.undelivered[0].local_time > limits.UNDELIVERED_SECONDS:
            raise StorageError(ErrorCode.UNDELIVERED_TOO_OLD, f"ФД {self.undelivered[0].fd}")
        if len(self.undelivered) >= self.state.undelivered_limit:
            raise StorageError(ErrorCode.OPERATOR_QUEUE_FULL, f"{len(self.undelivered)} документов")
