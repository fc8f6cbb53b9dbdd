"""A sale on its whole way: accepted, fiscalised by a device, confirmed by the operator."""

from __future__ import annotations

from tests.support.world import wait_for


def test_a_sale_becomes_a_confirmed_document(confirmed_world, check_all):
    device = confirmed_world.add_register()
    sold = confirmed_world.sell("order-1")
    assert not sold.repeat
    assert confirmed_world.turn(device) == 1
    state = confirmed_world.state(sold)
    assert state.state in ("fiscalised", "confirmed")
    assert state.fd == 3  # after the registration report and the opening of the shift

    def confirmed() -> bool:
        confirmed_world.turn(device)
        return confirmed_world.state(sold).state == "confirmed"

    wait_for(confirmed)
    assert confirmed_world.state(sold).acknowledgement == 0
    check_all(confirmed_world)


def test_a_batch_keeps_the_order_of_acceptance(confirmed_world, check_all):
    device = confirmed_world.add_register()
    sold = [confirmed_world.sell() for _ in range(120)]
    while confirmed_world.turn(device):
        pass
    numbers = [confirmed_world.state(one).fd for one in sold]
    assert numbers == list(range(3, 123))
    check_all(confirmed_world)
