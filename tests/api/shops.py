"""Shops with their groups and keys, made by services."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from openkassa.kassa.receipts.channels import channel_create, channel_key_create

PASSWORD = "canary-password-7f3a"  # searched for in answers and logs


@dataclass(frozen=True)
class Shop:
    organisation_id: uuid.UUID
    channel_id: uuid.UUID
    key_id: uuid.UUID
    group: str
    login: str
    inn: str
    v1_key: str
    v1_channel_id: uuid.UUID


def make_shop(name: str, inn: str = "5544332219", ffd: int = 4, taxation: int = 1) -> Shop:
    from openkassa.core.models import Organisation
    from openkassa.core.tenancy import within
    from openkassa.kassa.outlets.models import Outlet
    from openkassa.kassa.registers.models import Pool

    organisation = Organisation.objects.create(name=f"ООО {name}", inn=inn)
    with within(organisation.id):
        outlet = Outlet.objects.create(
            organisation_id=organisation.id, name=name, address="Москва, ул. Ленина, 1", place="https://shop.example"
        )
        pool = Pool.objects.create(
            organisation_id=organisation.id, name=name, outlet_id=outlet.id, ffd=ffd, taxation=taxation
        )
    channel = channel_create(organisation_id=organisation.id, kind="atol", code=f"{name}_1", name=name, pool_id=pool.id)
    key = channel_key_create(channel=channel, login=name, secret=PASSWORD)
    v1 = channel_create(organisation_id=organisation.id, kind="v1", code=f"{name}_v1", name=name, pool_id=pool.id)
    channel_key_create(channel=v1, secret=f"canary-key-{name}")
    return Shop(
        organisation_id=organisation.id,
        channel_id=channel.id,
        key_id=key.id,
        group=channel.code,
        login=name,
        inn=inn,
        v1_key=f"canary-key-{name}",
        v1_channel_id=v1.id,
    )
