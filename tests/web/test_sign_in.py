"""Signing in: identifiers in any spelling, wrong pairs told apart from nothing, guessing slowed down."""

from __future__ import annotations

import pytest
from tests.web.shop import PASSWORD
from tests.web.test_pages import assert_page


def sign_in(client, identifier: str, password: str = PASSWORD, **more):
    return client.post("/login", {"identifier": identifier, "password": password, **more})


@pytest.mark.parametrize("identifier", ["owner@example.com", " OWNER@example.com "])
def test_the_right_pair_opens_the_cabinet(client, shop, identifier):
    response = sign_in(client, identifier)
    assert response.status_code == 302
    assert response.headers["Location"] == "/receipts"
    assert_page(client.get("/receipts"))


def test_a_phone_signs_in_in_any_spelling(client, shop):
    from openkassa.kassa.people.services import user_create

    user_create(display_name="Кассир", identifier="+79161234567", password=PASSWORD)
    assert sign_in(client, "8 (916) 123-45-67").status_code == 302


@pytest.mark.parametrize(
    ("identifier", "password"),
    [("owner@example.com", "not-this-one"), ("nobody@example.com", PASSWORD), ("nobody", "not-this-one")],
)
def test_a_wrong_pair_is_told_next_to_the_field_and_keeps_the_identifier(client, shop, identifier, password):
    html = assert_page(sign_in(client, identifier, password), 422)
    assert f'value="{identifier}"' in html
    assert 'aria-invalid="true"' in html
    assert password not in html


def test_a_wrong_password_and_an_unknown_person_read_the_same(client, shop):
    texts = {
        str(sign_in(client, who, "wrong").context["form"].errors) for who in ("owner@example.com", "no@example.com")
    }
    assert len(texts) == 1


def test_the_eleventh_attempt_waits_even_with_the_right_password(client, shop):
    for _ in range(10):
        assert sign_in(client, "owner@example.com", "wrong").status_code == 422
    response = sign_in(client, "owner@example.com")
    assert_page(response, 429)
    assert client.get("/receipts").status_code == 302


@pytest.mark.slow
def test_a_success_forgives_the_failures_before_it(client, shop):
    for _ in range(9):
        sign_in(client, "owner@example.com", "wrong")
    assert sign_in(client, "owner@example.com").status_code == 302
    client.post("/logout")
    for _ in range(9):
        assert sign_in(client, "owner@example.com", "wrong").status_code == 422


@pytest.mark.slow
def test_the_next_window_starts_anew(client, shop, monkeypatch):
    from openkassa.core import sign_in as module
    from openkassa.core.clock import now

    for _ in range(11):
        response = sign_in(client, "owner@example.com", "wrong")
    assert response.status_code == 429
    monkeypatch.setattr(module, "now", lambda: now() + module.WINDOW)
    assert sign_in(client, "owner@example.com").status_code == 302


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "javascript:alert(1)", "0"])
def test_signing_in_leads_to_our_own_pages_only(client, shop, target):
    assert sign_in(client, "owner@example.com", next=target).headers["Location"] == "/receipts"
    assert client.get("/login", {"next": target}).headers["Location"] == "/receipts", "signed in already"
    client.post("/logout")
    assert sign_in(client, "owner@example.com", next="/registers").headers["Location"] == "/registers"


def test_signing_out_ends_the_session(owner):
    assert owner.get("/logout").status_code == 405
    owner.post("/logout")
    assert owner.get("/receipts").status_code == 302


def test_a_form_from_elsewhere_is_refused_in_the_style(shop):
    from django.test import Client

    response = sign_in(Client(enforce_csrf_checks=True), "owner@example.com")
    assert_page(response, 403)


def test_the_language_of_a_person_comes_with_them(client, shop):
    shop.owner.language = "ky"
    shop.owner.save(update_fields=["language"])
    sign_in(client, "owner@example.com")
    assert '<html lang="ky">' in client.get("/receipts").content.decode()


def test_the_profile_changes_name_and_language(owner, shop):
    response = owner.post("/profile", {"display_name": "Новое имя", "language": "ky"}, follow=True)
    html = assert_page(response)
    assert "Новое имя" in html and '<html lang="ky">' in html
    html = assert_page(owner.post("/profile", {"display_name": "", "language": "xx"}), 422)
    assert "ui-error" in html


@pytest.mark.parametrize(
    ("forwarded", "remote", "expected"),
    [
        ("", "203.0.113.9", "203.0.113.9"),
        ("198.51.100.7", "203.0.113.9", "203.0.113.9"),  # a stranger's header is not believed
        ("198.51.100.7", "10.0.0.2", "198.51.100.7"),
        ("1.2.3.4, 198.51.100.7, 10.0.0.3", "10.0.0.2", "198.51.100.7"),
        ("198.51.100.7, unknown", "10.0.0.2", "10.0.0.2"),  # a proxy that does not say
    ],
)
def test_the_address_of_a_visitor_is_the_nearest_that_is_not_our_proxy(monkeypatch, rf, forwarded, remote, expected):
    import dataclasses
    import ipaddress

    from openkassa.core import sign_in as module
    from openkassa.core.settings import settings

    ours = dataclasses.replace(settings(), trusted_proxies=(ipaddress.ip_network("10.0.0.0/8"),))
    monkeypatch.setattr(module, "settings", lambda: ours)
    headers = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    assert module.client_address(rf.get("/", REMOTE_ADDR=remote, **headers)) == expected
