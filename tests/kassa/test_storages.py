"""A storage is replaced when the old one is closed and delivered: by commands, through a real device and operator."""

from __future__ import annotations

import uuid

import pytest
from django.db import IntegrityError
from tests.support.guards import weakened
from tests.support.world import make_world, wait_for

from openkassa.core.clock import now
from openkassa.core.tenancy import within
from openkassa.fiscal.driver import Acknowledgement
from openkassa.kassa.fiscalisation import sql as fiscalisation_sql
from openkassa.kassa.fiscalisation import storages
from openkassa.kassa.fiscalisation.storages import (
    StorageRefused,
    storage_close_request,
    storage_replace_request,
    storages_of,
)
from openkassa.kassa.registers import sql
from openkassa.kassa.registers.models import CashRegister, RegisterEvent
from openkassa.kassa.registers.selectors import register_commands, register_documents


def new_fn() -> str:
    return f"9999{uuid.uuid4().int % 10**12:012d}"


def ids(world, device) -> dict:
    return {"organisation_id": world.organisation_id, "register_id": device.register.id}


def register(world, device) -> CashRegister:
    with within(world.organisation_id):
        return CashRegister.objects.get(id=device.register.id)


def close(world, device) -> None:
    """Closed, and everything delivered."""
    storage_close_request(**ids(world, device))

    def delivered() -> bool:
        world.turn(device)
        status = world.status(device)
        return register(world, device).state == "closed" and status.acknowledged_fd == status.last_fd

    wait_for(delivered)


def refused(call) -> str:
    with pytest.raises(StorageRefused) as error:
        call()
    return error.value.code


def test_a_storage_is_replaced_and_sales_go_on(confirmed_world, check_all):
    world, device = confirmed_world, confirmed_world.add_register(pace=50.0)
    first = world.sell("before")
    world.turn(device)
    close(world, device)
    old, fn = device.fn, new_fn()
    waiting = world.sell("meanwhile")
    world.turn(device)
    assert world.state(waiting).state == "accepted"  # the closed one makes nothing
    storage_replace_request(**ids(world, device), fn=fn, requested_by=uuid.UUID(int=7))
    world.turn(device)
    device.fn = fn
    found = register(world, device)
    assert (found.fn, found.state) == (fn, "working")
    assert world.driver(device).status().documents_per_second == 50  # a new storage makes no register faster
    world.confirm()
    organisation_id, register_id = ids(world, device).values()
    forms = [document.form for document in register_documents(organisation_id, register_id, fn)]
    assert forms == [3, 2, 11]
    assert [document.form for document in register_documents(organisation_id, register_id, old)] == [6, 5, 3, 2, 1]
    assert (world.state(first).fn, world.state(waiting).fn) == (old, fn)
    assert storages_of(organisation_id, register_id) == [old]
    with within(organisation_id):
        events = {event.kind: event.data for event in RegisterEvent.objects.filter(register_id=register_id)}
    assert events["storage_closed"] == {"fn": old, "fd": 5}
    assert events["storage_replaced"] == {"fn": old, "documents": 5, "new_fn": fn, "by": str(uuid.UUID(int=7))}
    check_all(world)


def test_the_report_names_the_reason(confirmed_world):
    from openkassa.fiscal.wire.container import Container

    world, device = confirmed_world, confirmed_world.add_register()
    close(world, device)
    fn = new_fn()
    storage_replace_request(**ids(world, device), fn=fn)
    world.turn(device)
    (report,) = world.driver(device).documents(from_fd=1)
    assert report.form == 11
    assert (1205).to_bytes(2, "little") + b"\x04\x00\x01\x00\x00\x00" in Container.parse(report.container).document


def test_a_storage_is_not_replaced_while_the_operator_lacks_documents(world):
    device = world.add_register()  # of a world without an operator
    storage_close_request(**ids(world, device))
    world.turn(device)
    assert register(world, device).state == "closed"
    assert refused(lambda: storage_replace_request(**ids(world, device), fn=new_fn())) == "undelivered"


def test_the_statement_itself_keeps_undelivered_documents(world, monkeypatch):
    """Were it asked for all the same, the counters stay; without the condition they would be thrown away."""
    device = world.add_register()
    status = world.status(device)
    assert status.last_fd > status.acknowledged_fd
    assert sql.storage_reset(**ids(world, device), fence=status.fence) is False
    assert world.status(device).last_fd == status.last_fd
    weakened(monkeypatch, sql, "RESET_STORAGE", ("AND acknowledged_fd = last_fd", ""))
    assert sql.storage_reset(**ids(world, device), fence=status.fence) is True


def test_a_storage_is_neither_closed_nor_replaced_while_a_receipt_is_in_doubt(world):
    device = world.add_register()
    world.sell("order-1")
    world.turn(device)  # the shift is open now
    world.sell("order-2")
    device.fault("lose_answer", times=1)
    world.turn(device)
    assert world.states() == {"fiscalised": 1, "in_doubt": 1}
    assert refused(lambda: storage_close_request(**ids(world, device))) == "in_doubt"
    world.drain(device)
    storage_close_request(**ids(world, device))


def test_a_working_storage_is_not_replaced_and_a_closed_one_not_closed_again(confirmed_world):
    world, device = confirmed_world, confirmed_world.add_register()
    assert refused(lambda: storage_replace_request(**ids(world, device), fn=new_fn())) == "not_closed"
    close(world, device)
    assert refused(lambda: storage_close_request(**ids(world, device))) == "wrong_state"


