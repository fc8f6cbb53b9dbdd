"""A real device process and the sandbox's marking service: codes before a receipt, notifications after it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from decimal import Decimal

import httpx
import pytest
from tests.device.device_process import DeviceProcess, make_ready, receipt, task_id
from tests.fiscal.test_marking import FUR, MILK, SHOES
from tests.sandbox.running import Running, running_sandbox

from openkassa.device import marking as device_marking
from openkassa.fiscal import driver
from openkassa.fiscal.ffd.presence import check
from openkassa.fiscal.ffd.reader import read_document
from openkassa.fiscal.ffd.tlv import encode, first
from openkassa.kassa.registers.drivers.emulator import EmulatorDriver

AMOUNT = encode([(1023, Decimal(1)), (2108, 0)])
BAD = SHOES.replace("\x1d92aB+/", "\x1d92BAD!")


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory) -> Iterator[Running]:
    with running_sandbox(tmp_path_factory.mktemp("home")) as process:
        yield process


@pytest.fixture
def service(sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sandbox.url, timeout=10, trust_env=False) as client:
        yield client
        client.delete("/api/marking/codes")
        client.delete("/api/faults")


@pytest.fixture
def device(tmp_path, sandbox) -> Iterator[DeviceProcess]:
    process = DeviceProcess(tmp_path, oism=f"127.0.0.1:{sandbox.exchange_port}").start()
    yield process
    process.stop()


def put(service, code, state="in_circulation"):
    service.put("/api/marking/codes", json={"code": code, "state": state}).raise_for_status()


def state(service, code):
    return next(one["state"] for one in service.get("/api/marking/codes").json()["codes"] if one["code"] == code)


def fault(service, name, value=1):
    service.post("/faults", json={"name": name, "value": value}).raise_for_status()


def mark(code=SHOES, kind="gs1m", line=0, status=1) -> driver.MarkToCheck:
    return driver.MarkToCheck(line=line, kind=kind, code=code, status=status, amount=AMOUNT)


def content(*codes) -> bytes:
    lines = [
        (1059, [(1030, "Туфли"), (1079, 1000), (1023, Decimal(1)), (2108, 0), (1163, [(1305, code[:31])]), (2102, 0),
                (1043, 1000), (1199, 6), (1214, 4), (1212, 33)])
        for code in codes
    ]  # fmt: skip
    total = 1000 * len(codes)
    return encode([*lines, (1031, total), (1081, 0), (1215, 0), (1216, 0), (1217, 0), (1055, 1), (1105, total),
                   (1009, "Москва"), (1187, "Магазин")])  # fmt: skip


def make(*marks: driver.MarkToCheck, operation: int = 1) -> driver.MakeReceipt:
    codes = [one.code for one in marks]
    return driver.MakeReceipt(
        id=task_id(), form=3, operation=operation, total=1000 * len(codes), content=content(*codes),
        marks=list(marks),
    )  # fmt: skip


def opened(device: DeviceProcess) -> EmulatorDriver:
    register = device.register()
    make_ready(register)
    return register


def sold(register: EmulatorDriver, *tasks: driver.MakeReceipt) -> list:
    results = register.execute(list(tasks), expected_fd=register.status().last_fd + 1, fence=1)
    assert all(isinstance(one, driver.Document) for one in results), results
    return [read_document(one.container) for one in results]


def results(document) -> list:
    return [first(item, 2106) for item in document.items]


def taken(register: EmulatorDriver) -> driver.Status:
    until = time.monotonic() + 20
    while (status := register.status()).notifications:
        assert time.monotonic() < until, status.marking_error
        time.sleep(0.05)
    return status


def test_a_checked_code_has_its_result_in_the_receipt_and_is_sold_at_the_service(device, service):
    put(service, SHOES)
    put(service, MILK)
    register = opened(device)
    [document] = sold(register, make(mark(), mark(MILK, line=1)))
    assert results(document) == [15, 15]
    assert first(document.pairs, 2107) is None
    assert [finding for finding in check(document) if finding.severity == "error" and finding.tag in (2106, 2107)] == []
    assert taken(register).marking_error is None
    assert (state(service, SHOES), state(service, MILK)) == ("sold", "sold")
    [back] = sold(register, make(mark(status=3), operation=2))
    assert results(back) == [15]
    taken(register)
    assert (state(service, SHOES), state(service, MILK)) == ("in_circulation", "sold")


@pytest.mark.parametrize(
    ("code", "known_as", "result"),
    [
        (SHOES, None, 3 | 4),  # the storage finds the code right, the service does not know it
        (SHOES, "sold", 3 | 4),
        (SHOES, "blocked", 3 | 4),
        (BAD, "in_circulation", 1 | 12),  # the storage's word on the code stands
        (MILK, "in_circulation", 15),  # the service checks what the storage can't
        (MILK, "not_verified", 1 | 4),
    ],
)
def test_what_is_wrong_with_a_code_shows_in_the_result(device, service, code, known_as, result):
    if known_as:
        put(service, code, known_as)
    [document] = sold(opened(device), make(mark(code)))
    assert results(document) == [result]
    assert first(document.pairs, 2107) == (None if result == 15 else 1)


def test_codes_are_checked_without_a_receipt(device, service):
    put(service, SHOES)
    register = opened(device)
    found = register.check_marks([mark(), mark(FUR, "fur", line=1), mark("test_mark_code", line=2)])
    assert [(one.line, one.result, one.request, one.goods) for one in found] == [
        (0, 15, 0, 1),
        (1, 0, None, None),
        (2, 0, None, None),
    ]
    assert found[0].reason == 0 and found[1].reason == 1 and found[2].reason == 4
    assert state(service, SHOES) == "in_circulation" and register.status().last_fd == 2


def test_without_the_service_the_storage_checks_alone_and_notifications_wait_over_a_restart(device, service):
    put(service, SHOES)
    fault(service, "marking.exchange_silent")
    register = opened(device)
    [document] = sold(register, make(mark()))
    assert results(document) == [3]
    status = register.status()
    assert status.notifications == 1 and "without an answer" in status.marking_error
    device.kill()
    service.delete("/api/faults")
    device.start()
    register = device.register()
    taken(register)
    assert state(service, SHOES) == "sold"
    device.kill()
    device.start()
    assert device.register().status().notifications == 0  # it is not sent again


def test_a_slow_service_does_not_hold_a_batch_longer_than_its_time(device, service):
    fault(service, "marking.exchange_delay", 30)
    register = opened(device)
    begun = time.monotonic()
    documents = sold(register, *(make(mark(f"01046004399312562{number}\x1d9312AB")) for number in range(10, 20)))
    took = time.monotonic() - begun
    assert len(documents) == 10 and took < driver.MARKS_SECONDS + 1
    assert took >= device_marking.ANSWER_SECONDS - 0.1  # the first was waited for, then the service was left alone


def test_a_task_that_is_made_already_is_not_checked_again(device, service):
    put(service, SHOES)
    register = opened(device)
    task = make(mark())
    [first_made] = sold(register, task)
    taken(register)  # the service takes the code for sold now
    [again] = register.execute([task], expected_fd=3, fence=1)
    assert results(first_made) == [15] and read_document(again.container).pairs == first_made.pairs


def test_the_shift_report_says_how_many_notifications_wait(device, service):
    fault(service, "marking.exchange_silent")
    register = opened(device)
    sold(register, make(mark()))
    [closed] = register.execute([driver.CloseShift(id=task_id())], expected_fd=4, fence=1)
    assert first(read_document(closed.container).pairs, 2104) == 1


def test_more_codes_than_a_notification_holds_make_several(device, service):
    codes = [f"0104600439931256215Oqv{number:09d}\x1d9312AB" for number in range(100)]
    for code in (codes[0], codes[-1]):
        put(service, code)
    register = opened(device)
    fault(service, "marking.exchange_silent")  # questions would take their time
    [document] = sold(register, make(*(mark(code, line=line) for line, code in enumerate(codes))))
    assert len(results(document)) == 100
    assert register.status().notifications == 2
    service.delete("/api/faults")
    taken(register)
    assert {state(service, codes[0]), state(service, codes[-1])} == {"sold"}


def test_a_receipt_without_codes_is_made_as_it_was_given(device):
    register = opened(device)
    [document] = register.execute([receipt()], expected_fd=3, fence=1)
    assert isinstance(document, driver.Document) and register.status().notifications == 0
