"""The pages on which a register is given up as lost and its receipts in doubt are decided."""

from __future__ import annotations

import uuid

import pytest
from tests.support.world import make_world
from tests.web.shop import member, staffed
from tests.web.test_pages import assert_page

from openkassa.core.clock import now
from openkassa.core.tenancy import within
from openkassa.kassa.registers.models import CashRegister

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def doubtful(world):
    """A receipt whose register died before it answered, and answers no more."""
    device = world.add_register()
    world.sell("before")
    world.turn(device)
    sold = world.sell("order-1")
    device.fault("die_after_journal")
    world.turn(device)
    device.kill()
    world.forget_trouble()
    world.turn(device)
    assert world.state(sold).state == "in_doubt"
    return device, sold


@pytest.fixture
def owner(world, client):
    client.force_login(staffed(world, "owner@example.com").owner)
    client.cookies["kassa_language"] = "en"
    return client


def state(world, device) -> str:
    with within(world.organisation_id):
        return CashRegister.objects.get(id=device.register.id).state


def give_up(client, device):
    typed = device.serial[-4:]
    return client.post(f"/registers/{device.register.id}/lost", {"reason": "burnt", "typed": typed})


def test_a_register_is_given_up_and_its_receipt_decided(world, doubtful, owner):
    device, sold = doubtful
    page, decide = f"/registers/{device.register.id}/lost", f"/receipts/{sold.receipt_id}/doubt"
    assert page in assert_page(owner.get(f"/registers/{device.register.id}"))
    assert decide in assert_page(owner.get(f"/receipts/{sold.receipt_id}"))
    assert 'name="decision"' not in assert_page(owner.get(decide))  # not while the register may still answer
    assert give_up(owner, device).status_code == 302
    assert state(world, device) == "lost"
    assert decide in assert_page(owner.get(page))
    html = assert_page(owner.get(decide))
    assert 'name="decision"' in html and device.fn in html and "№ 4" in html
    answer = owner.post(decide, {"decision": "not_made", "reason": "the buyer has no paper", "typed": "100,00"})
    assert answer.status_code == 302
    assert world.state(sold).state == "accepted"
    html = assert_page(owner.get(f"/receipts/{sold.receipt_id}"))
    assert "the buyer has no paper" in html
    device.start()
    world.forget_trouble()
    world.turn(device)
    for address in (f"/receipts/{sold.receipt_id}", f"/registers/{device.register.id}"):
        assert "A document was made twice" in assert_page(owner.get(address))


def test_a_document_is_taken_by_its_numbers(world, doubtful, owner):
    device, sold = doubtful
    give_up(owner, device)
    time = f"{now():%Y-%m-%dT%H:%M}"
    values = {"decision": "made", "fd": "4", "fiscal_sign": "1234567890", "time": time, "reason": "x", "typed": "100"}
    assert owner.post(f"/receipts/{sold.receipt_id}/doubt", values).status_code == 302
    assert (world.state(sold).state, world.state(sold).fd) == ("fiscalised", 4)
    assert_page(owner.get(f"/receipts/{sold.receipt_id}"))


def test_what_is_typed_wrongly_is_named_and_changes_nothing(world, doubtful, owner):
    device, sold = doubtful
    page, decide = f"/registers/{device.register.id}/lost", f"/receipts/{sold.receipt_id}/doubt"
    for bad in ({"typed": "0000x"}, {"typed": device.serial}, {"reason": ""}, {"reason": "x" * 501}):
        values = {"reason": "burnt", "typed": device.serial[-4:], **bad}
        assert f'id="id_{next(iter(bad))}_error"' in assert_page(owner.post(page, values), 422)
    assert state(world, device) == "working"
    good = {"decision": "made", "fd": "4", "fiscal_sign": "9", "time": f"{now():%Y-%m-%dT%H:%M}", "reason": "x"}
    assert_page(owner.post(decide, {**good, "typed": "100"}), 422)  # not lost yet
    give_up(owner, device)
    for bad in (
        {"typed": "1000"},
        {"typed": "сто"},
        {"typed": "NaN"},
        {"typed": "1e400000000"},
        {"decision": ""},
        {"decision": "maybe"},
        {"fd": ""},
        {"fd": "3"},
        {"fd": "99999999999999999999"},
        {"fiscal_sign": "-1"},
        {"time": ""},
        {"time": "0001-01-01T00:00"},
        {"time": "9999-12-31T23:59"},
        {"time": "yesterday"},
        {"reason": " "},
    ):
        html = assert_page(owner.post(decide, {**good, "typed": "100", **bad}), 422)
        assert f'id="id_{next(iter(bad))}_error"' in html, bad
    assert world.state(sold).state == "in_doubt"


def test_a_register_that_answers_can_not_be_given_up_here(world, owner):
    device = world.add_register()
    assert 'name="typed"' not in assert_page(owner.get(f"/registers/{device.register.id}/lost"))
    assert_page(give_up(owner, device), 422)
    assert state(world, device) == "working"


def test_others_decide_nothing(world, doubtful, client):
    device, sold = doubtful
    pages = [f"/registers/{device.register.id}/lost", f"/receipts/{sold.receipt_id}/doubt"]
    client.force_login(member(world, "cashier@example.com", "cashier"))
    assert {client.get(page).status_code for page in pages} == {403}
    assert {client.post(page, {}).status_code for page in pages} == {403}
    assert "/doubt" not in client.get(f"/receipts/{sold.receipt_id}").content.decode()
    client.force_login(staffed(make_world(name="ООО «Другая»"), "stranger@example.com").owner)
    pages.append(f"/receipts/{uuid.uuid4()}/doubt")
    assert {client.get(page).status_code for page in pages} == {404}
    assert {client.post(page, {}).status_code for page in pages} == {404}
    assert state(world, device) == "working"
