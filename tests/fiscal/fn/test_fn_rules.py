"""Rules of the storage: what it refuses, with which code, and that a refusal changes nothing."""

import msgspec
import pytest
from tests.fiscal.fn.fn_samples import (
    DAY,
    FN,
    SERIAL,
    START,
    new_storage,
    open_storage,
    receipt_content,
    registered,
    registration,
    registration_content,
)

from openkassa.fiscal.ffd import tlv
from openkassa.fiscal.fn import ErrorCode, FiscalStorage, StorageError, limits, make_acknowledgement
from openkassa.fiscal.fn.emulation import NotEmulated
from openkassa.fiscal.fn.errors import TEXTS
from openkassa.fiscal.fn.limits import MAX_DOCUMENT
from openkassa.fiscal.fn.state import State
from openkassa.fiscal.wire import Container

CONTENT = receipt_content(1000)


def refuses(code: ErrorCode, storage: FiscalStorage, command: str, *args, **kwargs) -> None:
    before = msgspec.msgpack.encode(storage.snapshot())
    with pytest.raises(StorageError) as caught:
        getattr(storage, command)(*args, **kwargs)
    assert caught.value.code == code, caught.value.text
    assert msgspec.msgpack.encode(storage.snapshot()) == before


def sell(storage: FiscalStorage, at: int = START, **kwargs):
    return storage.receipt(3, 1, 1000, CONTENT, at, **kwargs)


def acknowledge_all(storage: FiscalStorage, containers: list[bytes]) -> None:
    for container in containers:
        ack = make_acknowledgement(Container.parse(container), operator_inn="7704358518", code=0, local_time=START)
        storage.accept_acknowledgement(ack)


def test_numbers_that_are_not_9999_are_refused():
    with pytest.raises(NotEmulated):
        FiscalStorage(State(fn="9289000100000001"))
    with pytest.raises(NotEmulated):
        FiscalStorage(State(fn="99990789"))


def test_phases_go_forward_only():
    storage = new_storage()
    assert storage.state.phase == 1
    refuses(ErrorCode.WRONG_STATE, storage, "open_shift", b"", START)
    made = [storage.register(registration(), SERIAL, registration_content(), START)]
    assert storage.state.phase == 3
    refuses(ErrorCode.WRONG_STATE, storage, "register", registration(), SERIAL, b"", START)
    made.append(storage.open_shift(b"", START))
    refuses(ErrorCode.WRONG_STATE, storage, "open_shift", b"", START)
    refuses(ErrorCode.WRONG_STATE, storage, "close", b"", START)
    made.append(storage.close_shift(b"", START))
    refuses(ErrorCode.WRONG_STATE, storage, "receipt", 3, 1, 1000, CONTENT, START)
    refuses(ErrorCode.WRONG_STATE, storage, "close_shift", b"", START)
    made.append(storage.close(b"", START))
    assert storage.state.phase == 7
    refuses(ErrorCode.WRONG_STATE, storage, "open_shift", b"", START)
    refuses(ErrorCode.WRONG_STATE, storage, "report_settlements", b"", START)
    acknowledge_all(storage, [m.container for m in made])
    assert storage.state.phase == 15
    refuses(ErrorCode.NO_DATA, storage, "accept_acknowledgement", b"")


def test_a_registration_is_changed_between_shifts_only():
    storage = open_storage()
    refuses(ErrorCode.WRONG_STATE, storage, "register", registration(), SERIAL, b"", START, reasons=4)
    storage.close_shift(b"", START)
    refuses(ErrorCode.WRONG_STATE, storage, "register", registration(), SERIAL, b"", START, reasons=1)
    refuses(ErrorCode.WRONG_PARAMETERS, storage, "register", registration(), SERIAL, b"", START, reasons=1 << 32)
    assert storage.register(registration(), SERIAL, b"", START, reasons=4).form == 11


def test_a_new_storage_of_a_registered_register_begins_with_form_11():
    storage = new_storage()
    refuses(ErrorCode.WRONG_STATE, storage, "register", registration(), SERIAL, b"", START, reasons=2)
    assert storage.register(registration(), SERIAL, b"", START, reasons=1).form == 11
    assert storage.state.phase == 3


@pytest.mark.parametrize(
    "change",
    [
        {"rnm": "0000000001000000"},
        {"inn": "7800000027"},
        {"ffd": 1},
        {"ffd": 5},
        {"taxation": 0},
        {"mode": 1},
    ],
)
def test_wrong_registration_data_is_refused(change):
    wrong = msgspec.structs.replace(registration(), **change)
    refuses(ErrorCode.WRONG_PARAMETERS, new_storage(), "register", wrong, SERIAL, b"", START)


def test_the_serial_number_is_part_of_the_registration_number():
    refuses(ErrorCode.WRONG_PARAMETERS, new_storage(), "register", registration(), "2", b"", START)


def test_a_shift_takes_receipts_for_24_hours_and_can_be_closed_later():
    storage = open_storage()
    sell(storage, START + DAY)
    refuses(ErrorCode.SHIFT_TOO_LONG, storage, "receipt", 3, 1, 1000, CONTENT, START + DAY + 60)
    refuses(ErrorCode.SHIFT_TOO_LONG, storage, "receipt", 31, 1, 1000, CONTENT, START + DAY + 60)
    storage.close_shift(b"", START + 2 * DAY)
    storage.open_shift(b"", START + 2 * DAY)
    assert sell(storage, START + 2 * DAY).number == 1


