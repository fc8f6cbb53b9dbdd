"""Ids of another organisation are answered exactly as unknown ones, and what is written under them changes nothing."""

from __future__ import annotations

import uuid

import pytest
from django.core.exceptions import ObjectDoesNotExist
from tests.support.guards import weakened
from tests.support.world import make_world

from openkassa.core.clock import now
from openkassa.core.tenancy import within
from openkassa.kassa.fiscalisation import reconcile, sql
from openkassa.kassa.receipts import callbacks, selectors, services
from openkassa.kassa.receipts.models import Callback
from openkassa.kassa.registers import selectors as register_selectors
from openkassa.kassa.registers import services as register_services
from openkassa.kassa.registers import sql as registers_sql
from openkassa.kassa.registers.leases import lease_claim


@pytest.fixture
def theirs(world):
    """Another organisation with a register, a receipt in each table that a receipt can be in, and a callback."""
    other = make_world(name="ООО «Другая»")
    device = other.add_register()
    with within(other.organisation_id):
        receipt = other.sell("order-1")
        other.turn(device)
        Callback.objects.create(
            organisation_id=other.organisation_id,
            receipt_id=receipt.receipt_id,
            event="fiscalised",
            url="https://shop.example",
            next_at=now(),
            give_up_at=now(),
            created_at=now(),
        )
    yield other, receipt, device
    other.close()


READS = {
    "receipt_status": lambda me, you, receipt, register: selectors.receipt_status(me, receipt),
    "receipt_by_external": lambda me, you, receipt, register: selectors.receipt_by_external(
        me, you.channel.channel_id, "order-1"
    ),
    "receipt_list": lambda me, you, receipt, register: selectors.receipt_list(me, channel_id=you.channel.channel_id),
    "receipt_draft": lambda me, you, receipt, register: selectors.receipt_draft(me, receipt),
    "receipt_events": lambda me, you, receipt, register: selectors.receipt_events(me, receipt),
    "receipt_callbacks": lambda me, you, receipt, register: selectors.receipt_callbacks(me, receipt),
    "register_health": lambda me, you, receipt, register: register_selectors.register_health(me, register),
    "register_documents": lambda me, you, receipt, register: register_selectors.register_documents(
        me, register, you.devices[0].fn
    ),
    "register_commands": lambda me, you, receipt, register: register_selectors.register_commands(me, register),
    "lease_claim": lambda me, you, receipt, register: lease_claim(
        organisation_id=me, register_id=register, holder="x", dead=[]
    ),
    "attempts_unresolved": lambda me, you, receipt, register: sql.attempts_unresolved(
        organisation_id=me, register_id=register
    ),
    "contacts_of_tasks": lambda me, you, receipt, register: sql.contacts_of_tasks(
        organisation_id=me, tasks=[attempt.id for attempt in you.attempts()]
    ),
    "differences": lambda me, you, receipt, register: reconcile.differences(me),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_a_read_answers_as_for_an_unknown_id(world, theirs, read):
    other, receipt, device = theirs
    unknown = read(world.organisation_id, other, uuid.uuid4(), uuid.uuid4())
    assert read(world.organisation_id, other, receipt.receipt_id, device.register.id) == unknown
    assert not unknown


def test_without_the_organisation_in_the_statement_it_is_read(world, theirs, monkeypatch):
    _, receipt, _ = theirs
    weakened(monkeypatch, selectors, "STATUS", ("WHERE r.organisation_id = %(organisation_id)s", "WHERE true"))
    assert selectors.receipt_status(world.organisation_id, receipt.receipt_id) is not None


WRITES = {
    "receipt_withdraw": lambda me, you, receipt, register: services.receipt_withdraw(
        organisation_id=me, receipt_id=receipt, reason="x"
    ),
    "callback_resend": lambda me, you, receipt, register: callbacks.callback_resend(
        organisation_id=me, callback_id=_callback(you)
    ),
    "command_request": lambda me, you, receipt, register: register_services.command_request(
        organisation_id=me, register_id=register, kind="close_shift"
    ),
    "register_stop": lambda me, you, receipt, register: register_services.register_stop(
        organisation_id=me, register_id=register
    ),
}


def _callback(you) -> uuid.UUID:
    with within(you.organisation_id):
        return Callback.objects.get().id


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_service_knows_no_such_thing(world, theirs, write):
    other, receipt, device = theirs
    with pytest.raises(ObjectDoesNotExist):
        write(world.organisation_id, other, receipt.receipt_id, device.register.id)


def test_statements_of_a_worker_touch_no_row_of_another_organisation(world, theirs):
    other, receipt, device = theirs
    waiting = other.sell("order-2")
    me, register = world.organisation_id, device.register.id
    tasks = [attempt.id for attempt in other.attempts()]
    fence = other.status(device).fence
    at = now()

    def everything() -> tuple:
        states = [(one.state, one.changed_at) for one in (other.state(receipt), other.state(waiting))]
        attempts = [(one.id, one.state, one.reason) for one in other.attempts()]
        return states, attempts, other.status(device).__dict__ | {"_state": None}

    before = everything()
    assert not sql.attempts_open(
        organisation_id=me,
        register_id=register,
        pool_id=other.pool.id,
        fn=device.fn,
        fence=fence,
        next_fd=4,
        limit=10,
        at=at,
    )
    sql.attempts_return(organisation_id=me, attempt_ids=tasks, reason="x", at=at)
    sql.attempts_doubt(organisation_id=me, attempt_ids=tasks, reason="x", at=at)
    assert not sql.attempt_refused(organisation_id=me, attempt_id=tasks[0], code="x", text="x", at=at)
    assert not sql.receipts_confirmed(organisation_id=me, answers=[(task, 0) for task in tasks], at=at)
    assert not registers_sql.lease_renew(organisation_id=me, register_id=register, fence=fence, until=at)
    assert not registers_sql.lease_release(
        organisation_id=me, register_id=register, fence=fence, clean=True, claimed_at=at, due_at=None, at=at
    )
    assert (
        registers_sql.documents_record(
            organisation_id=me,
            register_id=register,
            fn=device.fn,
            fence=fence,
            utc_offset=180,
            documents=other.driver(device).documents(from_fd=3),
            until=at,
        )
        is None
    )
    assert everything() == before
