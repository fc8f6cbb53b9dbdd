"""What a cash register does around its storage: its own tags, its clock, and turning tasks into commands."""

from __future__ import annotations

from collections.abc import Sequence

from openkassa.fiscal import driver
from openkassa.fiscal.fn import ErrorCode, FiscalStorage, Made, Registration, StorageError
from openkassa.fiscal.fn.check_results import with_results
from openkassa.fiscal.fn.content import tags_of
from openkassa.fiscal.fn.documents import byte, raw

from . import notices

MODEL_VERSION = "1.0"  # tag 1188
CLOCK_SLACK = 300  # seconds by which a time may be ahead of the clock, or the clock behind the last document


def perform(
    storage: FiscalStorage,
    task: driver.Task,
    serial: str,
    now: int,
    checked: Sequence[driver.MarkChecked] = (),
) -> Made:
    """Make the document of a task. `now` is UTC seconds of the device's clock. StorageError when it is refused.

    `checked`: results of the task's marking codes.
    """
    match task:
        case driver.MakeReceipt():
            time = _document_time(storage, now, _offset(storage), task.local_time)
            content, sold = task.content, list[bytes]()
            if checked:
                content = with_results(task.content, {one.line: one.result for one in checked})
                sold = notices.fields_of(task, content)
            return storage.receipt(task.form, task.operation, task.total, content, time, sold)
        case driver.OpenShift():
            content = _own_tags(task.content, _ffd(storage)) + task.content
            return storage.open_shift(content, _document_time(storage, now, _offset(storage)))
        case driver.CloseShift():
            return storage.close_shift(task.content, _document_time(storage, now, _offset(storage)))
        case driver.ReportSettlements():
            return storage.report_settlements(task.content, _document_time(storage, now, _offset(storage)))
        case driver.CloseStorage():
            return storage.close(task.content, _document_time(storage, now, _offset(storage)))
        case driver.Register():
            return _register(storage, task, serial, now)


def utc_time(storage: FiscalStorage, local_time: int) -> int:
    return local_time - _offset(storage)


def local_time(storage: FiscalStorage, now: int) -> int:
    return now + _offset(storage)


def _register(storage: FiscalStorage, task: driver.Register, serial: str, now: int) -> Made:
    if not -12 * 60 <= task.utc_offset <= 14 * 60:
        raise StorageError(ErrorCode.WRONG_PARAMETERS, f"смещение от UTC {task.utc_offset} минут")
    registration = Registration(task.rnm, task.inn, task.taxation, task.ffd, task.mode, task.utc_offset)
    content = _own_tags(task.content, task.ffd, serial) + task.content
    time = _document_time(storage, now, task.utc_offset * 60)
    return storage.register(registration, serial, content, time, reasons=task.reasons)


def _own_tags(content: bytes, ffd: int, serial: str | None = None) -> bytes:
    """1013, 1188 and 1189, those of them that the content doesn't have."""
    tags = tags_of(content)
    own = b""
    if serial is not None and 1013 not in tags:
        own += raw(1013, serial.encode("ascii"))
    if 1188 not in tags:
        own += raw(1188, MODEL_VERSION.encode("ascii"))
    if 1189 not in tags and 0 <= ffd <= 0xFF:
        own += byte(1189, ffd)
    return own


def _document_time(storage: FiscalStorage, now: int, offset: int, asked: int | None = None) -> int:
    """Till-local seconds of the next document.

    The register's clock may have been put back by a few minutes since the last document, which then gives its time; the
    law forbids going back. A caller's time may be in the past as far as the last document, but not in the future: one
    document of the year 2100 would stop the storage for good.
    """
    clock = now + offset
    last = storage.state.local_time
    if asked is None:
        return last if clock < last <= clock + CLOCK_SLACK else clock
    if asked > clock + CLOCK_SLACK:
        raise StorageError(ErrorCode.CLOCKS_DIFFER, f"время документа впереди часов ККТ на {asked - clock} с")
    return asked


def _offset(storage: FiscalStorage) -> int:
    """Seconds from UTC to till-local time."""
    registration = storage.state.registration
    return registration.utc_offset * 60 if registration else 0


def _ffd(storage: FiscalStorage) -> int:
    registration = storage.state.registration
    return registration.ffd if registration else 0
