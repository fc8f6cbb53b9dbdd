"""The sandbox's marking service as tests of our side use it."""

from __future__ import annotations

from decimal import Decimal

import httpx
from tests.fiscal.test_marking import SHOES
from tests.sandbox.running import Running
from tests.support.world import World

from openkassa.fiscal.draft import Item, Mark, Payments
from openkassa.kassa.marking import hosts as hosts_module
from openkassa.kassa.marking import service
from openkassa.kassa.receipts.channels import channel_by_id, channel_marking_set


class Service:
    """The marking service of the sandbox, and the hosts that our side keeps of it."""

    def __init__(self, sandbox: Running, key: str) -> None:
        self.address = f"http://127.0.0.1:{sandbox.marking_port}"
        self.exchange = f"127.0.0.1:{sandbox.exchange_port}"
        self.key = key
        self._http = httpx.Client(base_url=sandbox.url, trust_env=False)

    def state(self, code: str) -> str:
        codes = self._http.get("/api/marking/codes").json()["codes"]
        return next(one["state"] for one in codes if one["code"] == code)

    def put(self, code: str, state: str = "in_circulation") -> None:
        self._http.put("/api/marking/codes", json={"code": code, "state": state}).raise_for_status()

    def fault(self, name: str, value: float = 1, times: int | None = None) -> None:
        self._http.post("/faults", json={"name": name, "value": value, "times": times}).raise_for_status()

    def asked(self) -> list[dict]:
        """Questions about codes under our key, oldest first."""
        questions = self._http.get("/api/marking/codes").json()["questions"]
        return [one for one in questions if one["key"] == self.key]

    @property
    def hosts(self) -> hosts_module.Hosts:
        return service.hosts_of(self.address, self.key)

    def clear(self) -> None:
        self._http.delete("/api/marking/codes")
        self._http.delete("/api/faults")


def ask_before_sales(world: World, api_key: str) -> World:
    """The world with a channel that asks about codes under a key; an empty one: it asks nobody."""
    channel_marking_set(organisation_id=world.organisation_id, channel_id=world.channel.channel_id, api_key=api_key)
    world.channel = channel_by_id(world.organisation_id, world.channel.channel_id)
    return world


def marked(code: str = SHOES, kind: str = "gs1m", **changes) -> Item:
    fields = {"name": "Туфли", "price": 1000, "quantity": Decimal(1), "amount": 1000, "vat": 6, "method": 4, "kind": 33}
    return Item(**{**fields, "mark": Mark(kind=kind, code=code), **changes})


def sell(world: World, *items: Item, key: str | None = None, **changes):
    items = items or (marked(),)
    total = sum(item.amount for item in items)
    return world.sell(key, items=items, total=total, payments=Payments(cash=total), **changes)
