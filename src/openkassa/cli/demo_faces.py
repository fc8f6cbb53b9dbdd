"""Channels of the demo business for the wire faces besides ATOL v4 and v1, and how they are told of."""

from __future__ import annotations

import os
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


ORANGEDATA_KEY = "orangedata-demo.pem"  # in the home: the demo shop's private key


def orangedata_channel(organisation_id: uuid.UUID, pool: Pool) -> dict[str, str]:
    """The shop's key pair is made here; the platform keeps the public part alone."""
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

    from openkassa.core.models import Organisation
    from openkassa.core.settings import settings
    from openkassa.kassa.receipts.channels import channel_create, channel_key_create

    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    kept = {"group": "Main", "key": f"demo-{random_digits(9)}"}
    channel = channel_create(
        organisation_id=organisation_id, kind="orangedata", code=kept["group"], name="Магазин на API OrangeData",
        pool_id=pool.id,
    )  # fmt: skip
    channel_key_create(channel=channel, login=kept["key"], public_key=public)
    handle = os.open(settings().home / ORANGEDATA_KEY, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return kept | {"inn": Organisation.objects.get(id=organisation_id).inn}


def _orangedata_info(settings: Settings, kept: dict[str, str]) -> dict[str, str]:
    """Clients put /documents behind their base."""
    return {"base": f"{settings.public_url}/api/v2", **kept, "key_file": str(settings.home / ORANGEDATA_KEY)}


DEMO_FACES: tuple[DemoFace, ...] = (
    DemoFace("komtet", _komtet, _komtet_info),
    DemoFace("modulkassa", _modulkassa, lambda settings, kept: {"base": f"{settings.public_url}/api/fn", **kept}),
    DemoFace("digitalkassa", _digitalkassa, lambda settings, kept: {"base": f"{settings.public_url}/v2.1", **kept}),
    DemoFace("yookassa", _yookassa, _yookassa_info),
    DemoFace("cloudkassir", _cloudkassir, _cloudkassir_info),
    DemoFace("orangedata", orangedata_channel, _orangedata_info),
)
