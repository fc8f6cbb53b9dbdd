"""kill -9 of the worker at every step of fiscalisation: the attempt and the device's journal decide, never two."""

from __future__ import annotations

import time

import pytest
from tests.support.children import Child, turn_killed_at
from tests.support.common_check import common_check
from tests.support.world import Process, wait_for

from openkassa.fiscal import driver
from openkassa.kassa.fiscalisation import turn as turn_module
from openkassa.kassa.registers.drivers.emulator import EmulatorDriver

POINTS = ["attempt_committed", "device_answered", "before_commit", "after_commit"]
DELAY = 1.0


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_killed_at_a_step_is_followed_by_another(world, point):
    device = world.add_register()
    world.sell()
    world.turn(device)
    sold = [world.sell() for _ in range(5)]
    assert turn_killed_at(world, device, point).wait() == -9
    assert world.status(device).holder == "killed"
    assert world.turn(device) == 0, "nobody else may try before the lease is over or its holder is known to be gone"
    _follow(world, device)
    world.drain()
    assert [world.state(one).state for one in sold] == ["fiscalised"] * 5
    assert len(world.attempts("void")) == (5 if point == "attempt_committed" else 0)
    common_check(world)


@pytest.mark.parametrize("point", ["before_commit", "after_commit"])
def test_a_worker_killed_while_it_opens_the_shift_is_followed_by_another(world, point):
    device = world.add_register()
    world.sell()
    assert turn_killed_at(world, device, point).wait() == -9
    _follow(world, device)
    world.drain()
    assert world.states() == {"fiscalised": 1}
    assert world.status(device).shift == 1
    common_check(world)


def _follow(world, device) -> None:
    """Another worker takes over, as soon as the server has noticed that the killed one's transaction is dead."""

    def taken_over() -> bool:
        world.turn(device, dead=["killed"])
        return world.status(device).holder != "killed"

    wait_for(taken_over)


def test_workers_that_die_one_after_another_confirm_everything(confirmed_world, check_all, tmp_path):
    """The real processes: each is killed by a crash point, the next begins with the doubt that is left."""
    confirmed_world.add_register()
    for point in ("attempt_committed", "before_commit"):
        for _ in range(20):
            confirmed_world.sell()
        armed = tmp_path / point
        armed.touch()
        worker = Process("worker")
        worker.start(KASSA_CRASH_AT=point, KASSA_CRASH_FILE=str(armed))
        wait_for(worker.died, 40)
        assert worker.running.returncode == -9
    worker = Process("worker")
    worker.start()
    wait_for(lambda: confirmed_world.states() == {"confirmed": 40}, 40)
    worker.stop()
    assert worker.running.returncode == 0
    check_all(confirmed_world)


def _sent_and_killed(world, device) -> None:
    """A worker is killed when its batch has been sent and lies in the device, unmade."""
    device.fault("delay", str(DELAY), times=1)  # one: only the batch is late, other verbs are answered
    worker = Child(lambda: world.turn(device, holder="killed"))
    wait_for(lambda: world.attempts("open"), pause=0.01)
    time.sleep(DELAY / 4)  # the batch has gone out; whether it is made yet the test asserts by itself
    worker.kill()


def test_what_a_killed_worker_sent_is_refused_once_the_device_was_asked_for_it(world):
    device, other = _sent_and_forgotten(world)
    time.sleep(DELAY)  # the late message is served
    world.drain(device, other)
    common_check(world)


def test_without_the_fence_of_the_question_the_late_message_makes_a_second_document(world, monkeypatch):
    monkeypatch.setattr(EmulatorDriver, "find_task", _find_without_fence)
    device, other = _sent_and_forgotten(world)
    time.sleep(DELAY)
    with pytest.raises(AssertionError):
        world.drain(device, other)
        common_check(world)


def _sent_and_forgotten(world):
    """The receipt of a batch that is under way waits again, and another register of the pool makes its document."""
    device, other = world.add_register(), world.add_register()
    world.sell()
    world.turn(device)
    sold = world.sell()
    _sent_and_killed(world, device)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(turn_module, "_work", lambda turn: 0)
        _follow(world, device)  # asks the device for the task, and no more
    assert world.events(sold) == ["accepted", "assigned", "accepted"], "the device did not know the task"
    assert world.turn(other) == 1
    return device, other


def _find_without_fence(self, task_id, *, fence=None):
    verb = driver.FindTask(serial=self.serial, id=task_id)
    return self._connection.ask_again(verb, driver.Found).document


def test_a_promise_to_refuse_outlives_the_device(world):
    """A worker is paused before it sends; the device says that it knows nothing, is restarted, and then hears it."""
    device = world.add_register()
    fence = world.status(device).fence
    assert world.driver(device).find_task("ab" * 16, fence=fence + 5) is None
    device.restart()
    assert world.driver(device).status().fence == fence + 5
