"""`python -m bench.load`: N callers on kept connections, each sending sells one after another, over plain sockets.

A process of its own, so that its CPU is told apart from the platform's. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import time
import uuid
from urllib.parse import urlsplit

ITEMS = [
    ("Кофе в зёрнах, 1 кг", 1490.0, 1, 1490.0, "vat22"),
    ("Хлеб ржаной", 64.5, 2, 129.0, "vat10"),
    ("Молоко 3,2 %, 1 л", 92.9, 3, 278.7, "vat10"),
    ("Сахар-песок, кг", 79.99, 1.5, 119.99, "vat10"),
    ("Доставка", 300.0, 1, 300.0, "vat22"),
]


def body(inn: str, place: str) -> bytes:
    """An ATOL v4 sell with five items; EXTERNAL_ID is replaced before each send."""
    total = round(sum(item[3] for item in ITEMS), 2)
    receipt = {
        "external_id": "E" * 32,
        "timestamp": time.strftime("%d.%m.%Y %H:%M:%S"),
        "receipt": {
            "client": {"email": "buyer@example.com"},
            "company": {"email": "shop@example.com", "sno": "osn", "inn": inn, "payment_address": place},
            "items": [
                {
                    "name": name,
                    "price": price,
                    "quantity": quantity,
                    "sum": amount,
                    "payment_method": "full_payment",
                    "payment_object": "commodity",
                    "vat": {"type": vat},
                }
                for name, price, quantity, amount, vat in ITEMS
            ],
            "payments": [{"type": 1, "sum": total}],
            "total": total,
        },
    }
    return json.dumps(receipt, ensure_ascii=False).encode()


class Caller:
    def __init__(self, load: Load) -> None:
        self.load = load

    async def run(self) -> None:
        load = self.load
        reader, writer = await asyncio.open_connection(load.host, load.port)
        while time.monotonic() < load.until and load.sent < load.limit:
            load.sent += 1
            started = time.perf_counter()
            writer.write(load.head + load.body.replace(b"E" * 32, uuid.uuid4().hex.encode()))
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            answer = await reader.readexactly(length)
            load.times.append(time.perf_counter() - started)
            if not head.startswith(b"HTTP/1.1 200"):
                load.errors.append(answer[:300].decode(errors="replace"))
            if load.pause:
                await asyncio.sleep(load.pause)
        writer.close()


class Load:
    def __init__(self, arguments: argparse.Namespace) -> None:
        parts = urlsplit(arguments.url)
        self.host, self.port = parts.hostname, parts.port
        self.body = body(arguments.inn, "https://bench.example")
        self.head = (
            f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nToken: {arguments.token}\r\n"
            f"Content-Type: application/json; charset=utf-8\r\nContent-Length: {len(self.body)}\r\n\r\n"
        ).encode()
        self.until = time.monotonic() + arguments.seconds
        self.limit = arguments.limit
        self.pause = 0.0 if not arguments.rate else arguments.callers / arguments.rate
        self.sent = 0
        self.times: list[float] = []
        self.errors: list[str] = []

    async def run(self, callers: int) -> None:
        await asyncio.gather(*(Caller(self).run() for _ in range(callers)))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--inn", required=True)
    parser.add_argument("--callers", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--limit", type=int, default=10**9)
    parser.add_argument("--rate", type=float, default=0.0, help="Sells a second in all; 0 for as many as go.")
    arguments = parser.parse_args()
    load = Load(arguments)
    started = time.monotonic()
    asyncio.run(load.run(arguments.callers))
    elapsed = time.monotonic() - started
    used = resource.getrusage(resource.RUSAGE_SELF)
    times = sorted(load.times)
    print(
        json.dumps(
            {
                "count": len(times) - len(load.errors),
                "seconds": elapsed,
                "rate": (len(times) - len(load.errors)) / elapsed,
                "p50_ms": times[len(times) // 2] * 1000,
                "p99_ms": times[int(len(times) * 0.99)] * 1000,
                "max_ms": times[-1] * 1000,
                "errors": len(load.errors),
                "first_error": load.errors[0] if load.errors else None,
                "load_cpu": used.ru_utime + used.ru_stime,
            }
        )
    )


if __name__ == "__main__":
    main()
