"""Channels as the wire faces see them: who knocks, which organisation and pool serve them.

Contexts are kept in each process for `CACHE_SECONDS`: a changed pool, a revoked key or a suspended organisation
takes effect after that at the latest.
"""

from __future__ import annotations

import hmac
import time
import uuid
from dataclasses import dataclass

from django.db import transaction

from openkassa.core import keys
from openkassa.core.clock import now
from openkassa.core.ids import uuid7
from openkassa.core.models import Organisation
from openkassa.core.tenancy import all_tenants, within
from openkassa.fiscal.ffd.profile import Profile
from openkassa.fiscal.text import printable
from openkassa.kassa.outlets.models import Outlet
from openkassa.kassa.receipts.models import Channel, ChannelKey, ChannelKind
from openkassa.kassa.registers.models import Pool

CACHE_SECONDS = 5.0
CACHE_SIZE = 10_000
KEY_RING = "channel"


@dataclass(frozen=True, kw_only=True, slots=True)
class ChannelContext:
    """Everything that accepting a receipt needs to know about its channel."""

    organisation_id: uuid.UUID
    channel_id: uuid.UUID
    kind: str
    code: str
    pool_id: uuid.UUID
    profile: Profile
    inn: str
    callback_url: str
    utc_offset: int
    active: bool
    key_id: uuid.UUID | None = None


class _Cache:
    def __init__(self) -> None:
        self._entries: dict[tuple, tuple[float, ChannelContext | None]] = {}

    def get(self, key: tuple, load) -> ChannelContext | None:
        entry = self._entries.get(key)
        moment = time.monotonic()
        if entry is not None and entry[0] > moment:
            return entry[1]
        value = load()
        if len(self._entries) >= CACHE_SIZE:
            self._entries.clear()
        self._entries[key] = (moment + CACHE_SECONDS, value)
        return value

    def clear(self) -> None:
        self._entries.clear()


_cache = _Cache()


def channel_by_login(kind: str, login: str, password: str) -> ChannelContext | None:
    """The channel that a login and password open, None for any other pair. Compared in constant time."""
    key = ChannelKey.objects.filter(kind=kind, lookup=login, revoked_at=None).first()
    expected = bytes(key.secret_digest) if key is not None else b"\0" * 32
    if not hmac.compare_digest(keys.digest(KEY_RING, password), expected) or key is None:
        return None
    return channel_by_key_id(key.id)


def channel_by_key(kind: str, secret: str) -> ChannelContext | None:
    """The channel that a bearer key opens. The key is looked up by its keyed digest, so nothing is compared."""
    lookup = keys.digest(KEY_RING, secret).hex()

    def load() -> ChannelContext | None:
        key = ChannelKey.objects.filter(kind=kind, lookup=lookup, revoked_at=None).first()
        return _context(key) if key is not None else None

    return _cache.get((kind, lookup), load)


def channel_by_key_id(key_id: uuid.UUID) -> ChannelContext | None:
    """The channel of a credential, None once the credential is revoked."""

    def load() -> ChannelContext | None:
        key = ChannelKey.objects.filter(id=key_id, revoked_at=None).first()
        return _context(key) if key is not None else None

    return _cache.get(("key", key_id), load)


def forget_channels() -> None:
    """Drops what this process remembers; for tests and right after a change made in it."""
    _cache.clear()


def _context(key: ChannelKey) -> ChannelContext | None:
    with within(key.organisation_id):
        channel = Channel.objects.filter(id=key.channel_id).first()
        if channel is None:
            return None
        pool = Pool.objects.get(id=channel.pool_id)
        outlet = Outlet.objects.get(id=pool.outlet_id)
    organisation = Organisation.objects.get(id=key.organisation_id)
    return ChannelContext(
        organisation_id=organisation.id,
        channel_id=channel.id,
        kind=channel.kind,
        code=channel.code,
        pool_id=pool.id,
        profile=pool_profile(organisation, outlet, pool),
        inn=organisation.inn,
        callback_url=channel.callback_url,
        utc_offset=outlet.utc_offset,
        active=channel.is_active and organisation.state == "active",
        key_id=key.id,
    )


def pool_profile(organisation: Organisation, outlet: Outlet, pool: Pool) -> Profile:
    """What is fixed for all registers of a pool, in the terms of the fiscal library."""
    return Profile(
        ffd=pool.ffd,
        user=printable(organisation.name),
        inn=organisation.inn,
        address=printable(outlet.address),
        place=printable(outlet.place),
        taxation=pool.taxation,
        seller_email=pool.sender_email or None,
        internet_only=pool.internet_only,
    )


def channel_create(
    *, organisation_id: uuid.UUID, kind: str, code: str, name: str, pool_id: uuid.UUID, callback_url: str = ""
) -> Channel:
    with within(organisation_id):
        return Channel.objects.create(
            organisation_id=organisation_id, kind=kind, code=code, name=name, pool_id=pool_id, callback_url=callback_url
        )


def channel_key_create(*, channel: Channel, login: str = "", secret: str) -> ChannelKey:
    """A credential of a channel: login and password for ATOL, the bare key for v1. The secret itself is not kept."""
    digest = keys.digest(KEY_RING, secret)
    by_login = channel.kind != ChannelKind.V1
    key = ChannelKey.objects.create(
        id=uuid7(),
        kind=channel.kind,
        lookup=login if by_login else digest.hex(),
        secret_digest=digest if by_login else b"",
        organisation_id=channel.organisation_id,
        channel_id=channel.id,
        hint=secret[-4:],
    )
    forget_channels()
    return key


@transaction.atomic
def channel_key_revoke(*, organisation_id: uuid.UUID, key_id: uuid.UUID) -> None:
    ChannelKey.objects.filter(organisation_id=organisation_id, id=key_id, revoked_at=None).update(revoked_at=now())
    forget_channels()


def channels_with_expiry() -> list[tuple[uuid.UUID, uuid.UUID, int]]:
    """(organisation, channel, seconds) of the channels whose waiting receipts are withdrawn after a time."""
    with all_tenants("expiry of waiting receipts is looked for in every organisation"):
        rows = Channel.objects.exclude(expire_after=None).values_list("organisation_id", "id", "expire_after")
        return [(organisation, channel, seconds) for organisation, channel, seconds in rows if seconds is not None]
