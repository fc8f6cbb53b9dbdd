"""A refund shows its effect before it is made, and is made once."""

from __future__ import annotations

import re

import pytest
from tests.web.shop import member, staffed
from tests.web.test_pages import assert_page

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


def key_in(html: str) -> str:
    return re.search(r'name="key" value="([^"]+)"', html)[1]


def test_the_page_names_the_sum_and_stores_nothing(world, sold, manager):
    before = world.states()
    html = assert_page(manager.get(f"/receipts/{sold.receipt_id}/refund"))
    assert "100,00\N{NO-BREAK SPACE}₽" in html
    assert world.states() == before


def test_a_form_that_is_sent_twice_makes_one_refund(world, sold, manager):
    address = f"/receipts/{sold.receipt_id}/refund"
    key = key_in(manager.get(address).content.decode())
    first, second = (manager.post(address, {"key": key}) for _ in range(2))
    assert first.status_code == 302
    assert first.headers["Location"] == second.headers["Location"]
    assert world.states() == {"fiscalised": 1, "accepted": 1}
    assert first.headers["Location"] in assert_page(manager.get(f"/receipts/{sold.receipt_id}"))


def test_what_was_refunded_is_not_refunded_again(world, sold, manager):
    address = f"/receipts/{sold.receipt_id}/refund"
    manager.post(address, {"key": key_in(manager.get(address).content.decode())})
    assert_page(manager.get(address), 409)
    assert_page(manager.post(address, {"key": "5b3f5b1e-8d3c-4b7e-9e0d-0c9c7c1d2e3f"}), 409)
    assert world.states()["accepted"] == 1


def test_a_waiting_receipt_is_not_refunded(world, manager):
    waiting = world.sell("order-2")
    assert "/refund" not in manager.get(f"/receipts/{waiting.receipt_id}").content.decode()
    assert_page(manager.get(f"/receipts/{waiting.receipt_id}/refund"), 409)


def test_a_form_without_its_key_makes_nothing(world, sold, manager):
    response = manager.post(f"/receipts/{sold.receipt_id}/refund", {"key": "x"})
    assert response.status_code == 302
    assert world.states() == {"fiscalised": 1}


def test_a_cashier_does_not_refund_here(world, sold, client):
    client.force_login(member(world, "cashier@example.com", "cashier"))
    assert client.get(f"/receipts/{sold.receipt_id}/refund").status_code == 403
    assert "/refund" not in client.get(f"/receipts/{sold.receipt_id}").content.decode()
