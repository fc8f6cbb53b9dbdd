"""A cash register for tests of the operator: a real emulated storage, and a client that speaks the wire to a socket."""

from __future__ import annotations

import datetime as dt
import socket
from decimal import Decimal

from openkassa.fiscal import wire
from openkassa.fiscal.draft import Item, Payments, ReceiptDraft
from openkassa.fiscal.ffd import tlv
from openkassa.fiscal.ffd.profile import Profile
from openkassa.fiscal.ffd.render import render_content
from openkassa.fiscal.ffd.reports import Cashier, RegistrationContent, ShiftOpenContent
from openkassa.fiscal.fn import FiscalStorage, Made, Registration
from openkassa.fiscal.fn.state import State
from openkassa.fiscal.identifiers import make_rnm
from openkassa.ofd.exchange.checks import check
from openkassa.ofd.exchange.store import CheckedDocument
from openkassa.ofd.exchange.verifier import EmulationVerifier

INN = "7700000016"
USER = 'ООО "Ромашка"'
ADDRESS = "123001, Москва, ул. Садовая, д. 1"
PLACE = 'Магазин "Ромашка"'
CASHIER = Cashier(name="Иванова А. П.")
FFD = 4
VERSION = wire.p_version(FFD)
START = int(dt.datetime(2026, 11, 2, 9, 0).timestamp())


def fn_number(index: int) -> str:
    return f"9999{index:012d}"


class TestRegister:
    """A register with a new storage. Documents are made in order and kept in `made`."""

    __test__ = False

    def __init__(self, index: int = 1, inn: str = INN) -> None:
        self.fn = fn_number(index)
        self.inn = inn
        self.serial = f"{index:014d}"
        self.rnm = make_rnm(index, inn, self.serial)
        self.storage = FiscalStorage(State(fn=self.fn))
        self.profile = Profile(inn=inn, address=ADDRESS, place=PLACE, ffd=FFD, user=USER, taxation=1)
        self.time = START
        self.made: list[Made] = []

    def _keep(self, made: Made) -> Made:
        self.made.append(made)
        return made

    def register(self) -> Made:
        return self._report(ADDRESS, reasons=None)

    def change_address(self, address: str) -> Made:
        """Change of registration (form 11) for another address, reason bit 3."""
        return self._report(address, reasons=0b1000)

    def _report(self, address: str, reasons: int | None) -> Made:
        content = RegistrationContent(
            user=USER,
            address=address,
            place=PLACE,
            serial=self.serial,
            cashier=CASHIER,
            key_resource=400,
            conditions=32,
        )
        registration = Registration(self.rnm, self.inn, 1, FFD, 0, 180)
        encoded = content.content(FFD)
        return self._keep(self.storage.register(registration, self.serial, encoded, self.time, reasons=reasons))

    def open_shift(self) -> Made:
        return self._keep(self.storage.open_shift(ShiftOpenContent(cashier=CASHIER).content(FFD), self.time))

    def close_shift(self) -> Made:
        content = tlv.encode([(1021, CASHIER.name), (1188, "openkass"), (1189, FFD)])
        return self._keep(self.storage.close_shift(content, self.time))

    def receipt(self, total: int = 12_345, *, items: int = 1, operation: int = 1, content: bytes | None = None) -> Made:
        """A receipt of `total` kopecks in `items` lines; `content` replaces what the register hands over."""
        self.time += 10
        if content is None:
            content = render_content(self._draft(total, items, operation), self.profile)
        return self._keep(self.storage.receipt(3, operation, total, content, self.time))

    def ready(self) -> TestRegister:
        """Registered, shift open."""
        self.register()
        self.open_shift()
        return self

    def _draft(self, total: int, items: int, operation: int) -> ReceiptDraft:
        share = total // items
        amounts = [share] * (items - 1) + [total - share * (items - 1)]
        lines = tuple(
            Item(name=f"Товар {number}", price=amount, quantity=Decimal(1), amount=amount, vat=11, method=4, kind=1)
            for number, amount in enumerate(amounts, 1)
        )
        return ReceiptDraft(
            operation=operation,
            taxation=1,
            items=lines,
            payments=Payments(cash=total),
            total=total,
            cashier=CASHIER.name,
        )


class Refused(Exception):
    """The operator closed the connection without an answer."""


class Client:
    """One blocking connection of a register."""

    def __init__(self, port: int, *, timeout: float = 10.0) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.wire = wire.Connection(wire.Role.KKT)

    def deliver(self, fn: str, container: bytes) -> wire.Container:
        """The acknowledgement of one document. Raises `Refused`."""
        return wire.Container.parse(self.deliver_raw(fn, container))

    def deliver_raw(self, fn: str, container: bytes) -> bytes:
        event = self._exchange(wire.Document(fn, VERSION, container))
        assert isinstance(event, wire.Answer)
        return event.container

    def ping(self, fn: str) -> wire.Pong:
        event = self._exchange(wire.Ping(fn, VERSION))
        assert isinstance(event, wire.Pong)
        return event

    def _exchange(self, event: wire.Event) -> wire.Event:
        try:
            self.socket.sendall(self.wire.send(event))
            while (answer := self.wire.next_event()) is wire.NEED_DATA:
                self.wire.receive_data(self.socket.recv(65536))
        except (ConnectionError, wire.RemoteProtocolError) as error:
            raise Refused from error
        if isinstance(answer, wire.Closed):
            raise Refused
        return answer

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def deliver(port: int, register: TestRegister, *made: Made) -> list[wire.Container]:
    """Acknowledgements of `made`, or of everything the register has, over a connection of its own."""
    with Client(port) as client:
        return [client.deliver(register.fn, one.container) for one in made or register.made]


def checked(register: TestRegister, position: int) -> CheckedDocument:
    """Document number `position` of a register as the exchange hands it to its store."""
    event = wire.Document(register.fn, VERSION, register.made[position].container)
    return check(event, verifier=EmulationVerifier(), now=dt.datetime.now(dt.UTC))
