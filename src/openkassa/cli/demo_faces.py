"""Channels of the demo business for the wire faces besides ATOL v4 and v1, and how they are told of."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from openkassa.core.keys import random_digits, random_password
from openkassa.core.settings import Settings

if TYPE_CHECKING:
    from openkassa.kassa.registers.models import Pool


class DemoFace(NamedTuple):
    """`create(organisation, pool)` makes the channel and returns its secrets and numbers, which the home keeps;
    `info(settings, kept)` is the face's part of `kassa demo-info --json`."""

    name: str
    create: Callable[[uuid.UUID, Pool], dict[str, str]]
    info: Callable[[Settings, dict[str, str]], dict[str, str]]


def _channel(organisation_id: uuid.UUID, pool: Pool, kind: str, name: str, login: str, secret: str) -> None:
    """A channel of a kind whose clients name themselves by a login, which is the channel's code as well."""
    from openkassa.kassa.receipts.channels import channel_create, channel_key_create

    channel = channel_create(organisation_id=organisation_id, kind=kind, code=login, name=name, pool_id=pool.id)
    channel_key_create(channel=channel, login=login, secret=secret)


def _yookassa(organisation_id: uuid.UUID, pool: Pool) -> dict[str, str]:
    kept = {"shop_id": random_digits(9), "secret": random_password(32)}
    _channel(organisation_id, pool, "yookassa", "Магазин на API ЮKassa", kept["shop_id"], kept["secret"])
    return kept


def _yookassa_info(settings: Settings, kept: dict[str, str]) -> dict[str, str]:
    """Clients put /receipts behind their base, which ends in /v3 by default."""
    return {"base": f"{settings.public_url}/v3", **kept}


DEMO_FACES: tuple[DemoFace, ...] = (DemoFace("yookassa", _yookassa, _yookassa_info),)
