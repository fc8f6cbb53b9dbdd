"""A register is lost for good with receipts in doubt: a person decides, and a comeback is compared, never silent."""

from __future__ import annotations

import uuid

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from tests.support.world import make_world

from openkassa.core.clock import now
from openkassa.core.tenancy import within
from openkassa.kassa.fiscalisation import recovery, sql
from openkassa.kassa.fiscalisation.decisions import (
    DecisionRefused,
    decide_made,
    decide_not_made,
    doubt_of,
    doubts_of_register,
    register_give_up,
)
from openkassa.kassa.fiscalisation.doubles import doubles_of
from openkassa.kassa.fiscalisation.models import Decision
from openkassa.kassa.receipts.models import Callback
from openkassa.kassa.registers import sql as registers_sql
from openkassa.kassa.registers.models import (
    CashRegister,
    DocumentContainer,
    FiscalDocument,
    RegisterEvent,
    RegisterStatus,
)

BY = uuid.UUID(int=7)


@pytest.fixture
def lost(world):
    """A register that made documents of two receipts and died before it answered; then it was given up."""
    device = world.add_register()
    world.sell("before")
    world.turn(device)
    sold = [world.sell(f"order-{number}", callback_url="https://shop.example/hook") for number in (1, 2)]
    device.fault("die_after_journal")
    world.turn(device)
    assert world.states() == {"fiscalised": 1, "in_doubt": 2}
    device.kill()
    world.forget_trouble()
    world.turn(device)  # nobody answers
    give_up(world, device)
    return device, sold


def give_up(world, device) -> None:
    register_give_up(organisation_id=world.organisation_id, register_id=device.register.id, reason="сгорела", by=BY)


def not_made(world, sold) -> None:
    key = {"organisation_id": world.organisation_id, "receipt_id": sold.receipt_id}
    decide_not_made(**key, reason="чека нет у покупателя", by=BY)


def made(world, sold, **changes) -> None:
    key = {"organisation_id": world.organisation_id, "receipt_id": sold.receipt_id}
    numbers = {"fd": 4, "fiscal_sign": 123456789, "local_time": int(now().timestamp()) + 180 * 60}
    decide_made(**key, reason="номера с бумаги", by=BY, **(numbers | changes))


def code_of(call) -> str:
    with pytest.raises(DecisionRefused) as error:
        call()
    return error.value.code


def events(world, device) -> list[str]:
    with within(world.organisation_id):
        found = RegisterEvent.objects.filter(register_id=device.register.id).order_by("id")
        return list(found.values_list("kind", flat=True))


def come_back(world, device) -> None:
    device.start()
    world.forget_trouble()
    world.turn(device)


def test_a_register_that_answers_is_not_given_up(world):
    device = world.add_register()
    assert code_of(lambda: give_up(world, device)) == "answers"
    device.kill()
    world.sell("order-1")
    world.turn(device)
    give_up(world, device)
    assert code_of(lambda: give_up(world, device)) == "wrong_state"


def test_what_is_on_its_way_there_is_in_doubt_from_then_on(world):
    """The worker has died too: its attempts are still open, and nobody else would ever ask."""
    device = world.add_register()
    sold = world.sell("order-1")
    sql.attempts_open(
        organisation_id=world.organisation_id,
        register_id=device.register.id,
        pool_id=world.pool.id,
        fn=device.fn,
        fence=world.status(device).fence,
        next_fd=2,
        limit=1,
        at=now(),
    )
    device.kill()
    world.turn(device)
    assert world.state(sold).state == "assigned"
    with within(world.organisation_id):
        RegisterStatus.objects.filter(register_id=device.register.id).update(problem="unreachable")
    give_up(world, device)
    assert world.state(sold).state == "in_doubt"
    (doubtful,) = doubts_of_register(world.organisation_id, device.register.id)
    assert doubtful.id == sold.receipt_id


def test_a_worker_that_still_held_it_writes_nothing_any_more(world, lost):
    device, _ = lost
    fence = world.status(device).fence
    key = {"organisation_id": world.organisation_id, "register_id": device.register.id}
    assert registers_sql.lease_renew(**key, fence=fence - 1, until=now()) is False
    assert registers_sql.lease_renew(**key, fence=fence, until=now()) is True


