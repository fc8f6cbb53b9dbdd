"""Channels and their keys are made, changed and revoked on pages: by those who may, and for their own alone."""

from __future__ import annotations

import re
import uuid

import pytest
from tests.api.orangedata.calls import private_pem, public_pem
from tests.web.shop import make_shop, member
from tests.web.test_pages import assert_page

from openkassa.core.tenancy import within
from openkassa.kassa.receipts.channels import (
    channel_by_key,
    channel_by_login,
    channel_by_name,
    channel_key_create,
    forget_channels,
)
from openkassa.kassa.receipts.models import Channel, ChannelKey, ChannelKeyEvent, ChannelKind
from openkassa.kassa.receipts.public_keys import read_public_key
from openkassa.web.channel_forms import CREDENTIALS, credential_of

PUBLIC_PEM, PRIVATE_PEM = public_pem(), private_pem()


def new_channel(client, world, **changes) -> uuid.UUID:
    values = {"kind": "atol", "name": "Сайт", "pool_id": str(world.pool.id), "code": "", **changes}
    response = client.post("/connect/new", values)
    assert response.status_code == 302, response.content.decode()
    return uuid.UUID(response.headers["Location"].rsplit("/", 1)[1])


def key_in(html: str) -> str:
    return re.search(r'name="key" value="([^"]+)"', html)[1]


def parts_in(html: str) -> list[str]:
    """Values of the card that shows a new key."""
    card = html.split("web-state ui-tone-good", 1)[1].split("</section>", 1)[0]
    return re.findall(r'data-text="([^"]*)"', card)


def make_key(client, channel_id) -> list[str]:
    address = f"/connect/{channel_id}"
    html = client.get(address).content.decode()
    given = {"key": key_in(html)} | ({"public_key": PUBLIC_PEM} if 'name="public_key"' in html else {})
    return parts_in(assert_page(client.post(f"{address}/keys", given)))


def channel(shop, channel_id) -> Channel:
    with within(shop.organisation_id):
        return Channel.objects.get(id=channel_id)


def test_a_new_channel_of_each_kind_gets_a_key_that_opens_it(owner, shop):
    for kind, _ in ChannelKind.choices:
        made = new_channel(owner, shop.world, kind=kind)
        parts = make_key(owner, made)
        if credential_of(kind).public:
            assert parts[0] == channel(shop, made).code
            opened = channel_by_name(kind, parts[1])
            assert opened is not None and opened.signing == read_public_key(PUBLIC_PEM)
        elif credential_of(kind).login:
            *code, login, secret = parts
            assert code == ([channel(shop, made).code] if credential_of(kind).code else [])
            opened = channel_by_login(kind, login, secret)
        else:
            opened = channel_by_key(kind, parts[0])
        assert opened is not None and opened.channel_id == made


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("", "Обязательное поле"),
        ("nothing", "не открытый ключ"),
        (PRIVATE_PEM, "закрытый ключ"),
        ("<RSAKeyValue><Modulus>AQAB</Modulus></RSAKeyValue>", "не открытый ключ"),
    ],
)
def test_a_public_key_that_is_none_is_refused_and_makes_no_credential(owner, shop, given, text):
    made = new_channel(owner, shop.world, kind="orangedata")
    address = f"/connect/{made}"
    key = key_in(owner.get(address).content.decode())
    response = owner.post(f"{address}/keys", {"key": key, "public_key": given})
    assert response.status_code == 422
    assert text in response.content.decode()
    assert not ChannelKey.objects.filter(channel_id=made).exists()


def test_a_kind_that_the_table_does_not_know_has_code_login_and_password(monkeypatch):
    monkeypatch.delitem(CREDENTIALS, ChannelKind.V1)
    parts = credential_of("v1")
    assert parts.code and parts.new_login() and len(parts.new_secret()) >= 22


