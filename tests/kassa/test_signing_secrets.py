"""Secrets that make signatures are sealed, bound to their credential, and opened only for the channel's own use."""

from __future__ import annotations

import pytest
from cryptography.exceptions import InvalidTag
from tests.api.shops import make_shop

from openkassa.kassa.receipts import channels
from openkassa.kassa.receipts.models import ChannelKey

SECRET = "canary-signing-secret"


@pytest.fixture
def keyed(db):
    channels.forget_channels()
    shop = make_shop("sealed")
    channel = channels.channel_create(
        organisation_id=shop.organisation_id, kind="komtet", code="1", name="Komtet", pool_id=_pool(shop)
    )
    key = channels.channel_key_create(channel=channel, login="shop-1", secret=SECRET)
    yield shop, channel, key
    channels.forget_channels()


def _pool(shop):
    from openkassa.core.tenancy import within
    from openkassa.kassa.receipts.models import Channel

    with within(shop.organisation_id):
        return Channel.objects.get(id=shop.channel_id).pool_id


def test_the_secret_is_opened_for_signatures_and_stored_nowhere(keyed):
    shop, channel, key = keyed
    context = channels.channel_by_name("komtet", "shop-1")
    assert context is not None and context.signing == SECRET.encode()
    assert SECRET not in repr(context)
    assert channels.channel_signing(shop.organisation_id, channel.id) == SECRET.encode()
    assert SECRET.encode() not in bytes(key.signing) + bytes(key.secret_digest)


def test_a_sealed_secret_opens_for_no_other_credential(keyed):
    """Negative control of the context that `seal` binds in."""
    _shop, channel, key = keyed
    other = channels.channel_key_create(channel=channel, login="shop-2", secret="another")
    ChannelKey.objects.filter(id=other.id).update(signing=bytes(key.signing))
    channels.forget_channels()
    with pytest.raises(InvalidTag):
        channels.channel_by_name("komtet", "shop-2")


def test_a_revoked_credential_signs_nothing(keyed):
    shop, channel, key = keyed
    channels.channel_key_revoke(organisation_id=shop.organisation_id, key_id=key.id)
    assert channels.channel_by_name("komtet", "shop-1") is None
    assert channels.channel_signing(shop.organisation_id, channel.id) == b""
