"""`python -m bench.seed N`: an organisation with N unpaced registers in one device process, and its keys as JSON."""

from __future__ import annotations

import json
import sys
import uuid

import django

django.setup()

from bench.requests import BY_LOGIN  # noqa: E402
from openkassa.cli.access import FN_PREFIX  # noqa: E402
from openkassa.cli.business import atol_channel, v1_channel  # noqa: E402
from openkassa.cli.demo_faces import ORANGEDATA_KEY, orangedata_channel  # noqa: E402
from openkassa.core.keys import random_password  # noqa: E402
from openkassa.core.organisations import organisation_create  # noqa: E402
from openkassa.core.settings import settings  # noqa: E402
from openkassa.device.config import DeviceConfig, RegisterConfig, save  # noqa: E402
from openkassa.kassa.outlets.services import outlet_create  # noqa: E402
from openkassa.kassa.receipts.channels import channel_create, channel_key_create  # noqa: E402
from openkassa.kassa.registers.models import Ffd, Pool  # noqa: E402
from openkassa.kassa.registers.provision import device_secret  # noqa: E402
from openkassa.kassa.registers.services import pool_create, register_create  # noqa: E402

INN = "7800000027"
DOCUMENTS = 16_000_000  # more than a real storage holds: the bench outlives one


def login_channel(organisation_id: uuid.UUID, pool: Pool, kind: str) -> dict[str, str]:
    """A channel of a wire face that is opened by a login and a secret."""
    access = {"login": f"bench-{kind}", "secret": random_password(), "code": "1001"}
    channel = channel_create(
        organisation_id=organisation_id, kind=kind, code=access["code"], name=kind, pool_id=pool.id
    )
    channel_key_create(channel=channel, login=access["login"], secret=access["secret"])
    return access


def main(count: int) -> None:
    own = settings()
    organisation = organisation_create(name="Bench", inn=INN)
    outlet = outlet_create(
        organisation_id=organisation.id, name="Bench", address="Bench, 1", place="https://bench.example"
    )
    pool = pool_create(organisation_id=organisation.id, outlet_id=outlet.id, name="Bench", ffd=Ffd.V1_2, taxation=1)
    numbers = [(f"{number:014d}", f"{FN_PREFIX}{number:012d}") for number in range(1, count + 1)]
    home = own.home / "devices" / "bench"
    home.mkdir(parents=True)
    listen = f"127.0.0.1:{own.free_port('device_bench')}"
    save(
        home,
        DeviceConfig(
            listen=listen,
            secret=device_secret(),
            ofd=f"127.0.0.1:{own.ofd_port}",
            registers=[
                RegisterConfig(serial=serial, fn=fn, documents_limit=DOCUMENTS, undelivered_limit=DOCUMENTS)
                for serial, fn in numbers
            ],
        ),
    )
    for number, (serial, fn) in enumerate(numbers, start=1):
        register_create(
            organisation_id=organisation.id,
            pool_id=pool.id,
            name=f"Bench {number}",
            serial=serial,
            fn=fn,
            endpoint=listen,
            sequence=number,
        )
    _, access = atol_channel(organisation_id=organisation.id, pool=pool, login="bench", name="Bench")
    _, key = v1_channel(organisation_id=organisation.id, pool=pool, name="Bench")
    signed = orangedata_channel(organisation.id, pool)
    signed["private_key"] = (own.home / ORANGEDATA_KEY).read_text()
    by_login = {kind: login_channel(organisation.id, pool, kind) for kind in BY_LOGIN}
    print(
        json.dumps(
            {
                "organisation": str(organisation.id),
                "base": own.public_url,
                "inn": INN,
                "login": access.login,
                "password": access.password,
                "group": access.group,
                "v1": key,
                **by_login,
                "orangedata": signed,
            }
        )
    )


main(int(sys.argv[1]))
