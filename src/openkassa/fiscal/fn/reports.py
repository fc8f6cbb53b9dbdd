"""What a storage writes into its reports besides the common head (forms 1, 11, 2, 21, 5, 6).

Tags that the content already has are left to it, so a register may state its own.
Tables 87, 94, 95, 123 and 124 of the order for FFD 1.2; counters are written from FFD 1.1 on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from openkassa.fiscal.identifiers import is_rnm

from . import counters, limits
from .documents import byte, u16, u32
from .errors import ErrorCode, StorageError
from .state import AUTOMATIC, AUTONOMOUS, ENCRYPTED, FORMS_ONLY, INTERNET, SERVICES, Registration

if TYPE_CHECKING:
    from .storage import FiscalStorage

_WARNING_TAGS = ((0x01, 1051), (0x02, 1050), (0x04, 1052), (0x08, 1053))

# Bits of tag 1205 that FFD 1.05 says with one of its four codes (tag 1101); every other bit is code 4, settings.
_OLD_REASONS = {0: 1, 1: 2, 2: 3, 3: 3, 7: 3}


def check_registration(registration: Registration, serial: str, reasons: int | None) -> None:
    """StorageError unless a storage takes these parameters; 09h for check digits of the РНМ, as in life."""
    if registration.ffd not in (2, 3, 4):
        raise StorageError(ErrorCode.WRONG_PARAMETERS, f"версия ФФД {registration.ffd}")
    if not 0 < registration.taxation <= 0xFF or not 0 <= registration.mode <= 0xFF:
        raise StorageError(ErrorCode.WRONG_PARAMETERS, "система налогообложения или режим")
    if reasons is not None and not 0 < reasons <= 0xFFFFFFFF:
        raise StorageError(ErrorCode.WRONG_PARAMETERS, f"коды причин {reasons:#x}")
    if registration.mode & ENCRYPTED:
        raise StorageError(ErrorCode.WRONG_PARAMETERS, "эмулятор ФН не шифрует документы")
    if not is_rnm(registration.rnm, registration.inn, serial):
        raise StorageError(
            ErrorCode.WRONG_PARAMETERS, f"РНМ {registration.rnm} не сходится с ИНН и заводским номером ККТ"
        )


def registration_fields(registration: Registration, tags: set[int], days_left: int, reasons: int | None) -> bytes:
    mode = registration.mode
    fields = [
        (1056, byte(1056, 0)),
        (1002, byte(1002, bool(mode & AUTONOMOUS))),
        (1001, byte(1001, bool(mode & AUTOMATIC))),
    ]
    if registration.ffd < 4:  # in FFD 1.2 these are bits of tag 1290, which is content
        fields += [
            (1109, byte(1109, bool(mode & SERVICES))),
            (1110, byte(1110, bool(mode & FORMS_ONLY))),
            (1108, byte(1108, bool(mode & INTERNET))),
        ]
    fields.append((1062, byte(1062, registration.taxation)))
    if reasons is not None:
        if registration.ffd == 2:
            fields.append((1101, b"".join(byte(1101, code) for code in _old_codes(reasons))))
        else:
            fields.append((1205, u32(1205, reasons)))
    fields.append((1213, u16(1213, days_left)))
    return b"".join(field for tag, field in fields if tag not in tags)


def shift_open_fields(storage: FiscalStorage, tags: set[int], time: int) -> bytes:
    return u32(1038, storage.state.shift + 1) + _warning_fields(storage, tags, time)


def shift_close_fields(storage: FiscalStorage, tags: set[int], time: int) -> bytes:
    state = storage.state
    return b"".join(
        (
            u32(1038, state.shift),
            u32(1118, state.receipts_in_shift),
            u32(1111, state.documents_in_shift + 1),  # this report is a document of the shift
            _undelivered_fields(storage),
            _warning_fields(storage, tags, time),
            b"" if 1213 in tags else u16(1213, storage.days_left(time)),
            _counters(storage, 1194, counters.totals(state.shift_counters)),
            _counters(storage, 1157, counters.totals(state.total_counters)),
        )
    )


def settlements_fields(storage: FiscalStorage, tags: set[int], time: int) -> bytes:
    state = storage.state
    queue = storage.undelivered
    return b"".join(
        (
            u32(1038, state.shift) if state.shift_open else b"",
            byte(1002, 1) if storage.autonomous and 1002 not in tags else b"",
            u32(1116, queue[0].fd) if queue else b"",
            _undelivered_fields(storage),
            b"" if 1213 in tags else u16(1213, storage.days_left(time)),
            _counters(storage, 1157, counters.totals(state.total_counters)),
            _counters(storage, 1158, counters.undelivered(state.undelivered_counters)) if queue else b"",
        )
    )


def storage_close_fields(storage: FiscalStorage) -> bytes:
    state = storage.state
    return u32(1038, state.shift) + _counters(storage, 1157, counters.totals(state.total_counters))


def _undelivered_fields(storage: FiscalStorage) -> bytes:
    """1097 and 1098: documents that wait for the operator, and the day of the first; 2104: notifications that wait."""
    queue = storage.undelivered
    notices = u32(2104, len(storage.notices)) if storage.notices else b""
    if not queue:
        return notices
    first = queue[0].local_time
    return u32(1097, len(queue)) + u32(1098, first - first % limits.DAY) + notices


def _warning_fields(storage: FiscalStorage, tags: set[int], time: int) -> bytes:
    bits = storage.warnings(time)
    return b"".join(byte(tag, 1) for bit, tag in _WARNING_TAGS if bits & bit and tag not in tags)


def _counters(storage: FiscalStorage, tag: int, fields: counters.Fields) -> bytes:
    registration = storage.state.registration
    return counters.pack(tag, fields) if registration is not None and registration.ffd >= 3 else b""


def _old_codes(reasons: int) -> list[int]:
    return sorted({_OLD_REASONS.get(bit, 4) for bit in range(32) if reasons >> bit & 1})
