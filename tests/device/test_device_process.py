"""The device as a process: killed at every point, it has each document once; it answers nonsense and never falls."""

import json
import os
import random
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import msgspec
import pytest
from tests.device.device_process import (
    SECRET,
    DeviceProcess,
    free_address,
    make_ready,
    receipt,
    registration,
    task_id,
    wait_until,
)
from tests.fiscal.fn.fn_samples import FN, SERIAL

from openkassa.device.config import host_and_port
from openkassa.device.journal import Journal
from openkassa.fiscal import driver
from openkassa.fiscal.fn import ErrorCode
from openkassa.kassa.registers.drivers.base import AnswerLost, DeviceRefused, DeviceUnreachable
from openkassa.kassa.registers.drivers.emulator import EmulatorDriver, add_register, set_fault


@pytest.fixture
def device(tmp_path):
    device = DeviceProcess(tmp_path)
    yield device.start()
    if device.process.poll() is None:
        device.kill()


@pytest.fixture
def register(device):
    register = device.register()
    make_ready(register)
    return register


def journal_numbers(device: DeviceProcess) -> list[int]:
    """Document numbers as they stand in the file, read without the device."""
    journal = Journal(device.home / f"{FN}.journal")
    numbers = [record.made.fd for _, record in journal.replay() if hasattr(record, "made")]
    journal.close()
    return numbers


@pytest.mark.parametrize(
    ("point", "made"), [("die_before_journal", 0), ("die_mid_journal", range(1, 5)), ("die_after_journal", 5)]
)
def test_killed_at_each_point_a_batch_is_made_exactly_once(device, register, point, made):
    tasks = [receipt() for _ in range(5)]
    set_fault(device.connect(), SERIAL, point)
    with pytest.raises(AnswerLost):
        register.execute(tasks, expected_fd=3, fence=1)
    assert device.wait_dead() == -9
    device.start()
    found = [register.find_task(task.id, fence=2) for task in tasks]
    kept = sum(document is not None for document in found)
    assert kept in made if isinstance(made, range) else kept == made
    assert [document.fd for document in found[:kept]] == list(range(3, 3 + kept))
    results = register.execute(tasks, expected_fd=3, fence=2)
    assert [document.fd for document in results] == [3, 4, 5, 6, 7]
    assert results[:kept] == found[:kept]
    assert [document.task_id for document in register.documents(from_fd=3)] == [task.id for task in tasks]
    assert device.stop() == 0
    assert journal_numbers(device) == list(range(1, 8))


def test_killed_at_random_while_selling_nothing_is_lost_or_doubled(device, register):
    chance = random.Random(7)
    answered: dict[str, int] = {}
    doubtful = [receipt() for _ in range(10)]
    fence, fd = 1, 3
    for _ in range(4):
        killer = threading.Timer(chance.uniform(0.01, 0.1), device.process.kill)
        killer.start()
        try:
            while True:
                answered |= {d.task_id: d.fd for d in register.execute(doubtful, expected_fd=fd, fence=fence)}
                fd += len(doubtful)
                doubtful = [receipt() for _ in range(chance.randint(1, 40))]
        except (AnswerLost, DeviceUnreachable):
            device.wait_dead()
            device.start()
            fence += 1
    made = {}
    for first in range(1, register.status().last_fd + 1, 100):
        made |= {document.task_id: document.fd for document in register.documents(from_fd=first)}
    assert sorted(made.values()) == list(range(1, register.status().last_fd + 1))
    assert answered.items() <= made.items()
    assert len(answered) > 20


def test_a_lost_answer_leaves_the_documents_to_be_found(device, register):
    task = receipt()
    set_fault(device.connect(), SERIAL, "lose_answer", times=1)
    with pytest.raises(AnswerLost):
        register.execute([task], expected_fd=3, fence=1)
    assert register.find_task(task.id).fd == 3
    assert register.execute([task], expected_fd=3, fence=1)[0].fd == 3
    assert register.status().last_fd == 3


def test_an_answer_given_twice_confuses_nobody(device, register):
    set_fault(device.connect(), SERIAL, "answer_twice", times=1)
    assert register.execute([receipt()], expected_fd=3, fence=1)[0].fd == 3
    assert register.execute([receipt()], expected_fd=4, fence=1)[0].fd == 4
    assert register.status().last_fd == 4


