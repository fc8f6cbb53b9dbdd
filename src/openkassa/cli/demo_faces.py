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


def _channel(
    organisation_id: uuid.UUID, pool: Pool, kind: str, name: str, login: str, secret: str, code: str = ""
) -> None:
    """A channel of a kind whose clients name themselves by a login; without a `code` it is the channel's code too."""
    from openkassa.kassa.receipts.channels import channel_create, channel_key_create

    channel = channel_create(organisation_id=organisation_id, kind=kind, code=code or login, name=name, pool_id=pool.id)
    channel_key_create(channel=channel, login=login, secret=secret)


def _yookassa(organisation_id: uuid.UUID, pool: Pool) -> dict[str, str]:
    kept = {"shop_id": random_digits(9), "secret": random_password(32)}
    _channel(organisation_id, pool, "yookassa", "Магазин на API ЮKassa", kept["shop_id"], kept["secret"])
    return kept


def _yookassa_info(settings: Settings, kept: dict[str, str]) -> dict[str, str]:
    """Clients put /receipts behind their base, which ends in /v3 by default."""
    return {"base": f"{settings.public_url}/v3", **kept}


def _modulkassa(organisation_id: uuid.UUID, pool: Pool) -> dict[str, str]:
    """Shops get their pair with a person's password: here of a manager who is there for nothing else."""
    from openkassa.kassa.people.services import membership_create, user_create
    from openkassa.kassa.receipts.channels import channel_create

    kept = {"login": "modulkassa@demo.example", "password": random_password(), "retail_point_id": str(uuid.uuid4())}
    channel_create(
        organisation_id=organisation_id,
        kind="modulkassa",
        code=kept["retail_point_id"],
        name="Магазин на протоколе МодульКассы",
        pool_id=pool.id,
    )
    person = user_create(display_name="Связь с МодульКассой", identifier=kept["login"], password=kept["password"])
    membership_create(organisation_id=organisation_id, user_id=person.id, role="manager")
    return kept


def _digitalkassa(organisation_id: uuid.UUID, pool: Pool) -> dict[str, str]:
    kept = {"actor_id": random_digits(9), "actor_token": random_password(), "c_group": random_digits(9)}
    _channel(
        organisation_id, pool, "digitalkassa", "Магазин на API digitalkassa", kept["actor_id"], kept["actor_token"],
        kept["c_group"],
    )  # fmt: skip
    return kept


def _cloudkassir(organisation_id: uuid.UUID, pool: Pool) -> dict[str, str]:
    from openkassa.core.models import Organisation

    kept = {"public_id": f"pk_{random_password(29)}", "secret": random_password(32)}
    _channel(organisation_id, pool, "cloudkassir", "Магазин на CloudKassir", kept["public_id"], kept["secret"])
    return kept | {"inn": Organisation.objects.get(id=organisation_id).inn}


def _cloudkassir_info(settings: Settings, kept: dict[str, str]) -> dict[str, str]:
    """Clients put /kkt/receipt behind their base."""
    return {"base": settings.public_url, **kept}


def _komtet(organisation_id: uuid.UUID, pool: Pool) -> dict[str, str]:
    kept = {"shop_id": random_digits(9), "secret": random_password(32), "queue_id": random_digits(6)}
    name = "Магазин на протоколе Комтет Кассы"
    _channel(organisation_id, pool, "komtet", name, kept["shop_id"], kept["secret"], kept["queue_id"])
    return kept


def _komtet_info(settings: Settings, kept: dict[str, str]) -> dict[str, str]:
    """Clients put /api/shop/v1 or /v2 behind a host."""
    return {"base": settings.public_url, **kept}


DEMO_FACES: tuple[DemoFace, ...] = (
    DemoFace("komtet", _komtet, _komtet_info),
    DemoFace("modulkassa", _modulkassa, lambda settings, kept: {"base": f"{settings.public_url}/api/fn", **kept}),
    DemoFace("digitalkassa", _digitalkassa, lambda settings, kept: {"base": f"{settings.public_url}/v2.1", **kept}),
    DemoFace("yookassa", _yookassa, _yookassa_info),
    DemoFace("cloudkassir", _cloudkassir, _cloudkassir_info),
)
