"""Channels as the wire faces see them: who knocks, which organisation and pool serve them.

Contexts are kept in each process for `CACHE_SECONDS`: a changed pool, a revoked key or a suspended organisation
takes effect after that at the latest.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import time
import uuid
from dataclasses import dataclass, field, replace
from typing import NamedTuple

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
from openkassa.kassa.registers.models import CashRegister, Pool, RegisterState

CACHE_SECONDS = 5.0
CACHE_SIZE = 10_000
KEY_RING = "channel"
MARKING_RING = "marking"
USE_NOTED = dt.timedelta(hours=1)  # a key's last use is written down no more often than this


class Credential(NamedTuple):
    """What opens a channel of some kind."""

    login: bool  # the client names itself in the open; otherwise the secret alone is looked up by its digest
    signs: bool = False  # the secret makes signatures, so it is kept sealed beside its digest
    public: bool = False  # there is no secret: the client signs, we hold its public key


CREDENTIALS = {
    ChannelKind.ATOL: Credential(login=True),
    ChannelKind.V1: Credential(login=False),
    ChannelKind.KOMTET: Credential(login=True, signs=True),
    ChannelKind.MODULKASSA: Credential(login=True),
    ChannelKind.DIGITALKASSA: Credential(login=True),
    ChannelKind.YOOKASSA: Credential(login=True),
    ChannelKind.CLOUDKASSIR: Credential(login=True, signs=True),
    ChannelKind.ORANGEDATA: Credential(login=True, public=True),
}


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
    signing: bytes = field(default=b"", repr=False)  # the secret or public key of signatures, opened
    marking_key: str = field(default="", repr=False)  # API key of the marking service, empty: codes aren't asked about
    marking_fn: str = ""  # the pool's only storage, which the marking service is told of


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
    given = keys.digest(KEY_RING, password)

    def load() -> ChannelContext | None:
        key = ChannelKey.objects.filter(kind=kind, lookup=login, revoked_at=None).first()
        expected = bytes(key.secret_digest) if key is not None else b"\0" * 32
        if not hmac.compare_digest(given, expected) or key is None:
            return None
        return _opened(key)

    return _cache.get((kind, login, given), load)


def channel_by_name(kind: str, login: str) -> ChannelContext | None:
    """The channel of a login whose request is proved by a signature: the caller checks it with `signing`."""

    def load() -> ChannelContext | None:
        key = ChannelKey.objects.filter(kind=kind, lookup=login, revoked_at=None).first()
        return _opened(key) if key is not None else None

    return _cache.get((kind, login), load)


def channel_by_key(kind: str, secret: str) -> ChannelContext | None:
    """The channel that a bearer key opens. The key is looked up by its keyed digest, so nothing is compared."""
    lookup = keys.digest(KEY_RING, secret).hex()

    def load() -> ChannelContext | None:
        key = ChannelKey.objects.filter(kind=kind, lookup=lookup, revoked_at=None).first()
        return _opened(key) if key is not None else None

    return _cache.get((kind, lookup), load)


def channel_by_key_id(key_id: uuid.UUID) -> ChannelContext | None:
    """The channel of a credential, None once the credential is revoked."""

    def load() -> ChannelContext | None:
        key = ChannelKey.objects.filter(id=key_id, revoked_at=None).first()
        return _context(key.organisation_id, key.channel_id, key) if key is not None else None

    return _cache.get(("key", key_id), load)


def channel_by_id(organisation_id: uuid.UUID, channel_id: uuid.UUID) -> ChannelContext | None:
    """A channel as its own organisation's people use it: no credential is needed."""
    return _cache.get(("id", organisation_id, channel_id), lambda: _context(organisation_id, channel_id, None))


def channels_of_inn(kind: str, inn: str) -> list[ChannelContext]:
    """Channels of a kind of the organisations with this INN, for requests that name nothing else."""
    found: list[ChannelContext | None] = []
    for organisation_id in Organisation.objects.filter(inn=inn).values_list("id", flat=True):
        with within(organisation_id):
            ids = list(Channel.objects.filter(kind=kind).order_by("id").values_list("id", flat=True))
        found += [channel_by_id(organisation_id, channel_id) for channel_id in ids]
    return [channel for channel in found if channel is not None]