def test_only_receipts_in_doubt_of_a_lost_register_are_decided(world, lost):
    _, (first, second) = lost
    not_made(world, first)
    assert code_of(lambda: not_made(world, first)) == "not_in_doubt"
    other = world.add_register()
    world.turn(other)  # its shift is open, the first receipt is made
    doubtful = world.sell("order-3")
    other.fault("lose_answer", times=1)
    world.turn(other)
    assert world.state(doubtful).state == "in_doubt"
    assert code_of(lambda: not_made(world, doubtful)) == "not_lost"
    assert code_of(lambda: made(world, doubtful)) == "not_lost"
    assert doubt_of(world.organisation_id, second.receipt_id) is not None


def test_not_made_waits_for_another_register_and_is_made_there(world, lost):
    _, (first, _) = lost
    not_made(world, first)
    assert world.state(first).state == "accepted"
    other = world.add_register()
    world.turn(other)
    assert (world.state(first).state, world.state(first).fn) == ("fiscalised", other.fn)
    with within(world.organisation_id):
        (decision,) = Decision.objects.all()
    assert (decision.made, decision.decided_by, decision.receipt_id) == (False, BY, first.receipt_id)
    way = ["accepted", "assigned", "in_doubt", "accepted", "assigned", "fiscalised"]
    assert world.events(first) == way


def test_made_takes_the_numbers_of_the_paper_and_tells_the_shop(world, lost):
    device, (first, _) = lost
    made(world, first)
    state = world.state(first)
    assert (state.state, state.fn, state.fd) == ("fiscalised", device.fn, 4)
    with within(world.organisation_id):
        document = FiscalDocument.objects.get(id=state.document_id)
        assert Callback.objects.filter(receipt_id=first.receipt_id).count() == 1
    assert (document.fiscal_sign, document.total) == (123456789, 10000)


WRONG = [
    ({"fd": 3}, "fd"),
    ({"fd": 2**32}, "fd"),
    ({"fiscal_sign": 0}, "fiscal_sign"),
    ({"fiscal_sign": 2**32}, "fiscal_sign"),
    ({"local_time": 0}, "time"),
    ({"local_time": 4102444800}, "time"),
]


def test_numbers_that_can_not_be_its_document_are_refused(world, lost):
    _, (first, _) = lost
    for changes, code in WRONG:
        assert code_of(lambda changes=changes: made(world, first, **changes)) == code, changes
    assert world.state(first).state == "in_doubt"


def test_one_document_is_not_given_to_two_receipts(world, lost):
    _, (first, second) = lost
    made(world, first)
    assert code_of(lambda: made(world, second)) == "taken"
    made(world, second, fd=5)


def test_a_decision_needs_a_reason(world, lost):
    _, (first, _) = lost
    key = {"organisation_id": world.organisation_id, "receipt_id": first.receipt_id, "by": BY}
    for reason in ("", "  ", "x" * 501):
        assert code_of(lambda reason=reason: decide_not_made(**key, reason=reason)) == "reason"
    assert world.state(first).state == "in_doubt"


def test_a_lost_register_that_comes_back_shows_a_double_loudly(world, lost):
    device, (first, second) = lost
    not_made(world, first)
    other = world.add_register()
    world.turn(other)
    assert world.state(first).fn == other.fn
    come_back(world, device)
    (double,) = doubles_of(world.organisation_id)
    assert (double.receipt_id, double.fn, double.fd) == (first.receipt_id, device.fn, 4)
    assert doubles_of(world.organisation_id, receipt_id=first.receipt_id) == [double]
    assert doubles_of(world.organisation_id, receipt_id=second.receipt_id) == []
    assert world.state(first).fn == other.fn  # the receipt keeps the document that it has
    assert (world.state(second).state, world.state(second).fd) == ("fiscalised", 5)  # undecided: the journal decides
    assert events(world, device) == ["lost", "double_document", "came_back"]
    with within(world.organisation_id):
        assert FiscalDocument.objects.filter(fn=device.fn).count() == 5  # our copy has what the journal has
    world.sell("later")
    world.turn(device)
    with within(world.organisation_id):
        assert CashRegister.objects.get(id=device.register.id).state == "lost"
    assert world.states() == {"fiscalised": 3, "accepted": 1}  # a lost register makes nothing more


