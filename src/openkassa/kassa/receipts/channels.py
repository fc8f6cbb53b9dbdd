"""Channels as the wire faces see them: who knocks, which organisation and pool serve them.

Contexts are kept in each process for `CACHE_SECONDS`: a changed pool, a revoked key or a suspended organisation
takes effect after that at the latest.
"""

from __future__ import annotations

import datetime as dt
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
USE_NOTED = dt.timedelta(hours=1)  # a key's last use is written down no more often than this


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
    _note_use(key)
    return channel_by_key_id(key.id)


def channel_by_key(kind: str, secret: str) -> ChannelContext | None:
    """The channel that a bearer key opens. The key is looked up by its keyed digest, so nothing is compared."""
    lookup = keys.digest(KEY_RING, secret).hex()

    def load() -> ChannelContext | None:
        key = ChannelKey.objects.filter(kind=kind, lookup=lookup, revoked_at=None).first()
        if key is None:
            return None
        _note_use(key)
        return _context(key.organisation_id, key.channel_id, key.id)

    return _cache.get((kind, lookup), load)


def channel_by_key_id(key_id: uuid.UUID) -> ChannelContext | None:
    """The channel of a credential, None once the credential is revoked."""

    def load() -> ChannelContext | None:
        key = ChannelKey.objects.filter(id=key_id, revoked_at=None).first()
        return _context(key.organisation_id, key.channel_id, key.id) if key is not None else None

    return _cache.get(("key", key_id), load)


def channel_by_id(organisation_id: uuid.UUID, channel_id: uuid.UUID) -> ChannelContext | None:
    """A channel as its own organisation's people use it: no credential is needed."""
    return _cache.get(("id", organisation_id, channel_id), lambda: _context(organisation_id, channel_id, None))


def forget_channels() -> None:
    """Drops what this process remembers; for tests and right after a change made in it."""
    _cache.clear()


def _note_use(key: ChannelKey) -> None:
    at = now()
    if key.last_used_at is None or at - key.last_used_at >= USE_NOTED:
        ChannelKey.objects.filter(id=key.id).update(last_used_at=at)


def _context(organisation_id: uuid.UUID, channel_id: uuid.UUID, key_id: uuid.UUID | None) -> ChannelContext | None:
    with within(organisation_id):
        channel = Channel.objects.filter(id=channel_id).first()
        if channel is None:
            return None
        pool = Pool.objects.get(id=channel.pool_id)
        outlet = Outlet.objects.get(id=pool.outlet_id)
    organisation = Organisation.objects.get(id=organisation_id)
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
        key_id=key_id,
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
    *,
    organisation_id: uuid.UUID,
    kind: str,
    code: str,
    name: str,
    pool_id: uuid.UUID,
    callback_url: str = "",
    expire_after: int | None = None,
) -> Channel:
    """`expire_after`: seconds after which a waiting receipt is withdrawn."""
    with within(organisation_id):
        return Channel.objects.create(
            organisation_id=organisation_id,
            kind=kind,
            code=code,
            name=name,
            pool_id=pool_id,
            callback_url=callback_url,
            expire_after=expire_after,
        )


def channel_change(
    *,
    organisation_id: uuid.UUID,
    channel_id: uuid.UUID,
    name: str,
    callback_url: str,
    expire_after: int | None,
    is_active: bool,
) -> None:
    """What may change while clients use the channel. Raises `Channel.DoesNotExist`."""
    with transaction.atomic(), within(organisation_id):
        channel = Channel.objects.select_for_update().get(id=channel_id)
        channel.name, channel.callback_url = name, callback_url
        channel.expire_after, channel.is_active = expire_after, is_active
        channel.save(update_fields=["name", "callback_url", "expire_after", "is_active"])
    forget_channels()


def channel_key_create(
    *, channel: Channel, login: str = "", secret: str, key_id: uuid.UUID | None = None
) -> ChannelKey:
    """A credential of a channel: login and password for ATOL, the bare key for v1. The secret itself is not kept.

    `key_id` comes with a form, so that the same form sent twice raises `IntegrityError` and makes one credential.
    """
    digest = keys.digest(KEY_RING, secret)
    by_login = channel.kind != ChannelKind.V1
    key = ChannelKey.objects.create(
        id=key_id or uuid7(),
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
    """Closes a credential and the tokens got with it, within `CACHE_SECONDS` in every process."""
    ChannelKey.objects.filter(organisation_id=organisation_id, id=key_id, revoked_at=None).update(revoked_at=now())
    forget_channels()


def channels_with_expiry() -> list[tuple[uuid.UUID, uuid.UUID, int]]:
    """(organisation, channel, seconds) of the channels whose waiting receipts are withdrawn after a time."""
    with all_tenants("expiry of waiting receipts is looked for in every organisation"):
        rows = Channel.objects.exclude(expire_after=None).values_list("organisation_id", "id", "expire_after")
        return [(organisation, channel, seconds) for organisation, channel, seconds in rows if seconds is not None]
