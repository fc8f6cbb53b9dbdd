"""Open prepayments, and their offset with one button, or of a part."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.support.world import make_world
from tests.web.shop import member, staffed
from tests.web.test_correction import drafts, fields_of
from tests.web.test_pages import assert_page

from openkassa.fiscal.draft import Item

pytestmark = pytest.mark.django_db(transaction=True)
SOFA = Item(name="Диван", price=5000, quantity=Decimal(2), amount=10000, vat=12, method=1, kind=1)
ADVANCE = Item(name="Аванс", price=10000, quantity=Decimal(1), amount=10000, vat=12, method=3, kind=10)


@pytest.fixture
def device(world):
    return world.add_register()


@pytest.fixture
def manager(world, client):
    client.force_login(staffed(world, "manager@example.com", "manager").owner)
    return client


def prepaid(world, device, item=SOFA):
    accepted = world.sell("prepaid-1", items=(item,))
    world.turn(device)
    assert world.state(accepted).state == "fiscalised"
    return accepted


def address(accepted) -> str:
    return f"/receipts/{accepted.receipt_id}/offset"


def form(**changes) -> dict:
    return {
        "step": "preview", "cash": "", "electronic": "", "credit": "", "other": "", "line-TOTAL_FORMS": "2",
        "line-INITIAL_FORMS": "1", "line-0-name": "Диван", "line-0-price": "50,00", "line-0-quantity": "1",
        "line-0-rate": "11", "line-1-name": "", "line-1-price": "", "line-1-quantity": "", "line-1-rate": "11",
    } | changes  # fmt: skip


def test_the_list_shows_what_is_left(world, device, manager):
    assert "Открытых предоплат нет" in assert_page(manager.get("/prepayments"))
    first = prepaid(world, device)
    html = assert_page(manager.get("/prepayments"))
    assert address(first) in html and "100,00\N{NO-BREAK SPACE}₽" in html
    assert manager.get("/prepayments?after=x").status_code == 302


def test_everything_is_offset_with_one_button_once(world, device, manager):
    first = prepaid(world, device)
    html = assert_page(manager.get(address(first)))
    assert "Зачесть 100,00\N{NO-BREAK SPACE}₽" in html
    assert world.states() == {"fiscalised": 1}
    sent = fields_of(html) | {"step": "make"}
    made, again = (manager.post(address(first), sent) for _ in range(2))
    assert made.status_code == 302 and made.headers["Location"] == again.headers["Location"]
    offset = drafts(world)[-1]
    assert (offset.payments.prepaid, offset.items[0].vat, offset.items[0].method) == (10000, 11, 4)
    assert world.states() == {"fiscalised": 1, "accepted": 1}
    assert address(first) not in manager.get("/prepayments").content.decode()
    assert_page(manager.get(address(first)), 409)


def test_a_part_is_offset_and_the_rest_stays_open(world, device, manager):
    first = prepaid(world, device)
    assert 'value="Диван"' in assert_page(manager.get(address(first) + "?edit=1"))
    html = assert_page(manager.post(address(first), form()))
    assert "Зачесть 50,00\N{NO-BREAK SPACE}₽" in html
    manager.post(address(first), fields_of(html) | {"step": "make"})
    assert drafts(world)[-1].total == 5000
    assert "50,00\N{NO-BREAK SPACE}₽" in assert_page(manager.get("/prepayments"))


def test_an_advance_asks_for_the_goods(world, device, manager):
    first = prepaid(world, device, ADVANCE)
    assert "Передаваемые товары" in assert_page(manager.get(address(first)))
    goods = {"line-0-name": "Шкаф", "line-0-price": "150,00"}
    short = assert_page(manager.post(address(first), form(**goods)), 422)
    assert "осталось 100.00" in short
    html = assert_page(manager.post(address(first), form(**goods, cash="50,00")))
    manager.post(address(first), fields_of(html) | {"step": "make"})
    offset = drafts(world)[-1]
    assert (offset.payments.prepaid, offset.payments.cash, offset.items[0].kind) == (10000, 5000, 1)


@pytest.mark.parametrize(
    "changes",
    [{"cash": "сто"}, {"cash": "500,00"}, {"line-0-price": "x"}, {"line-0-name": ""}, {"line-0-price": "500,00"}],
)
def test_wrong_fields_are_shown_and_nothing_is_made(world, device, manager, changes):
    first = prepaid(world, device)
    for step in ("preview", "make"):
        sent = form(**changes, step=step, key="5b3f5b1e-8d3c-4b7e-9e0d-0c9c7c1d2e3f")
        assert_page(manager.post(address(first), sent), 422)
    assert world.states() == {"fiscalised": 1}


def test_a_form_without_its_key_makes_nothing(world, device, manager):
    first = prepaid(world, device)
    assert manager.post(address(first), {"step": "make", "key": "x"}).status_code == 302
    assert world.states() == {"fiscalised": 1}


def test_what_is_no_prepayment_is_not_offset(world, device, manager):
    sold = world.sell("order-1")
    assert_page(manager.get(address(sold)), 409)
    world.turn(device)
    assert_page(manager.get(address(sold)), 409)


def test_a_cashier_looks_and_a_stranger_does_not(world, device, client):
    first = prepaid(world, device)
    client.force_login(member(world, "cashier@example.com", "cashier"))
    assert "/offset" not in assert_page(client.get("/prepayments"))
    assert client.get(address(first)).status_code == 403
    other = staffed(make_world(name="ООО «Другой»"), "other@example.com")
    client.force_login(other.owner)
    assert client.get(address(first)).status_code == 404
    assert "prepaid-1" not in assert_page(client.get("/prepayments"))
