"""`python -m bench.seed N`: an organisation with N unpaced registers in one device process, and its keys as JSON."""

from __future__ import annotations

import json
import sys

import django

django.setup()

from openkassa.cli.access import FN_PREFIX  # noqa: E402
from openkassa.cli.business import atol_channel, v1_channel  # noqa: E402
from openkassa.core.organisations import organisation_create  # noqa: E402
from openkassa.core.settings import settings  # noqa: E402
from openkassa.device.config import DeviceConfig, RegisterConfig, save  # noqa: E402
from openkassa.kassa.outlets.services import outlet_create  # noqa: E402
from openkassa.kassa.registers.models import Ffd  # noqa: E402
from openkassa.kassa.registers.provision import device_secret  # noqa: E402
from openkassa.kassa.registers.services import pool_create, register_create  # noqa: E402

INN = "7800000027"
DOCUMENTS = 16_000_000  # more than a real storage holds: the bench outlives one


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
            }
        )
    )


main(int(sys.argv[1]))
