"""Delivery to the operator: in order, each until it is acknowledged, through everything that can go wrong."""

import pytest
from tests.device.device_process import DeviceProcess, Operator, make_ready, receipt, wait_until
from tests.fiscal.fn.fn_samples import SERIAL

from openkassa.kassa.registers.drivers.emulator import set_fault


@pytest.fixture
def device(tmp_path, operator):
    device = DeviceProcess(tmp_path, ofd=operator.address, answer_seconds=1, ping_seconds=0.2).start()
    yield device
    if device.process.poll() is None:
        device.kill()


@pytest.fixture
def register(device):
    register = device.register()
    make_ready(register)
    return register


def sell(register, count: int = 1) -> None:
    first = register.status().last_fd + 1
    register.execute([receipt() for _ in range(count)], expected_fd=first, fence=1)


def all_delivered(register):
    return lambda: register.status().undelivered == 0


def test_documents_arrive_in_order_and_are_acknowledged(register, operator):
    operator.code = 14
    sell(register, 60)
    wait_until(all_delivered(register))
    assert operator.numbers() == list(range(1, 63))
    status = register.status()
    assert (status.acknowledged_fd, status.first_undelivered_fd, status.delivery_error) == (62, None, None)
    acks = register.acknowledgements(after_fd=2)
    assert [ack.fd for ack in acks] == list(range(3, 63))
    assert {ack.code for ack in acks} == {14}
    assert [document.container for document in register.documents(from_fd=1)] == [
        container.pack() for container in operator.received
    ]


@pytest.mark.parametrize("trouble", ["close_before_answer", "cut_answer", "spoil_answer"])
def test_what_was_not_acknowledged_is_sent_again(register, operator, trouble):
    wait_until(all_delivered(register))
    setattr(operator, trouble, 2)
    sell(register, 3)
    wait_until(all_delivered(register))
    assert operator.numbers() == [1, 2, 3, 3, 3, 4, 5]
    assert len({container.pack() for container in operator.received}) == 5


def test_a_lost_acknowledgement_means_the_same_document_again(device, register, operator):
    wait_until(all_delivered(register))
    set_fault(device.connect(), SERIAL, "lose_ack", times=1)
    sell(register)
    wait_until(all_delivered(register))
    assert operator.numbers() == [1, 2, 3, 3]
    assert [ack.fd for ack in register.acknowledgements(after_fd=0)] == [1, 2, 3]


def test_an_operator_that_is_away_is_waited_for(tmp_path):
    away = Operator()
    port = away.port
    away.close()
    device = DeviceProcess(tmp_path, ofd=f"127.0.0.1:{port}").start()
    register = device.register()
    make_ready(register)
    sell(register, 5)
    wait_until(lambda: register.status().delivery_error is not None)
    assert register.status().undelivered == 7
    operator = Operator(port)
    wait_until(all_delivered(register))
    assert operator.numbers() == list(range(1, 8))
    device.stop()
    operator.close()


def test_the_queue_survives_a_kill_and_is_not_sent_from_the_beginning(device, register, operator):
    connection = device.connect()
    wait_until(all_delivered(register))
    set_fault(connection, SERIAL, "no_ofd")
    sell(register, 4)
    device.kill()
    device.start()
    wait_until(all_delivered(register))
    assert operator.numbers() == [1, 2, 3, 4, 5, 6]


def test_no_ofd_is_switched_off_without_new_documents(device, register, operator):
    connection = device.connect()
    wait_until(all_delivered(register))
    set_fault(connection, SERIAL, "no_ofd")
    sell(register, 2)
    assert operator.numbers() == [1, 2]
    set_fault(connection, SERIAL, "no_ofd", None)
    wait_until(all_delivered(register))
    assert operator.numbers() == [1, 2, 3, 4]


def test_an_idle_connection_is_pinged(register, operator):
    wait_until(lambda: operator.pings >= 2)
    assert operator.numbers() == [1, 2]