def test_the_secret_is_shown_once_and_not_kept(owner, shop):
    made = new_channel(owner, shop.world)
    _, login, secret = make_key(owner, made)
    html = assert_page(owner.get(f"/connect/{made}"))
    assert secret not in html and login in html and secret[-4:] in html
    key = ChannelKey.objects.get(lookup=login)
    assert secret.encode() not in bytes(key.secret_digest)
    assert not ChannelKeyEvent.objects.filter(pgh_obj_id=key.id, hint=secret).exists()


def test_the_page_with_a_secret_is_not_kept_by_the_browser(owner, shop):
    made = new_channel(owner, shop.world)
    key = key_in(owner.get(f"/connect/{made}").content.decode())
    response = owner.post(f"/connect/{made}/keys", {"key": key})
    assert "no-store" in response.headers["Cache-Control"]


def test_a_form_sent_twice_makes_one_key(owner, shop):
    made = new_channel(owner, shop.world)
    key = key_in(owner.get(f"/connect/{made}").content.decode())
    assert owner.post(f"/connect/{made}/keys", {"key": key}).status_code == 200
    assert owner.post(f"/connect/{made}/keys", {"key": key}).status_code == 302
    assert owner.post(f"/connect/{made}/keys", {"key": "x"}).status_code == 302
    assert ChannelKey.objects.filter(channel_id=made).count() == 1
    owner.post(f"/connect/{made}/keys", {"key": str(uuid.uuid4())})  # another form makes another
    assert ChannelKey.objects.filter(channel_id=made).count() == 2


def test_a_revoked_key_opens_nothing_and_the_others_go_on(owner, shop):
    made = new_channel(owner, shop.world, kind="v1")
    (first,), (second,) = make_key(owner, made), make_key(owner, made)
    key = ChannelKey.objects.get(hint=first[-4:], channel_id=made)
    assert channel_by_key("v1", first) is not None
    assert owner.post(f"/connect/{made}/keys/{key.id}/revoke").status_code == 302
    assert channel_by_key("v1", first) is None
    assert channel_by_key("v1", second) is not None
    key.refresh_from_db()
    once = key.revoked_at
    owner.post(f"/connect/{made}/keys/{key.id}/revoke")
    key.refresh_from_db()
    assert key.revoked_at == once


def test_the_question_before_revoking_names_the_last_key(owner, shop):
    made = new_channel(owner, shop.world)
    make_key(owner, made)
    owner.cookies["kassa_language"] = "en"
    assert "It is the only key" in owner.get(f"/connect/{made}").content.decode()
    make_key(owner, made)
    assert "It is the only key" not in owner.get(f"/connect/{made}").content.decode()


def test_history_says_who_made_and_who_revoked_a_key(owner, shop):
    made = new_channel(owner, shop.world)
    make_key(owner, made)
    key = ChannelKey.objects.get(channel_id=made)
    owner.post(f"/connect/{made}/keys/{key.id}/revoke")
    told = list(key.events.order_by("pgh_id").values_list("pgh_label", "revoked_at", "pgh_context__metadata"))
    assert [label for label, _, _ in told] == ["insert", "update"]
    assert told[0][1] is None and told[1][1] is not None
    assert [context["user"] for _, _, context in told] == [str(shop.owner.id)] * 2


def test_the_last_use_of_a_key_is_noted_once_an_hour(owner, shop, travel):
    made = new_channel(owner, shop.world, kind="v1")
    (secret,) = make_key(owner, made)

    def used():
        forget_channels()
        channel_by_key("v1", secret)
        return ChannelKey.objects.get(channel_id=made).last_used_at

    first = used()
    assert first is not None and used() == first
    travel(3600)
    assert used() > first
    assert ChannelKeyEvent.objects.filter(channel_id=made).count() == 1  # a use is no change of the key


def test_a_channel_has_a_limit_of_keys(owner, shop, monkeypatch):
    monkeypatch.setattr("openkassa.web.channels.KEYS_LIMIT", 1)
    made = new_channel(owner, shop.world)
    make_key(owner, made)
    assert owner.post(f"/connect/{made}/keys", {"key": str(uuid.uuid4())}).status_code == 302
    key = ChannelKey.objects.get(channel_id=made)
    owner.post(f"/connect/{made}/keys/{key.id}/revoke")
    make_key(owner, made)  # a revoked one makes room