def test_without_the_comparison_the_double_has_no_name(world, lost, monkeypatch):
    device, (first, _) = lost
    not_made(world, first)
    world.turn(world.add_register())
    monkeypatch.setattr(recovery, "doubles_split", lambda turn, documents: (documents, []))
    with pytest.raises(DatabaseError):  # the database still refuses a second document of the receipt
        come_back(world, device)
    assert doubles_of(world.organisation_id) == []


def test_a_comeback_that_agrees_with_the_paper_brings_the_bytes(world, lost):
    device, (first, second) = lost
    device.start()
    (theirs,) = world.driver(device).documents(from_fd=4, limit=1)
    device.kill()
    made(world, first, fiscal_sign=theirs.fiscal_sign)
    come_back(world, device)
    assert doubles_of(world.organisation_id) == []
    with within(world.organisation_id):
        kept = DocumentContainer.objects.get(document_id=world.state(first).document_id)
    assert bytes(kept.container) == theirs.container
    assert world.state(second).fd == 5
    assert world.status(device).last_fd == 5


def test_a_comeback_that_contradicts_the_paper_is_trouble_with_a_name(world, lost):
    device, (first, _) = lost
    made(world, first, fiscal_sign=1)
    come_back(world, device)
    assert world.status(device).problem == "journal_other"


def test_a_document_under_another_number_than_the_entered_one_is_reported(world, lost):
    device, (first, _) = lost
    made(world, first, fd=900)
    come_back(world, device)
    (double,) = doubles_of(world.organisation_id)
    assert (double.receipt_id, double.fd) == (first.receipt_id, 4)
    assert world.state(first).fd == 900


def test_what_was_decided_is_not_made_later_either(world, lost, monkeypatch):
    """A message under the old fence may still be on its way when the register comes back: it is refused then."""
    device, (first, second) = lost
    old = world.attempts("doubt")[0].fence
    not_made(world, first)
    not_made(world, second)
    with monkeypatch.context() as patch:
        patch.setattr(recovery, "decided_attempts", lambda turn: [])
        come_back(world, device)
    assert world.driver(device).status().fence == old  # without the question it would still be made
    with within(world.organisation_id):
        RegisterStatus.objects.filter(register_id=device.register.id).update(clean=False)
    world.turn(device)
    assert world.driver(device).status().fence > old


def test_the_database_keeps_decisions_and_their_numbers(world, lost):
    _, (first, _) = lost
    not_made(world, first)
    with within(world.organisation_id):
        decision = Decision.objects.get()
        for change in (lambda: Decision.objects.update(made=True), lambda: Decision.objects.all().delete()):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()
        names = ("organisation_id", "receipt_id", "register_id", "fn", "decided_by", "decided_at")
        values = {name: getattr(decision, name) for name in names} | {"attempt_id": uuid.uuid4(), "reason": "x"}
        for wrong in (
            {"made": True},
            {"made": False, "fd": 1, "fiscal_sign": 1},
            {"made": False, "reason": ""},
            {"made": False, "attempt_id": decision.attempt_id},
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                Decision.objects.create(**(values | wrong))


def test_another_organisation_decides_nothing(world, lost):
    device, (first, _) = lost
    other = make_world(name="ООО «Другая»")
    assert doubt_of(other.organisation_id, first.receipt_id) is None
    key = {"organisation_id": other.organisation_id, "reason": "x", "by": BY}
    assert code_of(lambda: decide_not_made(**key, receipt_id=first.receipt_id)) == "not_in_doubt"
    with pytest.raises(CashRegister.DoesNotExist):
        register_give_up(**key, register_id=device.register.id)
    assert world.state(first).state == "in_doubt"
