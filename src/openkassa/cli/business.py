"""A business ready to sell: organisation, people, outlet, registers with their devices, and channels with keys."""

from __future__ import annotations

import secrets
import uuid

from openkassa.cli.access import FN_PREFIX, AtolAccess, NewRegister
from openkassa.core.keys import random_password
from openkassa.core.settings import Settings
from openkassa.device.config import DeviceConfig, RegisterConfig, save
from openkassa.kassa.receipts.channels import channel_create, channel_key_create
from openkassa.kassa.receipts.models import Channel, ChannelKind
from openkassa.kassa.registers.models import CashRegister, Pool
from openkassa.kassa.registers.provision import device_secret
from openkassa.kassa.registers.services import register_create


def register_with_device(
    *,
    settings: Settings,
    organisation_id: uuid.UUID,
    pool: Pool,
    name: str,
    new: NewRegister,
    utc_offset: int = 180,
    sandbox: bool = False,
) -> CashRegister:
    """An emulated register: the home of its device process, and the register that is found there.

    `sandbox`: marking codes are checked by the sandbox's marking service.
    """
    home = settings.home / "devices" / new.serial
    home.mkdir(parents=True, exist_ok=True)
    listen = f"{settings.bind}:{settings.free_port(f'device_{new.serial}')}"
    save(
        home,
        DeviceConfig(
            listen=listen,
            secret=device_secret(),
            ofd=f"{settings.bind}:{settings.ofd_port}",
            oism=f"{settings.bind}:{settings.sandbox_part_port('marking_exchange')}" if sandbox else None,
            http=f"{settings.bind}:{settings.free_port(f'device_{new.serial}_http')}",
            registers=[RegisterConfig(serial=new.serial, fn=new.fn)],
        ),
    )
    return register_create(
        organisation_id=organisation_id,
        pool_id=pool.id,
        name=name,
        serial=new.serial,
        fn=new.fn,
        endpoint=listen,
        sequence=new.sequence,
        utc_offset=utc_offset,
    )


def random_register() -> NewRegister:
    """Numbers for a register that is not part of the demo."""
    digits = f"{secrets.randbelow(10**12):012}"
    return NewRegister(serial=digits, fn=FN_PREFIX + digits, sequence=secrets.randbelow(10**10))


def atol_channel(*, organisation_id: uuid.UUID, pool: Pool, login: str, name: str) -> tuple[Channel, AtolAccess]:
    """A group for clients of the ATOL Online protocol, with a login and a new password."""
    group = f"{login}_{secrets.randbelow(9000) + 1000}"
    channel = channel_create(
        organisation_id=organisation_id, kind=ChannelKind.ATOL, code=group, name=name, pool_id=pool.id
    )
    access = AtolAccess(login=login, password=random_password(), group=group)
    channel_key_create(channel=channel, login=login, secret=access.password)
    return channel, access


def v1_channel(*, organisation_id: uuid.UUID, pool: Pool, name: str) -> tuple[Channel, str]:
    """A channel of our own API with a new key; the key is shown once."""
    channel = channel_create(
        organisation_id=organisation_id,
        kind=ChannelKind.V1,
        code=f"v1-{uuid.uuid4().hex[:8]}",
        name=name,
        pool_id=pool.id,
    )
    key = f"kassa_{random_password(32)}"
    channel_key_create(channel=channel, secret=key)
    return channel, key