def test_a_refusal_and_a_full_disk_come_as_told(device, register):
    connection = device.connect()
    set_fault(connection, SERIAL, "refuse", "22", times=1)
    (refused,) = register.execute([receipt(), receipt()], expected_fd=3, fence=1)
    assert refused.code == ErrorCode.SHIFT_TOO_LONG
    set_fault(connection, SERIAL, "disk_full", times=1)
    with pytest.raises(DeviceRefused) as caught:
        register.execute([receipt()], expected_fd=3, fence=1)
    assert caught.value.code == "journal_failed"
    assert register.execute([receipt()], expected_fd=3, fence=1)[0].fd == 3


def test_a_hanging_register_does_not_hold_up_another(device, register):
    connection = device.connect()
    add_register(connection, "2", "9999000000000002")
    set_fault(connection, SERIAL, "hang")
    hanging = device.register(answer_seconds=0.3)
    task = receipt()
    with pytest.raises(AnswerLost):
        hanging.execute([task], expected_fd=3, fence=1)
    assert device.register("2").status().last_fd == 0
    set_fault(connection, SERIAL, "hang", None)
    assert register.find_task(task.id, fence=2) is None or register.status().last_fd == 3


def test_a_delay_is_slower_than_the_caller_waits(device, register):
    set_fault(device.connect(), SERIAL, "delay", "0.5", times=1)
    impatient = device.register(answer_seconds=0.1)
    task = receipt()
    with pytest.raises(AnswerLost):
        impatient.execute([task], expected_fd=3, fence=1)
    assert register.find_task(task.id, fence=2) is None, "it is still on its way"
    time.sleep(0.6)
    assert register.find_task(task.id) is None, "and the fence has shut it out"
    assert register.status().last_fd == 2


def test_without_leave_there_are_no_faults(tmp_path):
    device = DeviceProcess(tmp_path).start(faults=False)
    with pytest.raises(DeviceRefused) as caught:
        set_fault(device.connect(), SERIAL, "hang")
    assert caught.value.code == "faults_off"
    device.stop()


def test_registers_are_added_while_it_runs_and_stay(device, register):
    connection = device.connect()
    for _ in range(2):
        add_register(connection, "2", "9999000000000002", documents_per_second=5, days=30)
    for serial, fn, code in [
        ("2", "9999000000000003", "register_exists"),
        ("3", "9999000000000002", "bad_request"),
        ("3", "9281000000000002", "bad_request"),
        ("no spaces", "9999000000000004", "bad_request"),
    ]:
        with pytest.raises(DeviceRefused) as caught:
            add_register(connection, serial, fn)
        assert caught.value.code == code
    device.kill()
    device.start()
    status = device.register("2").status()
    assert (status.fn, status.phase, status.documents_per_second) == ("9999000000000002", 1, 5)
    assert oct((device.home / "device.json").stat().st_mode)[-3:] == "600"


def test_a_delivered_and_closed_storage_is_replaced(tmp_path, operator):
    device = DeviceProcess(tmp_path, ofd=operator.address).start()
    register, connection = device.register(), device.connect()
    make_ready(register)
    with pytest.raises(DeviceRefused):
        add_register(connection, SERIAL, "9999000000000009")
    closing = [driver.CloseShift(id=task_id()), driver.CloseStorage(id=task_id())]
    register.execute(closing, expected_fd=3, fence=1)
    wait_until(lambda: register.status().phase == 15)
    add_register(connection, SERIAL, "9999000000000009")
    with pytest.raises(DeviceRefused):
        add_register(connection, SERIAL, FN)  # the old one is closed for good
    again = msgspec.structs.replace(registration(), reasons=1)
    assert register.execute([again], expected_fd=1, fence=1)[0].form == 11
    assert register.status().fn == "9999000000000009"
    wait_until(lambda: register.status().undelivered == 0)
    device.stop()


