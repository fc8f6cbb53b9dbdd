"""The operator is away, or its answers get lost: sales go on, and in the end everything is there once and in order."""

from __future__ import annotations

import os
import time
from pathlib import Path

import psycopg
import pytest
from tests.support.common_check import common_check
from tests.support.world import wait_for

from openkassa.fiscal import driver
from openkassa.kassa.registers.drivers.emulator import EmulatorDriver
from openkassa.ofd.exchange.faults import LOOK_AGAIN_SECONDS

DAY = 86400


def test_31_days_without_the_operator(confirmed_world, check_all, operator, travel):
    """Shifts roll by themselves, the storage refuses at 30 days, the receipts wait, and all drains in order."""
    world = confirmed_world
    device = world.add_register()
    world.sell()
    world.confirm()
    operator.kill()
    sold = []
    for _day in range(30):
        sold.append(world.sell())
        world.drain()
        travel(DAY)
    assert world.states() == {"confirmed": 1, "fiscalised": 30}
    assert world.status(device).shift == 30
    assert world.status(device).first_undelivered_at is not None

    travel(DAY)
    late = [world.sell() for _ in range(3)]
    for _ in range(4):
        world.forget_trouble()
        world.turn(device)
    assert [world.state(one).state for one in late] == ["accepted"] * 3, "they wait and do not fail"
    assert world.status(device).problem == "fn_15"
    assert len(world.attempts("void")) <= 4, "a register in trouble is tried with one receipt"

    operator.start()
    wait_for(lambda: world.driver(device).status().undelivered == 0, 60, 0.2)
    world.confirm()
    assert world.states() == {"confirmed": 34}
    numbers = [world.state(one).fd for one in sold + late]
    assert numbers == sorted(numbers)
    check_all(world)


def test_a_register_whose_storage_is_over_is_still_followed_to_the_operator(confirmed_world, travel):
    """It makes no documents any more, and has some that the operator has not answered yet."""
    world = confirmed_world
    device = world.add_register(days=2)
    device.fault("no_ofd")
    made = world.sell()
    world.turn(device)
    travel(3 * DAY)
    waiting = world.sell()
    device.fault("no_ofd", None)

    def confirmed() -> bool:
        world.forget_trouble()
        world.turn(device)
        return world.state(made).state == "confirmed"

    wait_for(confirmed)
    assert world.status(device).problem == "fn_05"
    assert world.state(waiting).state == "accepted"


@pytest.mark.parametrize("who", ["device", "operator"])
def test_a_lost_acknowledgement_is_asked_for_by_sending_again(confirmed_world, check_all, operator_database, who):
    world = confirmed_world
    device = world.add_register()
    if who == "device":
        device.fault("lose_ack", times=3)
    else:
        _operator_faults('{"lose_ack": 3}')
    sold = [world.sell() for _ in range(3)]
    world.confirm()
    with psycopg.connect(operator_database) as connection:
        held = connection.execute("SELECT fd FROM ofd_archive_document WHERE fn = %s", [device.fn]).fetchall()
    assert sorted(fd for (fd,) in held) == [1, 2, 3, 4, 5], "each document once"
    assert {world.state(one).acknowledgement for one in sold} == {0}
    check_all(world)


def _operator_faults(text: str) -> None:
    Path(os.environ["KASSA_HOME"], "ofd-faults.json").write_text(text)
    time.sleep(2 * LOOK_AGAIN_SECONDS)


def test_a_format_error_of_the_operator_confirms_and_is_shown(confirmed_world, check_all):
    world = confirmed_world
    world.add_register()
    _operator_faults('{"code14": true}')
    try:
        sold = world.sell()
        world.confirm()
    finally:
        _operator_faults("{}")
    assert world.state(sold).acknowledgement == 14
    check_all(world)


def test_a_shift_is_closed_before_its_24_hours_though_nobody_sells(world, travel):
    device = world.add_register()
    world.sell()
    world.turn(device)
    travel(23.4 * 3600)
    world.turn(device)
    assert world.status(device).shift_open
    travel(0.2 * 3600)
    world.turn(device)
    assert not world.status(device).shift_open
    documents = world.driver(device).documents(from_fd=1)
    assert [document.form for document in documents] == [1, 2, 3, 5]
    world.sell()
    world.drain()
    assert world.status(device).shift == 2
    common_check(world)


@pytest.mark.parametrize("step", [3600, -3600])
def test_a_clock_that_steps_by_an_hour_keeps_the_order_of_documents(world, travel, step):
    """A storage refuses a time before the last document's: the receipts wait until the clock has come up to it."""
    device = world.add_register()
    first = world.sell()
    world.turn(device)
    travel(step)
    second = world.sell()
    world.forget_trouble()
    world.turn(device)
    if step < 0:
        assert world.state(second).state == "accepted"
        assert world.status(device).problem == "fn_07"
        travel(-step)
    world.drain()
    assert world.state(first).fd < world.state(second).fd
    common_check(world)


def test_a_shift_that_the_storage_finds_too_long_is_closed_and_the_receipt_is_not_lost(world, travel, monkeypatch):
    """Our clock is behind the device's: the storage says so first."""
    device = world.add_register()
    world.sell()
    world.turn(device)
    travel(25 * 3600)
    monkeypatch.setattr("openkassa.kassa.fiscalisation.context.Turn.shift_is_long", lambda turn: False)
    sold = world.sell()
    world.drain()
    assert world.state(sold).state == "fiscalised"
    forms = [document.form for document in world.driver(device).documents(from_fd=1)]
    assert forms == [1, 2, 3, 5, 2, 3]
    common_check(world)


def test_a_paced_register_gets_no_more_than_it_makes_in_time(world, monkeypatch):
    """Without its pace a batch would take longer than the answer may, and be in doubt each time."""
    from openkassa.kassa.fiscalisation import context

    device = world.add_register(pace=20)
    world.sell()
    world.turn(device)
    context._paces.clear()  # as in a worker that has just started and finds the register clean
    asked = []
    real = EmulatorDriver.execute

    def execute(self, tasks, **keys):
        asked.append(sum(isinstance(task, driver.MakeReceipt) for task in tasks))
        return real(self, tasks, **keys)

    monkeypatch.setattr(EmulatorDriver, "execute", execute)
    sold = [world.sell() for _ in range(30)]
    world.drain()
    assert max(asked) <= 20
    assert all("in_doubt" not in world.events(one) for one in sold)
    common_check(world)