def test_settings_are_changed_and_take_effect(owner, shop):
    made = new_channel(owner, shop.world, kind="v1", expire_minutes="5")
    (secret,) = make_key(owner, made)
    assert channel(shop, made).expire_after == 300
    values = {"name": "Новое имя", "callback_url": "https://shop.example.com/hook", "expire_minutes": ""}
    assert owner.post(f"/connect/{made}", values).status_code == 302
    found = channel(shop, made)
    assert (found.name, found.callback_url) == ("Новое имя", "https://shop.example.com/hook")
    assert (found.expire_after, found.is_active) == (None, False)
    assert channel_by_key("v1", secret).active is False
    owner.post(f"/connect/{made}", {**values, "is_active": "on"})
    assert channel_by_key("v1", secret).active is True


BAD = [
    {"name": " "},
    {"name": "x" * 101},
    {"callback_url": "ftp://shop.example.com"},
    {"callback_url": "http://user:word@shop.example.com/"},
    {"callback_url": "https://" + "x" * 250 + ".example"},
    {"expire_minutes": "0"},
    {"expire_minutes": "-1"},
    {"expire_minutes": "100000000000000000000"},
    {"expire_minutes": "soon"},
]


@pytest.mark.parametrize("bad", BAD, ids=str)
def test_bad_settings_are_named_at_their_field_and_nothing_is_changed(owner, shop, bad):
    made = new_channel(owner, shop.world)
    before = channel(shop, made)
    html = assert_page(owner.post(f"/connect/{made}", {"name": "Сайт", "is_active": "on", **bad}), 422)
    assert f'id="id_{next(iter(bad))}_error"' in html
    after = channel(shop, made)
    assert (after.name, after.callback_url, after.expire_after) == (before.name, before.callback_url, None)
    more = {"kind": "atol", "pool_id": str(shop.world.pool.id), "name": "Сайт"}
    assert_page(owner.post("/connect/new", {**more, **bad}), 422)


def test_a_channel_with_wrong_protocol_pool_or_code_is_not_made(owner, shop):
    other = make_shop("ООО «Другое»", "other@example.com")
    new_channel(owner, shop.world, code="taken")
    wrong = [
        {"kind": "fax"},
        {"pool_id": str(uuid.uuid4())},
        {"pool_id": str(other.world.pool.id)},
        {"pool_id": "x"},
        {"code": "taken"},
        {"code": "с пробелом"},
        {"code": "a/b"},
    ]
    with within(shop.organisation_id):
        before = Channel.objects.count()
        for bad in wrong:
            values = {"kind": "atol", "name": "Сайт", "pool_id": str(shop.world.pool.id), "code": "free", **bad}
            html = assert_page(owner.post("/connect/new", values), 422)
            assert f'id="id_{next(iter(bad))}_error"' in html, bad
        assert Channel.objects.count() == before


def test_another_organisations_channels_and_keys_are_unknown(owner, shop):
    other = make_shop("ООО «Другое»", "other@example.com")
    theirs = other.world.channel
    mine = new_channel(owner, shop.world)
    for channel_id in (theirs.channel_id, uuid.uuid4()):
        assert owner.get(f"/connect/{channel_id}").status_code == 404
        assert owner.post(f"/connect/{channel_id}", {"name": "Моё"}).status_code == 404
        assert owner.post(f"/connect/{channel_id}/keys", {"key": str(uuid.uuid4())}).status_code == 404
        for key_id in (theirs.key_id, uuid.uuid4()):
            assert owner.post(f"/connect/{channel_id}/keys/{key_id}/revoke").status_code == 404
            assert owner.post(f"/connect/{mine}/keys/{key_id}/revoke").status_code == 404
    assert ChannelKey.objects.get(id=theirs.key_id).revoked_at is None
    assert ChannelKey.objects.filter(organisation_id=other.organisation_id).count() == 1
    assert str(theirs.channel_id) not in owner.get("/connect").content.decode()


