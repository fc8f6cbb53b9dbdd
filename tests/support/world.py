"""A small world for tests of the main job: an organisation with registers, real device processes, a real operator.

Devices and the operator are processes of their own, reached over their real protocols.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from openkassa.core.organisations import organisation_create
from openkassa.core.settings import settings
from openkassa.core.tenancy import within
from openkassa.fiscal.draft import Item, Payments, ReceiptDraft
from openkassa.kassa.fiscalisation.models import Attempt
from openkassa.kassa.fiscalisation.turn import register_turn
from openkassa.kassa.outlets.services import outlet_create
from openkassa.kassa.receipts.channels import ChannelContext, channel_by_key
from openkassa.kassa.receipts.models import ReceiptState
from openkassa.kassa.receipts.selectors import receipt_events
from openkassa.kassa.receipts.services import Accepted, receipt_accept
from openkassa.kassa.registers.drivers.emulator import DeviceConnection, EmulatorDriver, set_fault
from openkassa.kassa.registers.models import CashRegister, Pool, RegisterStatus
from openkassa.kassa.registers.provision import device_secret
from openkassa.kassa.registers.services import pool_create

INN = "7800000027"
_serials = iter(range(1, 1_000_000))


def wait_for(condition: Callable[[], object], seconds: float = 20, pause: float = 0.05):
    """The first true value of `condition`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {condition}")
        time.sleep(pause)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """A process of the platform under test."""

    def __init__(self, *words: str, **environment: str) -> None:
        self.words = words
        self.environment = environment
        self.running: subprocess.Popen | None = None

    def start(self, **more: str) -> None:
        log = Path(os.environ["KASSA_HOME"]) / f"{'-'.join(Path(word).name for word in self.words)}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
        with log.open("ab") as file:
            self.running = subprocess.Popen(
                [sys.executable, "-m", "openkassa.cli.main", *self.words],
                env=environment | self.environment | more,
                stdout=file,
                stderr=file,
            )

    def kill(self) -> None:
        if self.running is not None:
            self.running.kill()
            self.running.wait()

    def stop(self) -> None:
        if self.running is not None and self.running.poll() is None:
            self.running.terminate()
            try:
                self.running.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()

    def pause(self) -> None:
        self.running.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.running.send_signal(signal.SIGCONT)

    def died(self) -> bool:
        return self.running is not None and self.running.poll() is not None


@dataclass
class Device:
    home: Path
    serial: str
    fn: str
    listen: str
    process: Process
    register: CashRegister | None = None

    def start(self) -> None:
        self.process.start()
        host, _, port = self.listen.rpartition(":")

        def listens() -> bool:
            with socket.socket() as probe:
                return probe.connect_ex((host, int(port))) == 0

        wait_for(listens)

    def kill(self) -> None:
        self.process.kill()

    def restart(self) -> None:
        self.kill()
        self.start()

    def fault(self, name: str, value: str | None = "", times: int | None = None) -> None:
        set_fault(DeviceConnection(self.listen, device_secret()), self.serial, name, value, times)


