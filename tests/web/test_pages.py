"""Every page of the merchant side answers, in each language, to those who may see it and to nobody else."""

from __future__ import annotations

import re
import uuid

import pytest
from tests.web.shop import make_shop, member

PAGES = ("/receipts", "/registers", "/connect", "/profile")
OWNERS_ALONE = ("/registers", "/connect", "/receipts.xlsx")


def assert_page(response, status: int = 200) -> str:
    assert response.status_code == status
    html = response.content.decode()
    assert "<c-" not in html  # a component that was not found is printed as a plain tag
    assert "{{" not in html and "{%" not in html
    assert not re.search(r"\sstyle=|<style|<script(?! (defer )?src=)|\son\w+=", html)  # what the CSP would refuse
    return html


@pytest.mark.parametrize("language", ["ru", "ky", "en"])
@pytest.mark.parametrize("address", PAGES)
def test_a_page_of_an_empty_organisation_answers(owner, address, language):
    owner.cookies["kassa_language"] = language
    html = assert_page(owner.get(address))
    assert f'<html lang="{language}">' in html


@pytest.mark.parametrize("address", ["/", "/login"])
def test_a_public_page_needs_no_sign_in(db, client, address):
    assert_page(client.get(address))


@pytest.mark.parametrize("address", [*PAGES, "/receipts.xlsx"])
def test_a_stranger_is_sent_to_sign_in_and_comes_back(db, client, address):
    response = client.get(address)
    assert response.status_code == 302
    assert response.headers["Location"] == f"/login?next={address}"


@pytest.mark.parametrize("address", OWNERS_ALONE)
def test_a_cashier_does_not_see_what_is_the_owners(client, shop, address):
    client.force_login(member(shop.world, "cashier@example.com", "cashier"))
    assert_page(client.get(address), 403)
    assert_page(client.get("/receipts"))


def test_a_person_without_an_organisation_is_told_so(db, client):
    from openkassa.kassa.people.services import user_create

    client.force_login(user_create(display_name="Никто", identifier="nobody@example.com", password="long enough 1"))
    assert_page(client.get("/receipts"), 403)


def test_an_unknown_page_answers_in_the_style(db, client):
    assert "404" in assert_page(client.get("/no/such/page"), 404)


def test_another_organisations_receipt_is_as_unknown(owner, shop):
    other = make_shop("ООО «Другое»", "other@example.com")
    theirs = other.world.sell("theirs")
    mine = shop.world.sell("mine")
    assert_page(owner.get(f"/receipts/{mine.receipt_id}"))
    for receipt_id in (theirs.receipt_id, uuid.uuid4()):
        assert owner.get(f"/receipts/{receipt_id}").status_code == 404
        assert owner.get(f"/receipts/{receipt_id}/live").status_code == 404
    assert "theirs" not in owner.get("/receipts").content.decode()


def test_a_foreign_register_is_unknown(owner):
    other = make_shop("ООО «Другое»", "other@example.com")
    device = other.world.add_register(start=False)
    assert owner.get(f"/registers/{device.register.id}").status_code == 404


def test_someone_in_two_organisations_switches(owner, shop):
    from openkassa.kassa.people.services import membership_create

    second = make_shop("АО «Второе»", "second@example.com")
    second.world.sell("second-1")
    membership_create(organisation_id=second.organisation_id, user_id=shop.owner.id, role="cashier")
    owner.post("/organisation", {"organisation": str(second.organisation_id)})
    assert "second-1" in assert_page(owner.get("/receipts"))
    assert owner.get("/registers").status_code == 403  # a cashier there, though an owner here
    stranger = make_shop("ООО «Чужое»", "stranger@example.com")
    owner.post("/organisation", {"organisation": str(stranger.organisation_id)})
    assert "second-1" in assert_page(owner.get("/receipts"))