def test_without_the_check_of_the_key_a_foreign_one_is_only_kept_by_the_service(owner, shop):
    """The page's answer and the service's own condition are two guards; this shows the second one."""
    from openkassa.kassa.receipts.channels import channel_key_revoke

    other = make_shop("ООО «Другое»", "other@example.com")
    channel_key_revoke(organisation_id=shop.organisation_id, key_id=other.world.channel.key_id)
    assert ChannelKey.objects.get(id=other.world.channel.key_id).revoked_at is None
    channel_key_revoke(organisation_id=other.organisation_id, key_id=other.world.channel.key_id)
    assert ChannelKey.objects.get(id=other.world.channel.key_id).revoked_at is not None


def test_a_cashier_and_a_stranger_can_do_nothing_here(client, shop):
    channel_id = shop.world.channel.channel_id
    key_id = shop.world.channel.key_id
    calls = [
        ("get", "/connect/new", None),
        ("post", "/connect/new", {"kind": "v1", "name": "x", "pool_id": str(shop.world.pool.id)}),
        ("get", f"/connect/{channel_id}", None),
        ("post", f"/connect/{channel_id}", {"name": "x"}),
        ("post", f"/connect/{channel_id}/keys", {"key": str(uuid.uuid4())}),
        ("post", f"/connect/{channel_id}/keys/{key_id}/revoke", {}),
    ]
    for method, address, data in calls:
        assert getattr(client, method)(address, data).status_code == 302
    client.force_login(member(shop.world, "cashier@example.com", "cashier"))
    for method, address, data in calls:
        assert getattr(client, method)(address, data).status_code == 403
    assert ChannelKey.objects.filter(organisation_id=shop.organisation_id, revoked_at=None).count() == 1


def test_a_refund_from_the_page_needs_no_key_of_the_channel(owner, shop):
    from openkassa.kassa.receipts.channels import channel_by_id

    ChannelKey.objects.filter(organisation_id=shop.organisation_id).delete()
    forget_channels()
    found = channel_by_id(shop.organisation_id, shop.world.channel.channel_id)
    assert found is not None and found.pool_id == shop.world.pool.id
    other = make_shop("ООО «Другое»", "other@example.com")
    assert channel_by_id(other.organisation_id, shop.world.channel.channel_id) is None


@pytest.mark.parametrize("language", ["ru", "ky", "en"])
def test_the_pages_answer_in_each_language(owner, shop, language):
    owner.cookies["kassa_language"] = language
    made = new_channel(owner, shop.world)
    channel_key_create(channel=channel(shop, made), login="one", secret="a" * 22)
    for address in ("/connect/new", f"/connect/{made}"):
        assert f'<html lang="{language}">' in assert_page(owner.get(address))


def test_the_key_of_the_marking_service_is_kept_and_never_shown(owner, shop):
    made = new_channel(owner, shop.world)
    address = f"/connect/{made}"
    settings = {"name": "Сайт", "callback_url": "", "expire_minutes": "", "is_active": "on"}
    without = owner.post(address, {**settings, "marking_check": "on"})
    assert without.status_code == 422 and "Введите ключ" in without.content.decode()
    assert owner.post(address, {**settings, "marking_check": "on", "marking_key": "ж"}).status_code == 422
    assert channel(shop, made).marking_key is None
    assert owner.post(address, {**settings, "marking_check": "on", "marking_key": "secret-key"}).status_code == 302
    sealed = bytes(channel(shop, made).marking_key)
    assert b"secret-key" not in sealed
    assert "secret-key" not in owner.get(address).content.decode()
    assert owner.post(address, {**settings, "marking_check": "on"}).status_code == 302  # empty: it stays
    assert bytes(channel(shop, made).marking_key) == sealed
    assert owner.post(address, settings).status_code == 302
    assert channel(shop, made).marking_key is None