def channel_for_check(organisation_id: uuid.UUID, channel_id: uuid.UUID) -> ChannelContext | None:
    """The channel with what its requests are signed with, for its organisation's people to try a request."""
    context = channel_by_id(organisation_id, channel_id)
    return context and replace(context, signing=channel_signing(organisation_id, channel_id))


def channel_signing(organisation_id: uuid.UUID, channel_id: uuid.UUID) -> bytes:
    """What callbacks of the channel are signed with: of its newest credential that is not revoked; else empty."""
    key = (
        ChannelKey.objects.filter(organisation_id=organisation_id, channel_id=channel_id, revoked_at=None)
        .exclude(signing=None)
        .order_by("-created_at", "-id")
        .first()
    )
    return _signing(key) if key is not None else b""


def forget_channels() -> None:
    """Drops what this process remembers; for tests and right after a change made in it."""
    _cache.clear()


def _opened(key: ChannelKey) -> ChannelContext | None:
    """The channel of a credential that was just used."""
    at = now()
    if key.last_used_at is None or at - key.last_used_at >= USE_NOTED:
        ChannelKey.objects.filter(id=key.id).update(last_used_at=at)
    return _context(key.organisation_id, key.channel_id, key)


def _signing(key: ChannelKey) -> bytes:
    """The opened secret of signatures, or the public key, or nothing."""
    if key.signing is None:
        return b""
    if CREDENTIALS[ChannelKind(key.kind)].signs:
        return keys.unseal(KEY_RING, bytes(key.signing), key.id.bytes)
    return bytes(key.signing)


def _context(organisation_id: uuid.UUID, channel_id: uuid.UUID, key: ChannelKey | None) -> ChannelContext | None:
    with within(organisation_id):
        channel = Channel.objects.filter(id=channel_id).first()
        if channel is None:
            return None
        pool = Pool.objects.get(id=channel.pool_id)
        outlet = Outlet.objects.get(id=pool.outlet_id)
        marking_key = _marking_key(channel)
        fns = _storages(pool) if marking_key else []
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
        key_id=key.id if key is not None else None,
        signing=_signing(key) if key is not None else b"",
        marking_key=marking_key,
        marking_fn=fns[0] if len(fns) == 1 else "",
    )


def _marking_key(channel: Channel) -> str:
    if channel.marking_key is None:
        return ""
    return keys.unseal(MARKING_RING, bytes(channel.marking_key), channel.id.bytes).decode()


def _storages(pool: Pool) -> list[str]:
    """Numbers of the storages of at most two working registers of a pool."""
    working = CashRegister.objects.filter(pool_id=pool.id, state=RegisterState.WORKING)
    return list(working.values_list("fn", flat=True)[:2])


def channel_marking_set(*, organisation_id: uuid.UUID, channel_id: uuid.UUID, api_key: str) -> None:
    """Has the channel's marking codes checked before each sale under an API key of the marking service; empty: not.

    The key is kept sealed. Raises `Channel.DoesNotExist`.
    """
    sealed = keys.seal(MARKING_RING, api_key.encode(), channel_id.bytes) if api_key else None
    with transaction.atomic(), within(organisation_id):
        channel = Channel.objects.select_for_update().get(id=channel_id)
        channel.marking_key = sealed
        channel.save(update_fields=["marking_key"])
    forget_channels()


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
    *,
    channel: Channel,
    login: str = "",
    secret: str = "",
    public_key: bytes | None = None,
    key_id: uuid.UUID | None = None,
) -> ChannelKey:
    """A credential of a channel, of the parts that its kind has (`CREDENTIALS`): login and password, the bare key, or
    login and the client's public key. The secret itself is not kept, or only sealed where it makes signatures.

    `key_id` comes with a form, so that the same form sent twice raises `IntegrityError` and makes one credential.
    """
    kind = CREDENTIALS[ChannelKind(channel.kind)]
    key_id = key_id or uuid7()
    digest = keys.digest(KEY_RING, secret)
    key = ChannelKey.objects.create(
        id=key_id,
        kind=channel.kind,
        lookup=login if kind.login else digest.hex(),
        secret_digest=digest if kind.login and not kind.public else b"",
        signing=keys.seal(KEY_RING, secret.encode(), key_id.bytes) if kind.signs else public_key,
        organisation_id=channel.organisation_id,
        channel_id=channel.id,
        hint=hashlib.sha256(public_key).hexdigest()[-4:] if public_key is not None else secret[-4:],
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
