"""A pool of registers, one of which hangs or dies: nothing lost, nothing moved while in doubt, the others go on."""

from __future__ import annotations

import pytest
from tests.support.common_check import common_check
from tests.support.world import Process, wait_for

from openkassa.core.tenancy import within
from openkassa.kassa.fiscalisation.models import Attempt
from openkassa.kassa.registers import provision


@pytest.fixture
def impatient(monkeypatch):
    """Answers are waited for half a second."""
    monkeypatch.setattr(provision, "ANSWER_SECONDS", 0.5)
    provision._local.__dict__.clear()
    yield
    provision._local.__dict__.clear()


def test_a_hanging_device_keeps_its_doubt_and_the_others_go_on(world, impatient):
    hanging, other = world.add_register(), world.add_register()
    for device in (hanging, other):
        world.sell()
        world.turn(device)
    hanging.fault("hang")
    doubtful = [world.sell() for _ in range(3)]
    world.turn(hanging)
    assert world.status(hanging).problem == "answer_lost"
    pauses = []
    for _ in range(3):
        world.forget_trouble()
        world.turn(hanging)
        status = world.status(hanging)
        pauses.append((status.retry_at - status.problem_since).total_seconds())
    assert world.status(hanging).failures == 4
    assert pauses == sorted(pauses), "the breaker opens for longer each time"
    assert world.turn(hanging) == 0, "and nobody asks before its time"

    later = [world.sell() for _ in range(3)]
    assert world.turn(other) == 3
    assert [world.state(one).register_id for one in later] == [other.register.id] * 3
    assert [world.state(one).state for one in doubtful] == ["in_doubt"] * 3
    assert {world.state(one).register_id for one in doubtful} == {hanging.register.id}

    hanging.fault("hang", None)
    world.drain()
    assert {world.state(one).register_id for one in doubtful} <= {hanging.register.id, other.register.id}
    common_check(world)


def test_three_registers_one_killed_in_the_middle_of_a_batch(confirmed_world, check_all):
    """The real worker over real devices: work is spread, the dead one's receipts wait for its journal."""
    world = confirmed_world
    devices = [world.add_register(pace=25) for _ in range(3)]
    sold = [world.sell() for _ in range(150)]
    victim = devices[1]
    worker = Process("worker")
    worker.start()
    wait_for(lambda: _in_hand(world, victim) and world.driver(victim).status().last_fd > 5, 40, 0.02)
    victim.kill()
    wait_for(lambda: world.states().get("in_doubt"), 40)
    wait_for(lambda: not world.states().get("accepted") and not world.states().get("assigned"), 60)
    doubtful = [one for one in sold if world.state(one).state == "in_doubt"]
    assert doubtful
    assert {world.state(one).register_id for one in doubtful} == {victim.register.id}
    assert all(one.register_id == victim.register.id for one in world.attempts("doubt")), "nothing has moved"

    victim.start()
    world.forget_trouble()
    wait_for(lambda: world.states() == {"confirmed": 150}, 60)
    worker.stop()
    with within(world.organisation_id):
        shares = {
            device.serial: Attempt.objects.filter(register_id=device.register.id, state="made").count()
            for device in devices
        }
    assert all(share >= 10 for share in shares.values()), f"work is not spread: {shares}"
    check_all(world)


def _in_hand(world, device) -> bool:
    with within(world.organisation_id):
        return Attempt.objects.filter(register_id=device.register.id, state="open").exists()


def test_a_receipt_that_every_register_refuses_does_not_stop_the_pool(world):
    """A refusal that may speak of receipt or register is taken for the receipt's at its third time."""
    device = world.add_register()
    world.sell()
    world.turn(device)
    bad, good = world.sell(), world.sell()
    device.fault("refuse", str(0x18), times=3)
    for _ in range(4):
        world.forget_trouble()
        world.turn(device)
    assert world.state(bad).state == "refused"
    assert world.state(good).state in ("fiscalised", "confirmed")
    common_check(world)


def test_a_register_at_fault_keeps_its_receipts_waiting(world):
    """A worn-out storage is the register's trouble however often it is met: the receipt waits."""
    device = world.add_register()
    world.sell()
    world.turn(device)
    waiting = world.sell()
    device.fault("refuse", str(0x05), times=5)
    for _ in range(5):
        world.forget_trouble()
        world.turn(device)
    assert world.state(waiting).state == "accepted"
    world.forget_trouble()
    world.turn(device)
    assert world.state(waiting).state in ("fiscalised", "confirmed")
