"""Turning what a register has into messages of the driver protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openkassa.fiscal import driver

from . import kkt
from .journal import Confirmed, Recorded

if TYPE_CHECKING:
    from .register import Register


def document(record: Recorded) -> driver.Document:
    made = record.made
    return driver.Document(
        task_id=record.task.hex() if record.task else None,
        fd=made.fd,
        form=made.form,
        shift=made.shift,
        number=made.number,
        local_time=made.local_time,
        utc_time=record.utc_time,
        fiscal_sign=made.fiscal_sign,
        operation=made.operation,
        total=made.total,
        container=made.container,
    )


def acknowledgement(record: Confirmed) -> driver.Acknowledgement:
    return driver.Acknowledgement(fd=record.fd, code=record.code, at=record.at, container=record.container)


def status(register: Register, now: int) -> driver.Status:
    """`now` is UTC seconds of the device's clock."""
    storage, state = register.storage, register.storage.state
    first = storage.undelivered[0] if storage.undelivered else None
    registration = state.registration
    end = storage.valid_until()
    return driver.Status(
        serial=register.serial,
        fn=register.fn,
        phase=state.phase,
        rnm=registration.rnm if registration else None,
        ffd=registration.ffd if registration else 0,
        last_fd=state.fd,
        last_sign=state.fiscal_sign,
        shift=state.shift,
        shift_open=state.shift_open,
        shift_opened_at=state.shift_opened_at if state.shift_open else None,
        receipts_in_shift=state.receipts_in_shift if state.shift_open else 0,
        undelivered=len(storage.undelivered),
        first_undelivered_fd=first.fd if first else None,
        first_undelivered_at=first.local_time if first else None,
        acknowledged_fd=state.acknowledged_fd,
        documents_left=storage.documents_left(),
        valid_until=None if end is None else kkt.utc_time(storage, end),
        warnings=storage.warnings(kkt.local_time(storage, now)),
        clock=now,
        documents_per_second=register.pace,
        fence=register.fence,
        delivery_error=register.delivery_error,
        notifications=len(storage.notices),
        marking_error=register.marking.error if register.marking else None,
    )


def task_bytes(task_id: str) -> bytes | None:
    """16 bytes of a task id, None when it isn't the hex of a UUID."""
    try:
        value = bytes.fromhex(task_id)
    except ValueError:
        return None
    return value if len(value) == 16 and any(value) else None


def page(first: int, limit: int, last: int) -> range:
    """Numbers from `first` on, at most `limit` and a batch, none above `last`."""
    first = max(first, 1)
    return range(first, min(first + min(max(limit, 0), driver.MAX_BATCH), last + 1))