def test_time_is_never_before_the_previous_document():
    storage = open_storage()
    made = sell(storage, START + 3659)
    assert made.local_time == START + 3600, "seconds are cut"
    sell(storage, START + 3600)
    refuses(ErrorCode.WRONG_TIME, storage, "receipt", 3, 1, 1000, CONTENT, START + 3599)
    refuses(ErrorCode.WRONG_TIME, storage, "close_shift", b"", START)
    for impossible in (0, -60, 1 << 33):
        refuses(ErrorCode.WRONG_TIME, storage, "receipt", 3, 1, 1000, CONTENT, impossible)


def test_thirty_days_without_the_operator_stop_the_storage_until_it_delivers():
    storage = registered()
    late = START + 30 * DAY
    made = storage.open_shift(b"", late)
    registration_report = storage.undelivered[0]
    sell(storage, late)
    for command, args in [
        ("receipt", (3, 1, 1000, CONTENT, late + 60)),
        ("report_settlements", (b"", late + 60)),
        ("close_shift", (b"", late + 60)),
    ]:
        refuses(ErrorCode.UNDELIVERED_TOO_OLD, storage, command, *args)
    storage.apply_acknowledged(registration_report.fd)
    assert storage.undelivered[0].fd == made.fd
    sell(storage, late + 60)


def test_control_without_the_limit_of_delivery_it_sells_on(monkeypatch):
    monkeypatch.setattr(limits, "UNDELIVERED_SECONDS", 40 * DAY)
    storage = registered()
    storage.open_shift(b"", START + 30 * DAY)
    assert sell(storage, START + 30 * DAY + 60).fd == storage.state.fd


def test_an_autonomous_storage_waits_for_nobody():
    storage = registered(mode=2)
    storage.open_shift(b"", START + 40 * DAY)
    assert not storage.undelivered
    storage.close_shift(b"", START + 40 * DAY)
    storage.close(b"", START + 40 * DAY)
    assert storage.state.phase == 15


def test_when_the_memory_is_full_the_storage_can_still_be_closed():
    storage = open_storage(documents_limit=6)
    sell(storage)
    assert storage.warnings(START) & 0x04 == 0
    sell(storage)
    refuses(ErrorCode.ARCHIVE_FULL, storage, "receipt", 3, 1, 1000, CONTENT, START)
    storage.close_shift(b"", START)
    refuses(ErrorCode.ARCHIVE_FULL, storage, "open_shift", b"", START)
    assert storage.close(b"", START).fd == 6
    assert storage.warnings(START) & 0x04


def test_when_the_term_is_over_the_storage_can_still_be_closed():
    storage = open_storage(days=10)
    sell(storage, START + DAY)
    assert storage.days_left(START + DAY) == 9
    over = START + 10 * DAY
    storage.close_shift(b"", over)
    refuses(ErrorCode.TERM_OVER, storage, "open_shift", b"", over)
    storage.close(b"", over)


def test_a_full_operator_queue_is_code_14():
    storage = open_storage(undelivered_limit=3)
    sell(storage)
    refuses(ErrorCode.OPERATOR_QUEUE_FULL, storage, "receipt", 3, 1, 1000, CONTENT, START)


def test_warnings_say_what_is_running_out():
    storage = open_storage(days=40)
    day = storage.state.registered_at
    assert storage.warnings(day) == 0
    assert storage.warnings(day + 2 * DAY + 60) == 0x08
    assert storage.warnings(day + 10 * DAY + 60) == 0x02 | 0x08
    assert storage.warnings(day + 38 * DAY) == 0x01 | 0x02 | 0x08


@pytest.mark.parametrize(
    ("form", "operation", "total"), [(5, 1, 1000), (3, 0, 1000), (3, 5, 1000), (3, 1, -1), (3, 1, 1 << 40)]
)
def test_wrong_parameters_are_code_09(form, operation, total):
    refuses(ErrorCode.WRONG_PARAMETERS, open_storage(), "receipt", form, operation, total, CONTENT, START)


@pytest.mark.parametrize("content", [b"\x01", CONTENT[:-1], CONTENT + b"\0\0\xff\xff", b"\x07\x04\x05\x00\x01"])
def test_content_is_whole_tlvs(content):
    storage = open_storage()
    refuses(ErrorCode.WRONG_PARAMETERS, storage, "receipt", 3, 1, 1000, content, START)
    refuses(ErrorCode.WRONG_PARAMETERS, storage, "close_shift", content, START)


@pytest.mark.parametrize("tag", [1012, 1018, 1020, 1037, 1038, 1040, 1041, 1042, 1054, 1077, 1190])
def test_tags_of_the_storage_may_not_be_in_content(tag):
    refuses(
        ErrorCode.TAG_NOT_ALLOWED, open_storage(), "receipt", 3, 1, 1000, tag.to_bytes(2, "little") + b"\1\0\1", START
    )


def test_a_document_over_its_size_is_code_10():
    storage = open_storage()
    room = MAX_DOCUMENT[3] - len(storage.receipt(3, 1, 1000, b"", START).container) + 32 + 10 + 4
    fitting = (1059).to_bytes(2, "little") + (room - 4).to_bytes(2, "little") + bytes(room - 4)
    made = storage.receipt(3, 1, 1000, fitting, START)
    assert len(Container.parse(made.container).document) == 4 + MAX_DOCUMENT[3]
    refuses(ErrorCode.TLV_TOO_LONG, storage, "receipt", 3, 1, 1000, fitting + tlv.encode([(1055, 1)]), START)
    refuses(ErrorCode.TLV_TOO_LONG, storage, "close_shift", fitting, START)


def test_each_code_has_a_text():
    assert set(TEXTS) == set(ErrorCode)
    assert StorageError(ErrorCode.WRONG_TIME, "x").text.endswith("(x)")
    assert FN.startswith("9999")
