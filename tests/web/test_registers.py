"""What a person can ask of a register on its page, and what the page then says."""

from __future__ import annotations

import uuid

import pytest
from tests.support.guards import weakened
from tests.support.world import make_world
from tests.web.shop import member, staffed
from tests.web.test_pages import assert_page

from openkassa.kassa.registers import sql
from openkassa.kassa.registers.models import CommandKind
from openkassa.kassa.registers.selectors import register_commands, register_documents
from openkassa.kassa.registers.services import command_request, register_stop

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def device(world):
    return world.add_register()


@pytest.fixture
def shop(world):
    return staffed(world, "manager@example.com", "manager")


@pytest.fixture
def manager(client, shop):
    client.force_login(shop.owner)
    client.cookies["kassa_language"] = "en"
    return client


def ask(client, device, kind: str):
    return client.post(f"/registers/{device.register.id}/commands", {"kind": kind})


def commands(world, device) -> list[tuple[str, str]]:
    """Newest first, without the registration."""
    found = register_commands(world.organisation_id, device.register.id)
    return [(one.kind, one.state) for one in found if one.kind != CommandKind.REGISTER]


def test_shift_and_report_are_made_by_hand_and_the_page_follows(world, device, shop, manager):
    live = f"/registers/{device.register.id}/live"
    for kind, form in (("open_shift", 2), ("settlements", 21), ("close_shift", 5)):
        assert ask(manager, device, kind).status_code == 302
        html = assert_page(manager.get(f"/registers/{device.register.id}"))
        assert f'hx-get="{live}"' in html  # it asks until the register has answered
        world.turn(device)
        html = assert_page(manager.get(live))
        assert "hx-get" not in html
        (document,) = register_documents(world.organisation_id, device.register.id, device.fn, limit=1)
        assert document.form == form
        assert f"№ {document.fd}" in html
        assert commands(world, device)[0] == (kind, "done")
    asked = register_commands(world.organisation_id, device.register.id)
    assert {one.requested_by for one in asked[:3]} == {shop.owner.id}


def test_the_page_offers_what_the_shift_allows(world, device, manager):
    address = f"/registers/{device.register.id}"
    assert 'value="open_shift"' in manager.get(address).content.decode()
    ask(manager, device, "open_shift")
    world.turn(device)
    html = manager.get(address).content.decode()
    assert 'value="close_shift"' in html and 'value="open_shift"' not in html


def test_a_refused_command_says_why(world, device, manager):
    ask(manager, device, "close_shift")  # there is none
    world.turn(device)
    html = assert_page(manager.get(f"/registers/{device.register.id}"))
    assert commands(world, device) == [("close_shift", "failed")]
    assert "not done" in html


def test_the_same_asked_twice_is_done_once(world, device, manager):
    for _ in range(2):
        ask(manager, device, "settlements")
    assert commands(world, device) == [("settlements", "waiting")]
    world.turn(device)
    ask(manager, device, "settlements")
    assert commands(world, device) == [("settlements", "waiting"), ("settlements", "done")]


def test_a_command_that_did_not_reach_the_register_is_done_when_it_is_back(world, device, manager):
    device.kill()
    ask(manager, device, "settlements")
    world.turn(device)
    assert commands(world, device) == [("settlements", "sent")]
    device.start()
    world.forget_trouble()
    world.turn(device)
    assert commands(world, device) == [("settlements", "done")]


def test_a_claim_that_forgets_commands_on_their_way_leaves_them_waiting(world, device, manager, monkeypatch):
    weakened(monkeypatch, sql, "CLAIM", ("c.state IN ('waiting', 'sent')", "c.state = 'waiting'"))
    device.kill()
    ask(manager, device, "settlements")
    world.turn(device)
    device.start()
    world.forget_trouble()
    world.turn(device)
    assert commands(world, device) == [("settlements", "waiting")]


def test_a_register_that_does_not_work_takes_no_commands(world, device, manager):
    register_stop(organisation_id=world.organisation_id, register_id=device.register.id)
    assert "/commands" not in manager.get(f"/registers/{device.register.id}").content.decode()
    ask(manager, device, "settlements")
    assert commands(world, device) == []


def test_only_what_the_page_offers_can_be_asked(world, device, manager):
    for kind in ("close_storage", "register", "", "x"):
        ask(manager, device, kind)
    assert commands(world, device) == []


def test_a_foreign_register_takes_no_commands_from_us(world, device, manager):
    other = make_world(name="ООО «Другая»")
    theirs = other.add_register(start=False)
    for register_id in (theirs.register.id, uuid.uuid4()):
        assert manager.post(f"/registers/{register_id}/commands", {"kind": "settlements"}).status_code == 404
        assert manager.get(f"/registers/{register_id}/live").status_code == 404
    assert commands(other, theirs) == []
    command_request(organisation_id=world.organisation_id, register_id=device.register.id, kind="settlements")
    assert commands(world, device) == [("settlements", "waiting")]


def test_a_cashier_and_a_stranger_ask_nothing_of_a_register(world, device, client):
    assert ask(client, device, "settlements").status_code == 302
    client.force_login(member(world, "cashier@example.com", "cashier"))
    assert ask(client, device, "settlements").status_code == 403
    assert commands(world, device) == []


def test_a_storage_is_replaced_on_its_page(confirmed_world, client):
    from tests.support.world import wait_for

    world, device = confirmed_world, confirmed_world.add_register()
    client.force_login(staffed(world, "owner@example.com").owner)
    client.cookies["kassa_language"] = "en"
    old, fn = device.fn, "9999" + "7" * 12
    page = f"/registers/{device.register.id}/storage"
    assert 'name="fn"' not in assert_page(client.get(page))
    assert_page(client.post(page, {"fn": fn}), 422)  # the old one first
    assert client.post(f"{page}/close").status_code == 302
    assert f'hx-get="{page}/live"' in assert_page(client.get(page))

    def ready() -> bool:
        world.turn(device)
        return 'name="fn"' in assert_page(client.get(f"{page}/live"))

    wait_for(ready)
    html = assert_page(client.post(page, {"fn": old}), 422)
    assert 'id="id_fn_error"' in html and f'value="{old}"' in html
    assert client.post(page, {"fn": fn}).status_code == 302
    world.turn(device)
    html = assert_page(client.get(f"/registers/{device.register.id}"))
    assert fn in html and f"?fn={old}" in html
    assert "storage closing" not in html
    html = assert_page(client.get(f"/registers/{device.register.id}?fn={old}"))
    assert "storage closing" in html  # its documents stay readable
    assert_page(client.get(f"/registers/{device.register.id}?fn=0000000000000000"))


def test_others_do_not_touch_the_storage(world, device, client):
    page = f"/registers/{device.register.id}/storage"
    calls = [("get", page, None), ("post", page, {"fn": "9999000000000001"}), ("post", f"{page}/close", {})]
    client.force_login(member(world, "cashier@example.com", "cashier"))
    assert {getattr(client, method)(address, data).status_code for method, address, data in calls} == {403}
    stranger = staffed(make_world(name="ООО «Другая»"), "stranger@example.com")
    client.force_login(stranger.owner)
    assert {getattr(client, method)(address, data).status_code for method, address, data in calls} == {404}
    assert commands(world, device) == []
