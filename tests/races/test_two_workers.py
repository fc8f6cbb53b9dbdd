"""Two workers at one register: what the one that was paused past its lease does late changes nothing."""

from __future__ import annotations

import contextlib

import pytest
from django.db import IntegrityError
from tests.support.children import Child, turn_stopped_at
from tests.support.common_check import common_check
from tests.support.guards import weakened, without_index, without_triggers
from tests.support.world import World

from openkassa.core.tenancy import within
from openkassa.fiscal import driver
from openkassa.fiscal.fn.errors import ErrorCode
from openkassa.kassa.fiscalisation import sql
from openkassa.kassa.receipts.models import ReceiptEvent, ReceiptState
from openkassa.kassa.registers import sql as registers_sql
from openkassa.kassa.registers.drivers.emulator import EmulatorDriver
from openkassa.kassa.registers.leases import TERM

PAST_THE_LEASE = TERM.total_seconds() + 5


def _paused(world: World, point: str):
    """A worker stops at a point with five receipts in hand, and its lease runs out."""
    device = world.add_register()
    world.sell()
    world.turn(device)
    sold = [world.sell() for _ in range(5)]
    worker = turn_stopped_at(world, device, point)
    worker.wait_stopped()
    return device, sold, worker


@pytest.mark.parametrize("point", ["attempt_committed", "device_answered"])
def test_a_late_message_and_a_late_commit_change_nothing(world, travel, point):
    device, sold, worker = _paused(world, point)
    travel(PAST_THE_LEASE)
    world.drain(device)
    before = _everything(world)
    assert [world.state(one).state for one in sold] == ["fiscalised"] * 5
    worker.go_on()
    assert worker.wait() == 0
    assert _everything(world) == before
    common_check(world)


def test_a_worker_paused_before_it_sent_is_refused_by_a_device_that_was_restarted(world, travel):
    """Its receipts have gone to another register meanwhile, so the number that it expects is still the next one."""
    device, _, worker = _paused(world, "attempt_committed")
    other = world.add_register()
    travel(PAST_THE_LEASE)
    _ask_only(world, device)
    world.drain(other)
    device.restart()
    before = world.driver(device).status().last_fd
    worker.go_on()
    assert worker.wait() == 0
    assert world.driver(device).status().last_fd == before
    world.drain()
    common_check(world)


def test_a_transaction_under_way_keeps_the_register(world, travel):
    """Paused inside its transaction a worker holds the row: the other takes nothing until it is over."""
    device, sold, worker = _paused(world, "before_commit")
    travel(PAST_THE_LEASE)
    assert world.turn(device) == 0
    worker.go_on()
    assert worker.wait() == 0
    assert [world.state(one).state for one in sold] == ["fiscalised"] * 5
    common_check(world)


def test_without_fence_and_number_the_late_message_makes_the_documents_again(world, travel, monkeypatch):
    def without_guards(self, tasks, *, expected_fd, fence):
        status = self.status()
        verb = driver.Execute(serial=self.serial, fence=status.fence, expected_fd=status.last_fd + 1, tasks=list(tasks))
        return self._connection.ask(verb, driver.Executed).results

    monkeypatch.setattr(EmulatorDriver, "execute", without_guards)
    device, _, worker = _paused(world, "attempt_committed")
    travel(PAST_THE_LEASE)
    world.drain(device)
    worker.go_on()
    worker.wait()
    with pytest.raises(AssertionError):
        common_check(world)


def test_without_fence_and_indexes_the_late_commit_doubles_our_copy(world, travel, monkeypatch, superuser):
    fence = (" AND fence = %(fence)s\n        AND last_fd = %(first_fd)s - 1", "")
    weakened(monkeypatch, registers_sql, "RECORD_DOCUMENTS", fence)
    with without_index(superuser, "document_number_once", "document_task_once"):
        device, _, worker = _paused(world, "device_answered")
        travel(PAST_THE_LEASE)
        world.drain(device)
        worker.go_on()
        worker.wait()
        with pytest.raises(AssertionError):
            common_check(world)


def test_a_refusal_written_late_does_not_end_a_receipt_that_another_attempt_has(world, travel):
    device, other, sold, worker = _refused_and_paused(world, travel)
    worker.go_on()
    assert worker.wait() == 0
    world.drain(device, other)
    assert world.state(sold).state == "fiscalised"
    common_check(world)


