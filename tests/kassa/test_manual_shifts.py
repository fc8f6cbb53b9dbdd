"""Where shifts are opened by hand, receipts wait at a closed one until somebody opens it."""

from __future__ import annotations

from openkassa.kassa.registers.models import CommandKind
from openkassa.kassa.registers.services import command_request, pool_set_shifts


def set_shifts(world, *, automatic: bool) -> None:
    pool_set_shifts(organisation_id=world.organisation_id, pool_id=world.pool.id, automatic=automatic)


def test_a_receipt_waits_until_the_shift_is_opened_by_hand(world):
    device = world.add_register()
    set_shifts(world, automatic=False)
    sold = world.sell()
    assert world.turn(device) == 0
    assert world.state(sold).state == "accepted"
    status = world.status(device)
    assert (status.problem, status.shift_open) == ("shift_closed", False)
    command_request(organisation_id=world.organisation_id, register_id=device.register.id, kind=CommandKind.OPEN_SHIFT)
    assert world.turn(device) == 1
    assert world.state(sold).state in ("fiscalised", "confirmed")
    status = world.status(device)
    assert (status.problem, status.shift_open) == ("", True)


def test_the_waiting_go_on_when_shifts_are_automatic_again(world):
    """The control of the test above too: nothing but the mode keeps the receipt."""
    device = world.add_register()
    set_shifts(world, automatic=False)
    sold = world.sell()
    assert world.turn(device) == 0
    set_shifts(world, automatic=True)
    assert world.turn(device) == 1
    assert world.state(sold).state in ("fiscalised", "confirmed")


def test_without_receipts_a_closed_shift_is_no_trouble(world):
    device = world.add_register()
    set_shifts(world, automatic=False)
    world.turn(device)
    assert world.status(device).problem == ""
