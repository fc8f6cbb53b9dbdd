"""A receipt is taken back while a worker takes it: withdrawn without a document, or a document, never both."""

from __future__ import annotations

import threading

import pytest
from django.db import connection
from tests.support.children import turn_stopped_at
from tests.support.common_check import common_check
from tests.support.guards import weakened, without_triggers

from openkassa.core.tenancy import within
from openkassa.kassa.fiscalisation import sql
from openkassa.kassa.receipts.models import Channel
from openkassa.kassa.receipts.services import NotWaiting, receipt_withdraw, receipts_expire


def _withdraw(world, accepted) -> bool:
    try:
        receipt_withdraw(organisation_id=world.organisation_id, receipt_id=accepted.receipt_id, reason="передумали")
    except NotWaiting:
        return False
    return True


def test_withdrawals_race_a_worker(world):
    device = world.add_register()
    world.sell()
    world.turn(device)
    sold = [world.sell() for _ in range(60)]
    taken_back = []

    def withdraw() -> None:
        taken_back.extend(one for one in reversed(sold) if _withdraw(world, one))
        connection.close()

    thread = threading.Thread(target=withdraw)
    thread.start()
    while thread.is_alive():
        world.turn(device)
    thread.join()
    world.drain()
    for one in sold:
        assert world.state(one).state == ("withdrawn" if one in taken_back else "fiscalised")
    common_check(world)


def test_a_receipt_that_a_register_has_is_not_taken_back(world):
    device = world.add_register()
    world.sell()
    world.turn(device)
    sold = world.sell()
    worker = turn_stopped_at(world, device, "attempt_committed")
    worker.wait_stopped()
    assert not _withdraw(world, sold)
    worker.go_on()
    assert worker.wait() == 0
    assert world.state(sold).state == "fiscalised"
    common_check(world)


def test_without_the_state_a_withdrawn_receipt_is_made(world, monkeypatch, superuser):
    weakened(monkeypatch, sql, "OPEN_ATTEMPTS", (" AND state = 'accepted'\n", " AND document_id IS NULL\n"))
    with without_triggers(superuser, "kassa_receipts_receiptstate"):
        device = world.add_register()
        world.sell()
        world.turn(device)
        sold = world.sell()
        assert _withdraw(world, sold)
        world.turn(device)
        assert world.driver(device).status().last_fd == 4, "the buyer was told that there is no document"


@pytest.fixture
def hurried(world):
    """Receipts of the channel wait at most a minute."""
    with within(world.organisation_id):
        Channel.objects.update(expire_after=60)
    return world


def test_a_receipt_that_waits_too_long_is_withdrawn_and_never_made(hurried, travel):
    device = hurried.add_register()
    late = hurried.sell()
    assert receipts_expire() == 0
    travel(61)
    intime = hurried.sell()
    assert receipts_expire() == 1
    hurried.drain()
    assert (hurried.state(late).state, hurried.state(late).error_code) == ("withdrawn", "expired")
    assert hurried.events(late) == ["accepted", "withdrawn"]
    assert hurried.state(intime).state == "fiscalised"
    assert device.register is not None
    common_check(hurried)


def test_a_receipt_in_doubt_does_not_expire(hurried, travel):
    device = hurried.add_register()
    hurried.sell()
    hurried.turn(device)
    doubtful = hurried.sell()
    device.fault("lose_answer", times=1)
    hurried.turn(device)
    travel(3600)
    assert receipts_expire() == 0
    hurried.drain()
    assert hurried.state(doubtful).state == "fiscalised"
    common_check(hurried)