def test_without_its_state_the_late_refusal_ends_the_receipt(world, travel, monkeypatch):
    weakened(monkeypatch, sql, "REFUSED", (" AND state IN ('open', 'doubt')\n    RETURNING", "\n    RETURNING"))
    _, _, sold, worker = _refused_and_paused(world, travel)
    worker.go_on()
    assert worker.wait() == 0
    assert world.state(sold).state == "refused", "while its second attempt is under way"
    assert len(world.attempts("open")) == 1


def _refused_and_paused(world: World, travel):
    """A worker hears that a receipt is refused and stops; meanwhile the receipt is under way at another register."""
    device, other = world.add_register(), world.add_register()
    world.sell()
    world.turn(device)
    sold = world.sell()
    device.fault("refuse", str(int(ErrorCode.WRONG_PARAMETERS)), times=1)
    worker = turn_stopped_at(world, device, "device_answered")
    worker.wait_stopped()
    travel(PAST_THE_LEASE)
    _ask_only(world, device)
    assert world.state(sold).state == "accepted"
    other_worker = turn_stopped_at(world, other, "attempt_committed")
    other_worker.wait_stopped()
    other_worker.kill()
    travel(PAST_THE_LEASE)
    return device, other, sold, worker


def _ask_only(world: World, device) -> None:
    """A turn that recovers and takes no receipts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("openkassa.kassa.fiscalisation.turn._work", lambda turn: 0)
        world.turn(device)


def test_two_registers_never_take_the_same_receipt(world):
    first, second = world.add_register(), world.add_register()
    for _ in range(150):
        world.sell()
    workers = [Child(lambda device=device: world.drain(device)) for device in (first, second)]
    assert [worker.wait() for worker in workers] == [0, 0]
    assert world.states() == {"fiscalised": 150}
    common_check(world)


def test_without_locks_and_index_two_registers_take_the_same_receipt(world, monkeypatch, superuser):
    """The race is held open by a sleep between choosing and taking."""
    weakened(
        monkeypatch,
        sql,
        "OPEN_ATTEMPTS",
        (" FOR UPDATE SKIP LOCKED", ""),
        ("), moved AS (", "), slept AS (\n    SELECT pg_sleep(0.5)\n), moved AS ("),
        ("    FROM picked WHERE", "    FROM picked CROSS JOIN slept WHERE"),
    )
    with without_index(superuser, "attempt_one_live"), without_triggers(superuser, "kassa_receipts_receiptstate"):
        first, second = world.add_register(), world.add_register()
        for _ in range(5):
            world.sell()
        workers = [Child(lambda device=device: world.turn(device)) for device in (first, second)]
        assert [worker.wait() for worker in workers] == [0, 0]
        with pytest.raises(AssertionError):
            common_check(world)


def test_a_receipt_in_doubt_can_not_be_given_away_by_hand(world, superuser):
    """Somebody puts a receipt in doubt back into the queue: its living attempt keeps it from a second register."""
    _, second = _doubtful_and_put_back(world)
    with pytest.raises(IntegrityError, match="attempt_one_live"):
        world.turn(second)
    assert world.status(second).problem == "fault", "and it is seen"
    assert world.driver(second).status().last_fd == 1 + 1, "registration and shift, no receipt"


def test_without_the_index_it_becomes_two_documents(world, superuser):
    with without_index(superuser, "attempt_one_live"):
        first, second = _doubtful_and_put_back(world)
        world.turn(second)
        with contextlib.suppress(IntegrityError):
            world.drain(first)  # finds the first document: the receipt has two
        with pytest.raises(AssertionError):
            common_check(world)


def _doubtful_and_put_back(world: World):
    first, second = world.add_register(), world.add_register()
    world.sell()
    world.turn(first)
    world.sell()
    first.fault("lose_answer", times=1)
    world.turn(first)
    assert world.states() == {"fiscalised": 1, "in_doubt": 1}
    with within(world.organisation_id):
        ReceiptState.objects.filter(state="in_doubt").update(state="accepted")
    return first, second


def _everything(world: World) -> tuple:
    with within(world.organisation_id):
        events = list(ReceiptEvent.objects.order_by("id").values_list("id", flat=True))
    attempts = [(one.id, one.state, one.fd, one.reason) for one in world.attempts()]
    devices = [world.driver(device).status().last_fd for device in world.devices]
    statuses = [(world.status(device).fence, world.status(device).last_fd) for device in world.devices]
    return world.states(), events, attempts, devices, statuses
