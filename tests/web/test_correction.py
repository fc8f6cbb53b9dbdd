"""A correction shows both documents before they are made, and they are made once."""

from __future__ import annotations

import re

import pytest
from tests.support.world import make_world
from tests.web.shop import member, staffed
from tests.web.test_pages import assert_page

from openkassa.core.tenancy import within
from openkassa.kassa.receipts.models import Receipt
from openkassa.kassa.receipts.selectors import receipt_draft

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sold(world):
    device = world.add_register()
    accepted = world.sell("order-1")
    world.turn(device)
    assert world.state(accepted).state == "fiscalised"
    return accepted


@pytest.fixture
def manager(world, client):
    client.force_login(staffed(world, "manager@example.com", "manager").owner)
    return client


def form(**changes) -> dict:
    """The form as the page fills it for a receipt of one line, with changes."""
    return {
        "step": "preview", "order": "", "taxation": "1", "cash": "0,00", "electronic": "100,00", "prepaid": "",
        "credit": "", "other": "", "line-TOTAL_FORMS": "2", "line-INITIAL_FORMS": "1", "line-0-name": "Хлеб",
        "line-0-price": "100,00", "line-0-quantity": "1", "line-0-rate": "11", "line-1-name": "", "line-1-price": "",
        "line-1-quantity": "", "line-1-rate": "1",
    } | changes  # fmt: skip


def fields_of(html: str) -> dict:
    """What the preview's form would send."""
    tags = re.findall(r"<input [^>]*type=\"hidden\"[^>]*>", html)
    found = {re.search(r'name="([^"]+)"', tag)[1]: re.search(r'value="([^"]*)"', tag) for tag in tags}
    return {name: value[1] if value else "" for name, value in found.items() if name != "csrfmiddlewaretoken"}


def address(accepted) -> str:
    return f"/receipts/{accepted.receipt_id}/correction"


def drafts(world) -> list:
    with within(world.organisation_id):
        ids = list(Receipt.objects.order_by("id").values_list("id", flat=True))
    return [receipt_draft(world.organisation_id, one) for one in ids]


def test_the_form_has_the_wrong_receipt_in_it(sold, manager):
    assert address(sold) in manager.get(f"/receipts/{sold.receipt_id}").content.decode()
    html = assert_page(manager.get(address(sold)))
    for value in ("Хлеб", "100,00"):
        assert f'value="{value}"' in html


def test_both_documents_are_shown_and_nothing_is_stored(world, sold, manager):
    html = assert_page(manager.post(address(sold), form(cash="100,00", electronic="")))
    assert "1. Коррекция возврата прихода" in html and "2. Коррекция прихода" in html
    assert html.count("100,00\N{NO-BREAK SPACE}₽") >= 8
    assert world.states() == {"fiscalised": 1}


def test_a_form_that_is_sent_twice_makes_one_pair(world, sold, manager):
    html = manager.post(address(sold), form(cash="100,00", electronic="", order="12-3/45")).content.decode()
    sent = fields_of(html) | {"step": "make"}
    first, second = (manager.post(address(sold), sent) for _ in range(2))
    assert first.status_code == 302, first.content.decode()
    assert first.headers["Location"] == second.headers["Location"]
    wrong, reversal, right = drafts(world)
    assert (reversal.operation, reversal.items, reversal.payments) == (2, wrong.items, wrong.payments)
    assert (right.operation, right.payments.cash, right.payments.electronic) == (1, 10000, 0)
    assert right.correction.by_order and right.correction.number == "12-3/45"
    world.drain()
    assert world.states() == {"fiscalised": 3}
    assert_page(manager.get(address(sold)), 409)


def test_lines_are_changed_added_and_left_out(world, sold, manager):
    changes = {"line-0-name": "", "line-1-name": "Булка", "line-1-price": "33,33", "line-1-quantity": "1,5"}
    html = assert_page(manager.post(address(sold), form(**changes, **{"line-1-rate": "2"})))
    manager.post(address(sold), fields_of(html) | {"step": "make"})
    (line,) = drafts(world)[-1].items
    assert (line.name, line.price, str(line.quantity), line.amount, line.vat) == ("Булка", 3333, "1.5", 5000, 2)
    assert drafts(world)[-1].payments.electronic == 5000  # paid as before, for the new total


def test_only_the_reversal_when_there_was_no_settlement(world, sold, manager):
    html = assert_page(manager.post(address(sold), form(only_reverse="on")))
    manager.post(address(sold), fields_of(html) | {"step": "make"})
    assert [draft.operation for draft in drafts(world)] == [1, 2]


def test_one_can_go_back_and_change_it(sold, manager):
    html = manager.post(address(sold), form(**{"line-0-name": "Батон"})).content.decode()
    again = assert_page(manager.post(address(sold), fields_of(html) | {"step": "edit"}))
    assert 'value="Батон"' in again


@pytest.mark.parametrize(
    "changes",
    [
        {"electronic": "сто"},
        {"electronic": "99,00"},
        {"electronic": "1" * 30},
        {"taxation": "32"},
        {"taxation": "x"},
        {"line-0-price": "-1"},
        {"line-0-quantity": "0"},
        {"line-0-quantity": "1e3"},
        {"line-0-quantity": "0.0000001"},
        {"line-0-rate": "13"},
        {"line-0-name": ""},
        {"line-0-name": "я" * 129},
        {"order": "x" * 33},
        {"line-TOTAL_FORMS": "x"},
        {"line-TOTAL_FORMS": "999999"},
    ],
)
def test_wrong_fields_are_shown_and_nothing_is_made(world, sold, manager, changes):
    for step in ("preview", "make"):
        response = manager.post(address(sold), form(**changes, step=step, key="5b3f5b1e-8d3c-4b7e-9e0d-0c9c7c1d2e3f"))
        html = assert_page(response, 422)
        assert "ui-error" in html or "ui-alert" in html or "ui-tone-bad" in html
    assert world.states() == {"fiscalised": 1}


def test_a_form_without_its_key_makes_nothing(world, sold, manager):
    response = manager.post(address(sold), form(step="make", key="x"))
    assert (response.status_code, response.headers["Location"]) == (302, address(sold))
    assert world.states() == {"fiscalised": 1}


def test_a_waiting_receipt_is_not_corrected(world, manager):
    waiting = world.sell("order-2")
    assert address(waiting) not in manager.get(f"/receipts/{waiting.receipt_id}").content.decode()
    assert_page(manager.get(address(waiting)), 409)


def test_a_cashier_and_a_stranger_do_not_correct(world, sold, client):
    client.force_login(member(world, "cashier@example.com", "cashier"))
    assert client.get(address(sold)).status_code == 403
    other = staffed(make_world(name="ООО «Другой»"), "other@example.com")
    client.force_login(other.owner)
    assert client.get(address(sold)).status_code == 404
