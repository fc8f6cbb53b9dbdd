"""A register that nobody asks for by a new sale is found again: after a killed worker, and for a late command."""

from __future__ import annotations

import datetime as dt
import uuid

from tests.support.children import Child, turn_killed_at, turn_stopped_at
from tests.support.common_check import common_check
from tests.support.world import Device, World, wait_for

from openkassa.core.clock import now
from openkassa.core.tenancy import within
from openkassa.kassa.fiscalisation.sql import registers_with_work
from openkassa.kassa.registers.leases import TERM
from openkassa.kassa.registers.models import RegisterCommand
from openkassa.kassa.registers.services import command_request

SOON = dt.timedelta(minutes=1)


def _idle(world: World) -> Device:
    """A register with an open shift, all of whose documents the operator has answered."""
    device = world.add_register()
    world.sell()
    world.confirm()
    assert not _found(device, now() + SOON), "nothing is due before the shift gets long"
    return device


def _found(device: Device, at: dt.datetime, dead: tuple[str, ...] = ()) -> bool:
    """Whether a worker would look at the register at this moment."""
    return _id(device) in [one[1] for one in registers_with_work(at=at, dead=list(dead))]


def _id(device: Device) -> uuid.UUID:
    assert device.register is not None
    return device.register.id


def test_a_killed_workers_register_is_found_though_no_other_receipt_comes(confirmed_world):
    device = _idle(confirmed_world)
    sold = confirmed_world.sell()
    assert turn_killed_at(confirmed_world, device, "attempt_committed").wait() == -9
    assert confirmed_world.state(sold).state == "assigned"
    assert not _found(device, now()), "its lease is not over"
    assert _found(device, now() + TERM)
    assert _found(device, now(), dead=("killed",)), "a holder that is known to be gone is not waited for"
    wait_for(lambda: confirmed_world.turn(device, dead=["killed"]) or confirmed_world.state(sold).state != "assigned")
    confirmed_world.confirm()
    common_check(confirmed_world)


def test_a_command_that_comes_during_a_turn_is_carried_out_after_it(confirmed_world):
    device = _idle(confirmed_world)
    confirmed_world.sell()
    worker: Child = turn_stopped_at(confirmed_world, device, "attempt_committed")
    worker.wait_stopped()
    command_request(organisation_id=confirmed_world.organisation_id, register_id=_id(device), kind="close_shift")
    worker.go_on()
    assert worker.wait() == 0
    assert _found(device, now())
    confirmed_world.turn(device)
    with within(confirmed_world.organisation_id):
        assert RegisterCommand.objects.get(kind="close_shift").state == "done"
    common_check(confirmed_world)
