"""The tour: a sale, a refund and a correction travel the whole way, as a shop on the ATOL protocol would send them.

It speaks to the running platform over HTTP alone and prints each step as it happens.
"""

from __future__ import annotations

import datetime as dt
import time
import uuid

import httpx
from rich.console import Console, Group
from rich.table import Table

from openkassa.cli.demo import demo_info
from openkassa.cli.errors import Trouble
from openkassa.core.clock import now
from openkassa.core.settings import settings
from openkassa.kassa.receipts.links import receipt_url

WAIT_SECONDS = 60.0
PAUSE_SECONDS = 0.1
MOSCOW = dt.timezone(dt.timedelta(hours=3))
ROLES = {
    "owner": "владелец · owner",
    "manager": "управляющий · manager",
    "cashier": "кассир · cashier",
    "staff": "сервис · staff",
    "operator": "ОФД · operator",
}
BUYER = "buyer@example.com"
ITEMS = [
    {
        "name": "Кофе в зёрнах «Утро», 1 кг",
        "price": 1490.00,
        "quantity": 1,
        "sum": 1490.00,
        "payment_method": "full_payment",
        "payment_object": "commodity",
        "vat": {"type": "vat22"},
    },
    {
        "name": "Хлеб ржаной",
        "price": 64.50,
        "quantity": 2,
        "sum": 129.00,
        "payment_method": "full_payment",
        "payment_object": "commodity",
        "vat": {"type": "vat10"},
    },
    {
        "name": "Доставка",
        "price": 300.00,
        "quantity": 1,
        "sum": 300.00,
        "payment_method": "full_payment",
        "payment_object": "service",
        "vat": {"type": "vat22"},
    },
]
TOTAL = 1919.00


class Tour:
    def __init__(self, console: Console) -> None:
        self.console = console
        self.info = demo_info(settings())
        self.http = httpx.Client(timeout=20, trust_env=False)
        self.atol = self.info["atol"]
        self.base = f"{self.atol['v4']}/{self.atol['group']}"

    def run(self) -> str:
        """Sells, refunds and corrects; returns the address of the sale's public page."""
        answer = self.http.post(
            f"{self.atol['v4']}/getToken", json={"login": self.atol["login"], "pass": self.atol["password"]}
        )
        self._check(answer, "getToken")
        self.http.headers["Token"] = answer.json()["token"]
        sale = self._send("Приход · sale", "sell", {"receipt": self._receipt()})
        self._send("Возврат прихода · refund", "sell_refund", {"receipt": self._receipt(ITEMS[1:2], 129.00)})
        self._send("Коррекция прихода · correction", "sell_correction", {"correction": self._correction()})
        return receipt_url(uuid.UUID(sale))

    def _send(self, title: str, operation: str, content: dict) -> str:
        self.console.print(f"\n[bold]{title}[/]")
        body = {
            "external_id": f"tour-{uuid.uuid4().hex[:12]}",
            "timestamp": now().astimezone(MOSCOW).strftime("%d.%m.%Y %H:%M:%S"),
            **content,
        }
        started = time.monotonic()
        answer = self.http.post(f"{self.base}/{operation}", json=body)
        self._check(answer, operation)
        receipt = answer.json()["uuid"]
        self._step(started, f"принят · accepted {receipt}")
        payload = self._report(receipt)
        self._step(
            started,
            f"фискализирован · fiscalised: ФН {payload['fn_number']}, ФД {payload['fiscal_document_number']},"
            f" ФПД {payload['fiscal_document_attribute']}",
        )
        self._operator(payload)
        self._step(started, "подтверждён оператором · confirmed by the operator")
        return receipt

    def _report(self, receipt: str) -> dict:
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            answer = self.http.get(f"{self.base}/report/{receipt}")
            self._check(answer, "report")
            report = answer.json()
            if report["status"] == "done":
                return report["payload"]
            if report["status"] == "fail":
                raise Trouble(f"The tour's receipt failed: {report['error']['text']}")
            time.sleep(PAUSE_SECONDS)
        raise Trouble(f"The tour's receipt {receipt} was not fiscalised in {WAIT_SECONDS:.0f} s; see kassa doctor")

    def _operator(self, payload: dict) -> None:
        """Waits until the operator has the document, as anybody who knows its sign may ask."""
        address = f"{self.info['ofd_http']}/documents/{payload['fn_number']}/{payload['fiscal_document_number']}"
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            answer = self.http.get(address, params={"fp": payload["fiscal_document_attribute"]})
            if answer.status_code == 200:
                return
            time.sleep(PAUSE_SECONDS)
        raise Trouble(f"The operator has no document at {address} after {WAIT_SECONDS:.0f} s; see kassa doctor")

    def _receipt(self, items: list[dict] = ITEMS, total: float = TOTAL) -> dict:
        return {
            "client": {"email": BUYER},
            "company": self._company(),
            "items": items,
            "payments": [{"type": 1, "sum": total}],
            "total": total,
        }

    def _correction(self) -> dict:
        yesterday = (now().astimezone(MOSCOW) - dt.timedelta(days=1)).strftime("%d.%m.%Y")
        return {
            "company": self._company(),
            "correction_info": {"type": "self", "base_date": yesterday, "base_number": "1"},
            "payments": [{"type": 1, "sum": 250.00}],
            "vats": [{"type": "vat22", "sum": 45.08}],
        }

    def _company(self) -> dict:
        return {
            "email": "kassa@romashka.example",
            "sno": "osn",
            "inn": self.atol["inn"],
            "payment_address": self.atol["payment_address"],
        }

    def _check(self, answer: httpx.Response, what: str) -> None:
        if answer.status_code != 200:
            raise Trouble(f"The tour's {what} was answered {answer.status_code}: {answer.text[:300]}")

    def _step(self, started: float, text: str) -> None:
        self.console.print(f"  {time.monotonic() - started:6.2f} s  {text}", highlight=False)


def addresses(info: dict) -> Group:
    """Tables of addresses and sign-ins."""
    places = Table("Где · where", "Адрес · address", title="OpenKassa")
    places.add_row("Кабинет · cabinet", f"{info['http']}/login")
    places.add_row("АТОЛ Онлайн v4", info["atol"]["v4"])
    places.add_row("API v1", f"{info['v1']['base']}/docs")
    places.add_row("ОФД · operator", f"{info['ofd_http']}/login")
    places.add_row("ККТ → ОФД", info["ofd_tcp"])
    places.add_row("Песочница: почта, телефон · sandbox", info["sandbox"])
    people = Table("Кто · who")  # narrow enough for 80 columns, so that nothing is broken that is to be copied
    for heading in ("Вход · login", "Пароль · password"):
        people.add_column(heading, no_wrap=True)
    for user in info["users"]:
        people.add_row(ROLES[user["role"]], user["login"], user["password"])
    keys = Table("Ключи · keys", "")
    keys.add_row("АТОЛ: login / pass / group", " / ".join(info["atol"][key] for key in ("login", "password", "group")))
    keys.add_row("v1: Authorization: Bearer", info["v1"]["key"])
    return Group(places, people, keys)


def run(console: Console) -> None:
    """The tour and the tables. Raises `Trouble` when a step is not answered as it should be."""
    tour = Tour(console)
    link = tour.run()
    console.print()
    console.print(addresses(tour.info))
    console.print(f"\nЧек · receipt: {link}", soft_wrap=True)