def test_two_processes_never_share_a_home(device):
    second = subprocess.run(
        [sys.executable, "-m", "openkassa.device", "--home", str(device.home)], capture_output=True, text=True
    )
    assert second.returncode == 1
    assert str(device.process.pid) in second.stderr


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"secret": "short"}, "secret"),
        ({"listen": "nowhere"}, "nowhere"),
        ({"registers": [{"serial": "1", "fn": "1234567890123456"}]}, "1234567890123456"),
        ({"registers": [{"serial": "1", "fn": FN}, {"serial": "1", "fn": "9999000000000002"}]}, "twice"),
        ({"colour": 1}, "colour"),
    ],
)
def test_a_wrong_configuration_is_named(tmp_path, change, named):
    settings = {"listen": f"unix:{tmp_path}/s", "secret": SECRET, "registers": []} | change
    (tmp_path / "device.json").write_text(json.dumps(settings))
    command = [sys.executable, "-m", "openkassa.device", "--home", str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 1
    assert named in result.stderr and "Traceback" not in result.stderr


def raw_socket(device: DeviceProcess) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(5)
    connection.connect(device.address.removeprefix("unix:"))
    return connection


@pytest.mark.parametrize(
    "data",
    [
        struct.pack(">I", driver.MAX_FRAME + 1),
        struct.pack(">I", 5) + b"hello",
        struct.pack(">I", 0),
        b"GET / HTTP/1.1\r\n\r\n",
        driver.frame(driver.Request(secret="wrong", verb=driver.GetStatus(serial=SERIAL))),
        struct.pack(">I", 3) + b"\x93\x93\x93",
        os.urandom(3000),
    ],
)
def test_nonsense_closes_the_connection_and_nothing_else(device, data):
    with raw_socket(device) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    if answer:
        reply = driver.decode_answer(answer[4:]).reply
        assert reply.code in ("bad_request", "bad_secret")
    assert device.register().status().fn == FN


def test_unknown_registers_and_ids_are_answered(device):
    for verb in (driver.GetStatus(serial="nobody"), driver.FindTask(serial="nobody", id=task_id())):
        with pytest.raises(DeviceRefused) as caught:
            device.connect().ask(verb, driver.Status)
        assert caught.value.code == "unknown_register"
    assert device.register().find_task("not an id") is None


def test_the_driver_tells_nothing_sent_from_no_answer(tmp_path):
    device = DeviceProcess(tmp_path, listen=free_address()).start()
    register = device.register()
    make_ready(register)
    device.stop()
    with pytest.raises(DeviceUnreachable):  # the kept connection is seen to be closed before anything is sent
        register.execute([receipt()], expected_fd=3, fence=1)
    device.start()
    assert register.execute([receipt()], expected_fd=3, fence=1)[0].fd == 3, "and it connects again by itself"
    device.stop()


def test_the_clock_travels_with_the_file(tmp_path):
    clock = tmp_path / "clock"
    clock.write_text("0")
    device = DeviceProcess(tmp_path).start(KASSA_CLOCK_FILE=str(clock))
    register = device.register()
    make_ready(register)
    clock.write_text(str(25 * 3600))
    assert abs(register.status().clock - time.time() - 25 * 3600) < 5
    (refused,) = register.execute([receipt()], expected_fd=3, fence=1)
    assert refused.code == ErrorCode.SHIFT_TOO_LONG
    rolled = [driver.CloseShift(id=task_id()), driver.OpenShift(id=task_id()), receipt()]
    assert [document.fd for document in register.execute(rolled, expected_fd=3, fence=1)] == [3, 4, 5]
    device.stop()


def test_health_and_metrics(tmp_path):
    address = free_address()
    device = DeviceProcess(tmp_path, http=address).start()
    make_ready(device.register())

    def get(path: str) -> str:
        return urllib.request.urlopen(f"http://{address}{path}", timeout=5).read().decode()

    assert json.loads(get("/health/live"))["live"]
    ready = json.loads(get("/health/ready"))
    assert ready["ready"] and ready["registers"][SERIAL]["undelivered"] == 2
    assert f'kassa_device_documents{{serial="{SERIAL}"}} 2.0' in get("/metrics")
    with pytest.raises(urllib.error.HTTPError):
        get("/secret")
    with socket.create_connection(host_and_port(address), 5) as connection:
        connection.sendall(b"x" * 10_000)
    assert json.loads(get("/health/live"))["live"]
    assert device.stop() == 0


def test_several_drivers_share_a_connection(device, register):
    connection = device.connect()
    add_register(connection, "2", "9999000000000002")
    first, second = EmulatorDriver(connection, SERIAL), EmulatorDriver(connection, "2")
    assert (first.status().last_fd, second.status().last_fd) == (2, 0)
    assert first.execute([receipt()], expected_fd=3, fence=1)[0].fd == 3