@dataclass
class World:
    """One organisation with one pool."""

    organisation_id: uuid.UUID
    pool: Pool
    channel: ChannelContext
    devices: list[Device] = field(default_factory=list)
    ofd_port: int | None = None
    oism: str | None = None  # host:port of the marking service

    def add_register(self, *, pace: float | None = None, start: bool = True, **limits: int) -> Device:
        """A registered cash register in a device process of its own."""
        from openkassa.device.config import DeviceConfig, RegisterConfig, save
        from openkassa.kassa.registers.services import register_create

        number = next(_serials)
        serial, fn = f"{number:014d}", f"9999{uuid.uuid4().int % 10**12:012d}"
        home = Path(os.environ["KASSA_HOME"]) / "devices" / f"{serial}-{uuid.uuid4().hex[:6]}"
        home.mkdir(parents=True)
        listen = f"127.0.0.1:{free_port()}"
        save(
            home,
            DeviceConfig(
                listen=listen,
                secret=device_secret(),
                ofd=f"127.0.0.1:{self.ofd_port}" if self.ofd_port else None,
                oism=self.oism,
                registers=[RegisterConfig(serial=serial, fn=fn, documents_per_second=pace, **limits)],
            ),
        )
        device = Device(
            home=home, serial=serial, fn=fn, listen=listen, process=Process("device", str(home), "--faults")
        )
        device.register = register_create(
            organisation_id=self.organisation_id,
            pool_id=self.pool.id,
            name=f"Касса {number}",
            serial=serial,
            fn=fn,
            endpoint=listen,
            sequence=number,
        )
        self.devices.append(device)
        if start:
            device.start()
            self.turn(device)
        return device

    def sell(self, external_id: str | None = None, callback_url: str = "", **changes) -> Accepted:
        draft = sale(**changes)
        key = external_id or uuid.uuid4().hex
        return receipt_accept(
            channel=self.channel,
            draft=draft,
            external_id=key,
            body=repr(draft).encode(),
            callback_url=callback_url,
        )

    def turn(self, device: Device, holder: str = "test", dead: Sequence[str] = ()) -> int:
        assert device.register is not None
        return register_turn(
            organisation_id=self.organisation_id, register_id=device.register.id, holder=holder, dead=list(dead)
        )

    def drain(self, *devices: Device, turns: int = 50) -> None:
        """Turns, one after another, until no receipt waits or is open; failed registers are tried again at once."""
        for _ in range(turns):
            for device in devices or self.devices:
                self.forget_trouble()
                self.turn(device)
            if not {"accepted", "assigned", "in_doubt"} & set(self.states()):
                return
        raise AssertionError(f"not drained: {self.states()}")

    def confirm(self) -> None:
        """Turns until the operator has confirmed every document."""

        def all_confirmed() -> bool:
            for device in self.devices:
                self.forget_trouble()
                self.turn(device)
            return set(self.states()) <= {"confirmed", "refused", "withdrawn"}

        wait_for(all_confirmed, 40)

    def events(self, accepted: Accepted) -> list[str]:
        """States that a receipt has gone through, in order."""
        return [event.state for event in receipt_events(self.organisation_id, accepted.receipt_id)]

    def attempts(self, state: str | None = None) -> list[Attempt]:
        with within(self.organisation_id):
            wanted = Attempt.objects.order_by("id")
            return list(wanted if state is None else wanted.filter(state=state))

    def driver(self, device: Device) -> EmulatorDriver:
        return EmulatorDriver(DeviceConnection(device.listen, device_secret()), device.serial)

    def state(self, accepted: Accepted) -> ReceiptState:
        with within(self.organisation_id):
            return ReceiptState.objects.get(receipt_id=accepted.receipt_id)

    def states(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        with within(self.organisation_id):
            for state in ReceiptState.objects.values_list("state", flat=True):
                counts[state] = counts.get(state, 0) + 1
        return counts

    def status(self, device: Device) -> RegisterStatus:
        assert device.register is not None
        with within(self.organisation_id):
            return RegisterStatus.objects.get(register_id=device.register.id)

    def forget_trouble(self) -> None:
        """Registers may be tried at once, as if the pause after a failure were over."""
        with within(self.organisation_id):
            RegisterStatus.objects.exclude(retry_at=None).update(retry_at=None)

    def close(self) -> None:
        for device in self.devices:
            device.kill()


def sale(**changes) -> ReceiptDraft:
    """A sale of one line for 100 roubles with 22 % VAT, paid by card."""
    line = Item(name="Хлеб", price=10000, quantity=Decimal(1), amount=10000, vat=11, method=4, kind=1)
    values = {
        "operation": 1,
        "taxation": 1,
        "items": (line,),
        "payments": Payments(electronic=10000),
        "total": 10000,
    }
    return ReceiptDraft(**(values | changes))


def make_world(*, ofd_port: int | None = None, ffd: int = 4, name: str = "ООО «Пример»") -> World:
    from openkassa.cli.business import v1_channel

    organisation = organisation_create(name=name, inn=INN)
    outlet = outlet_create(
        organisation_id=organisation.id,
        name="Магазин",
        address="Москва, ул. Примерная, 1",
        place="https://shop.example",
    )
    pool = pool_create(organisation_id=organisation.id, outlet_id=outlet.id, name="Пул", ffd=ffd, taxation=1)
    _, key = v1_channel(organisation_id=organisation.id, pool=pool, name="API")
    channel = channel_by_key("v1", key)
    assert channel is not None
    return World(organisation_id=organisation.id, pool=pool, channel=channel, ofd_port=ofd_port)


class Operator:
    """The operator's exchange as a process, with a database of its own."""

    def __init__(self) -> None:
        self.port = free_port()
        self.process = Process("ofd", "exchange", KASSA_OFD_PORT=str(self.port))

    def start(self) -> None:
        self.process.start()
        health = settings().free_port("ofd_exchange_http")

        def ready() -> bool:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{health}/health/ready", timeout=1) as answer:
                    return answer.status == 200
            except OSError:
                return False

        wait_for(ready)

    def kill(self) -> None:
        self.process.kill()


__all__ = ["Device", "Operator", "Process", "World", "make_world", "sale", "wait_for"]
