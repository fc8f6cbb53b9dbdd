"""kill -9 of the device at each of its points; its journal decides what was made."""

from __future__ import annotations

import pytest
from tests.support.common_check import common_check
from tests.support.world import wait_for

from openkassa.fiscal import driver
from openkassa.kassa.fiscalisation import recovery
from openkassa.kassa.registers.drivers.emulator import EmulatorDriver

MADE = {"die_before_journal": 0, "die_mid_journal": 2, "die_after_journal": 5}  # whole documents of five in the journal


@pytest.mark.parametrize(("point", "made"), MADE.items())
def test_a_device_killed_at_a_step_is_asked_what_it_has_made(world, point, made):
    device = world.add_register()
    first = world.sell()
    world.turn(device)
    sold = [world.sell() for _ in range(5)]
    device.fault(point, times=1)
    world.turn(device)
    wait_for(device.process.died)
    assert {world.state(one).state for one in sold} == {"in_doubt"}, "nobody knows until the journal has spoken"
    assert world.status(device).problem == "answer_lost"

    world.forget_trouble()
    assert world.turn(device) == 0
    assert {world.state(one).state for one in sold} == {"in_doubt"}, "a silent device decides nothing"

    device.start()
    world.drain()
    adopted = ["accepted", "assigned", "in_doubt", "fiscalised"]
    sent_again = ["accepted", "assigned", "in_doubt", "accepted", "assigned", "fiscalised"]
    assert [world.events(one) for one in sold] == [adopted] * made + [sent_again] * (5 - made)
    assert world.state(first).fd == 3
    common_check(world)


def test_a_lost_answer_is_asked_for_and_not_sent_again(world):
    device = world.add_register()
    sold = [world.sell() for _ in range(5)]
    device.fault("lose_answer", times=2)  # of the shift's opening, and of the batch
    world.drain()
    assert {world.state(one).state for one in sold} == {"fiscalised"}
    common_check(world)


def test_without_the_question_a_lost_answer_becomes_two_documents(world, monkeypatch):
    """The negative control: recovery that believes that nothing was made, and sends under whatever number is next."""
    device = world.add_register()
    world.sell()
    world.turn(device)
    world.sell()
    device.fault("lose_answer", times=1)
    world.turn(device)
    monkeypatch.setattr(EmulatorDriver, "find_task", lambda self, task_id, *, fence=None: None)
    monkeypatch.setattr(EmulatorDriver, "execute", _under_the_next_number)
    monkeypatch.setattr(recovery, "_adopt", lambda turn, lost: None)
    with pytest.raises(AssertionError):
        world.drain(turns=3)
        common_check(world)
    assert world.driver(device).status().last_fd > 4, "more documents than registration, shift and two sales"


def _under_the_next_number(self, tasks, *, expected_fd, fence):
    number = self.status().last_fd + 1
    verb = driver.Execute(serial=self.serial, fence=fence, expected_fd=number, tasks=list(tasks))
    return self._connection.ask(verb, driver.Executed).results


def test_an_answer_to_other_tasks_is_a_doubt(world, monkeypatch):
    device = world.add_register()
    world.sell()
    world.turn(device)
    sold = world.sell()
    real = EmulatorDriver.execute

    def mixed_up(self, tasks, **keys):
        results = real(self, tasks, **keys)
        return [driver.Refused(task_id="ab" * 16, code=9, text="of somebody else"), *results][: len(results)]

    monkeypatch.setattr(EmulatorDriver, "execute", mixed_up)
    world.turn(device)
    assert world.state(sold).state == "in_doubt"
    monkeypatch.undo()
    world.drain()
    assert world.events(sold)[-2:] == ["in_doubt", "fiscalised"]
    common_check(world)


def test_a_journal_found_damaged_in_the_middle_of_a_batch_is_a_doubt(world, monkeypatch):
    """The device may have made the first documents of the batch before it came to the damage."""
    from openkassa.kassa.registers.drivers.base import DeviceRefused

    device = world.add_register()
    world.sell()
    world.turn(device)
    sold = world.sell()
    real = EmulatorDriver.execute

    def damaged(self, tasks, **keys):
        real(self, tasks, **keys)
        raise DeviceRefused(driver.Failed(code="journal_damaged", text="damaged at byte 7"))

    monkeypatch.setattr(EmulatorDriver, "execute", damaged)
    world.turn(device)
    assert world.state(sold).state == "in_doubt"
    monkeypatch.undo()
    world.drain()
    common_check(world)


def test_a_full_disk_of_the_device_makes_nothing_and_passes(world):
    device = world.add_register()
    world.sell()
    world.turn(device)
    sold = world.sell()
    device.fault("disk_full", times=1)
    world.turn(device)
    assert world.state(sold).state == "accepted"
    assert world.status(device).problem == "journal_failed"
    world.drain()
    common_check(world)


def test_an_error_of_ours_gives_the_register_back_as_after_doubt(world, monkeypatch):
    device = world.add_register()
    world.sell()
    world.turn(device)
    sold = world.sell()

    def broken(*args, **keys):
        raise RuntimeError("a fault of the test")

    monkeypatch.setattr("openkassa.kassa.fiscalisation.batches.documents_store", broken)
    with pytest.raises(RuntimeError):
        world.turn(device)
    status = world.status(device)
    assert (status.problem, status.holder, status.clean) == ("fault", "", False)
    monkeypatch.undo()
    world.drain()
    assert world.events(sold) == ["accepted", "assigned", "fiscalised"]
    common_check(world)
