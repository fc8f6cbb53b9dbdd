"""Our database is restored to an older point while the devices are ahead: nothing is made twice."""

from __future__ import annotations

import pytest
from tests.support.children import turn_killed_at
from tests.support.common_check import common_check
from tests.support.older_point import OlderPoint
from tests.support.world import Device, wait_for

from openkassa.fiscal import driver
from openkassa.kassa.fiscalisation import reconcile, recovery
from openkassa.kassa.fiscalisation.reconcile import MISSING, NO_RECEIPT, adopt, differences
from openkassa.kassa.registers.drivers.emulator import EmulatorDriver


def _kinds(world) -> list[str]:
    return [difference.kind for difference in differences(world.organisation_id)]


def _restored(world, superuser) -> Device:
    """Three waiting sales, two of them alike, and a later one are made; then the database goes back."""
    device = world.add_register()
    world.sell("before")
    world.turn(device)
    for key in ("alike 1", "alike 2"):
        world.sell(key)
    world.sell("another", operation=2)
    point = OlderPoint(superuser)
    world.turn(device)
    world.sell("lost")
    world.turn(device)
    assert world.states() == {"fiscalised": 5}
    point.restore()
    assert world.states() == {"fiscalised": 1, "accepted": 3}
    return device


def test_a_worker_adopts_what_the_device_has_and_makes_nothing_twice(world, superuser):
    device = _restored(world, superuser)
    assert _kinds(world) == [MISSING] * 4
    last = world.driver(device).status().last_fd
    world.drain()
    assert world.states() == {"fiscalised": 4}
    assert world.driver(device).status().last_fd == last, "no document was made"
    lost = [found for found in differences(world.organisation_id) if found.kind == NO_RECEIPT]
    assert [(found.fd, found.total) for found in lost] == [(7, 10000)]
    assert _kinds(world) == [NO_RECEIPT]
    common_check(world, strangers=1)


def test_without_the_expected_number_they_are_made_twice(world, superuser, monkeypatch):
    _restored(world, superuser)

    def under_the_next_number(self, tasks, *, expected_fd, fence):
        status = self.status()
        verb = driver.Execute(serial=self.serial, fence=status.fence, expected_fd=status.last_fd + 1, tasks=list(tasks))
        return self._connection.ask(verb, driver.Executed).results

    monkeypatch.setattr(EmulatorDriver, "execute", under_the_next_number)
    with pytest.raises(AssertionError):
        world.drain(turns=5)
        common_check(world, strangers=1)


def test_a_fence_that_was_restored_too_goes_over_the_devices(world, superuser):
    """Otherwise each claim would come one nearer, and the register stand still for as many turns as were lost."""
    device = _restored(world, superuser)
    world.driver(device).find_task("ab" * 16, fence=1000)
    world.drain(turns=3)
    assert world.status(device).fence > 1000
    common_check(world, strangers=1)


def test_without_the_comparison_of_contents_they_are_made_twice(world, superuser, monkeypatch):
    device = _restored(world, superuser)
    last = world.driver(device).status().last_fd
    monkeypatch.setattr(recovery, "receipts_match", lambda **keys: [])
    world.drain()
    assert world.driver(device).status().last_fd == last + 3
    with pytest.raises(AssertionError):
        common_check(world, strangers=1)


def test_adopted_documents_are_confirmed_and_told_as_any_other(confirmed_world, check_all, superuser):
    world = confirmed_world
    device = world.add_register()
    world.sell("before")
    world.confirm()
    sold = world.sell("waits")
    point = OlderPoint(superuser)
    world.confirm()
    point.restore()
    assert world.driver(device).status().acknowledged_fd > world.status(device).last_fd
    world.confirm()
    assert world.events(sold)[-2:] == ["fiscalised", "confirmed"]
    check_all(world)


@pytest.mark.parametrize("turned", [False, True], ids=["in order", "turned round"])
def test_a_receipt_that_moved_is_found_in_the_journal_of_the_other_register(world, superuser, monkeypatch, turned):
    """In the restored database the receipt is still with the first register; the second has made it."""
    first, second = _moved(world, superuser)
    real = reconcile._registers
    order = (lambda organisation_id: real(organisation_id)[::-1]) if turned else real
    monkeypatch.setattr(reconcile, "_registers", order)
    assert adopt(world.organisation_id) == []
    assert world.states() == {"fiscalised": 2}
    world.drain(first, second)
    common_check(world)


def test_without_the_second_look_the_moved_receipt_is_made_twice(world, superuser, monkeypatch):
    first, second = _moved(world, superuser)
    real = reconcile._registers
    monkeypatch.setattr(reconcile, "_registers", lambda organisation_id: real(organisation_id)[::-1])
    monkeypatch.setattr(reconcile, "_match_what_is_left", lambda turn: None)
    adopt(world.organisation_id)
    world.drain(first, second)
    with pytest.raises(AssertionError):
        common_check(world)


def _moved(world, superuser) -> tuple[Device, Device]:
    first, second = world.add_register(), world.add_register()
    world.sell()
    world.turn(first)
    sold = world.sell()
    assert turn_killed_at(world, first, "attempt_committed").wait() == -9
    point = OlderPoint(superuser)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("openkassa.kassa.fiscalisation.turn._work", lambda turn: 0)
        world.turn(first, dead=["killed"])
    assert world.turn(second) == 1
    assert world.state(sold).register_id == second.register.id
    point.restore()
    superuser.execute("UPDATE kassa_registers_registerstatus SET holder = '', lease_until = NULL")
    return first, second


def test_acknowledgements_of_documents_that_we_lack_wait_for_their_documents(confirmed_world, superuser, monkeypatch):
    """They are given back only as far as our copy reaches; without that the adopted would never be confirmed."""
    world = confirmed_world
    device = world.add_register()
    world.sell()
    world.turn(device)
    point = OlderPoint(superuser)
    world.sell()
    world.confirm()
    point.restore()
    wait_for(lambda: world.driver(device).status().acknowledged_fd == 4)
    world.forget_trouble()
    world.turn(device)
    assert world.status(device).acknowledged_fd <= world.status(device).last_fd


def test_a_device_whose_journal_is_behind_ours_is_not_used(world, superuser):
    device = world.add_register()
    world.sell()
    world.turn(device)
    superuser.execute("UPDATE kassa_registers_registerstatus SET last_fd = last_fd + 1")
    sold = world.sell()
    for _ in range(2):
        world.forget_trouble()
        world.turn(device)
    assert world.status(device).problem == "journal_behind"
    assert world.state(sold).state == "accepted"


def test_differences_name_what_differs(world, superuser):
    device = world.add_register()
    sold = world.sell()
    world.turn(device)
    assert differences(world.organisation_id) == []
    with superuser.transaction():
        superuser.execute("SET LOCAL session_replication_role = replica")
        superuser.execute("UPDATE kassa_registers_fiscaldocument SET total = total + 1 WHERE fd = 3")
        superuser.execute("DELETE FROM kassa_registers_fiscaldocument WHERE fd = 2")
        superuser.execute("UPDATE kassa_receipts_receiptstate SET document_id = receipt_id")
    found = differences(world.organisation_id)
    assert [(one.kind, one.fd) for one in found] == [("missing", 2), ("other", 3), ("no_document", 3)]
    assert found[-1].receipt_id == sold.receipt_id
    device.kill()
    assert "silent" in _kinds(world)


def test_adoption_waits_for_nobody_and_names_a_silent_register(world):
    device = world.add_register()
    device.kill()
    assert [found.kind for found in adopt(world.organisation_id)] == ["silent"]
    assert world.status(device).problem == "unreachable"