def test_numbers_that_can_not_be_a_new_storage_are_refused(confirmed_world):
    world, device, other = confirmed_world, confirmed_world.add_register(), confirmed_world.add_register()
    close(world, device)
    for fn, code in (
        ("", "fn_wrong"),
        ("999900000000000", "fn_wrong"),
        ("99990000000000001", "fn_wrong"),
        ("٩٩٩٩٠٠٠٠٠٠٠٠٠٠٠١", "fn_wrong"),
        ("999900000000000x", "fn_wrong"),
        (device.fn, "fn_used"),
        (other.fn, "fn_used"),
    ):
        assert refused(lambda fn=fn: storage_replace_request(**ids(world, device), fn=fn)) == code, fn


def test_a_storage_that_the_device_does_not_take_is_named_and_another_may_follow(confirmed_world):
    world, device = confirmed_world, confirmed_world.add_register()
    close(world, device)
    storage_replace_request(**ids(world, device), fn="7380440700076549")  # not an emulated one
    world.turn(device)
    (command, *_) = register_commands(*ids(world, device).values())
    assert (command.kind, command.state) == ("replace_storage", "failed")
    assert "7380440700076549" in command.error
    assert register(world, device).fn == device.fn
    fn = new_fn()
    storage_replace_request(**ids(world, device), fn=fn)
    world.turn(device)
    assert register(world, device).fn == fn


def test_a_storage_that_was_put_in_while_we_were_not_told_is_taken_over(confirmed_world, check_all):
    """The worker dies between the device's answer and its own commit."""
    from openkassa.kassa.registers.drivers.emulator import DeviceConnection, add_register
    from openkassa.kassa.registers.provision import device_secret

    world, device = confirmed_world, confirmed_world.add_register()
    close(world, device)
    fn = new_fn()
    storage_replace_request(**ids(world, device), fn=fn)
    add_register(DeviceConnection(device.listen, device_secret()), device.serial, fn)
    _leave_in_doubt(world, device)
    world.turn(device)
    device.fn = fn
    assert (register(world, device).fn, register(world, device).state) == (fn, "working")
    world.sell("after")
    world.confirm()
    check_all(world)


def test_a_storage_that_nobody_asked_for_stops_the_register(confirmed_world, monkeypatch):
    from openkassa.kassa.registers.drivers.emulator import DeviceConnection, add_register
    from openkassa.kassa.registers.provision import device_secret

    world, device = confirmed_world, confirmed_world.add_register()
    close(world, device)
    storage_replace_request(**ids(world, device), fn=new_fn())
    add_register(DeviceConnection(device.listen, device_secret()), device.serial, new_fn())
    _leave_in_doubt(world, device)
    world.turn(device)
    assert world.status(device).problem == "other_storage"
    assert register(world, device).fn == device.fn


def test_the_database_lets_a_storage_change_only_from_closed_to_new(world):
    device = world.add_register(start=False)
    with within(world.organisation_id):
        mine = CashRegister.objects.filter(id=device.register.id)
        for change in ({"fn": new_fn()}, {"fn": new_fn(), "state": "working"}):
            with pytest.raises(IntegrityError):
                mine.update(**change)
        mine.update(state="closed")
        for change in ({"fn": new_fn()}, {"state": "new"}, {"state": "working"}):
            with pytest.raises(IntegrityError):
                mine.update(**change)
        mine.update(fn=new_fn(), state="new")


def test_an_answer_for_the_old_storage_that_comes_late_moves_nothing(world, monkeypatch):
    """A worker that was paused between the operator's answer and its commit, while the storage was replaced."""
    device = world.add_register()
    status = world.status(device)
    late = Acknowledgement(fd=900, code=0, at=int(now().timestamp()), container=b"")

    def record() -> int:
        fiscalisation_sql.acknowledgements_store(
            **ids(world, device), fn=device.fn, fence=status.fence - 1, acknowledgements=[late], at=now()
        )
        return world.status(device).acknowledged_fd

    assert record() == 0
    weakened(
        monkeypatch,
        fiscalisation_sql,
        "ACKNOWLEDGED",
        ("AND register_id = %(register_id)s AND fence = %(fence)s", "AND register_id = %(register_id)s"),
    )
    assert record() == 900


def test_a_worker_that_remembers_the_old_storage_looks_again(confirmed_world, monkeypatch):
    """Settings are remembered for seconds; a claim says which storage they have to speak of."""
    from openkassa.kassa.fiscalisation import turn

    world, device = confirmed_world, confirmed_world.add_register()
    close(world, device)
    remembered = register(world, device)
    storage_replace_request(**ids(world, device), fn=new_fn())
    world.turn(device)
    device.fn = register(world, device).fn
    monkeypatch.setitem(turn._registers, device.register.id, (float("inf"), remembered))
    sold = world.sell("after")
    world.turn(device)
    assert world.state(sold).fn == device.fn


def test_a_foreign_register_is_neither_closed_nor_given_a_storage(world):
    other = make_world(name="ООО «Другая»")
    theirs = other.add_register(start=False)
    mine = {"organisation_id": world.organisation_id, "register_id": theirs.register.id}
    with pytest.raises(CashRegister.DoesNotExist):
        storage_close_request(**mine)
    with pytest.raises(CashRegister.DoesNotExist):
        storage_replace_request(**mine, fn=new_fn())
    assert storages.storages_of(world.organisation_id, theirs.register.id) == []


def _leave_in_doubt(world, device) -> None:
    from openkassa.kassa.registers.models import RegisterStatus

    with within(world.organisation_id):
        RegisterStatus.objects.filter(register_id=device.register.id).update(clean=False)
