"""Load for the exchange: `python -m tests.ofd.load --port 7777 --connections 50 --seconds 10`, or `--idle 10000`.

Each connection is a register that delivers one document, waits for the acknowledgement and delivers the next. Documents
are made beforehand, so the generator costs little; its own CPU is printed apart from the exchange's.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import resource
import time

import psutil
from tests.ofd.kkt import VERSION, TestRegister

from openkassa.fiscal import wire


def messages(register: TestRegister, count: int, items: int) -> list[bytes]:
    register.ready()
    while len(register.made) < count:
        register.receipt(items=items)
    return [
        wire.Connection(wire.Role.KKT).send(wire.Document(register.fn, VERSION, made.container))
        for made in register.made
    ]


async def one_register(port: int, batch: list[bytes], until: float, latencies: list[float]) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    done = 0
    for message in batch:
        started = time.perf_counter()
        if started > until:
            break
        writer.write(message)
        header = await reader.readexactly(wire.HEADER_SIZE)
        await reader.readexactly(int.from_bytes(header[24:26], "little"))
        latencies.append(time.perf_counter() - started)
        done += 1
    writer.close()
    return done


async def deliver(arguments: argparse.Namespace) -> None:
    base = random.randrange(9_000_000) * 1000
    count = max(arguments.per_second * arguments.seconds // arguments.connections, 10)
    batches = [messages(TestRegister(base + n), count, arguments.items) for n in range(arguments.connections)]
    exchange = psutil.Process(arguments.pid) if arguments.pid else None
    before = sum(exchange.cpu_times()[:2]) if exchange else 0.0
    own = time.process_time()
    latencies: list[float] = []
    started = time.perf_counter()
    until = started + arguments.seconds
    done = sum(await asyncio.gather(*(one_register(arguments.port, batch, until, latencies) for batch in batches)))
    seconds = time.perf_counter() - started
    own = time.process_time() - own
    latencies.sort()
    print(f"{done} documents in {seconds:.2f} s: {done / seconds:.0f}/s, connections {arguments.connections}")
    median, late = (latencies[int(len(latencies) * share)] * 1e3 for share in (0.5, 0.99))
    print(f"answer: median {median:.1f} ms, p99 {late:.1f} ms, longest {latencies[-1] * 1e3:.0f} ms")
    print(f"CPU of this generator per document: {own / done * 1e6:.0f} µs")
    if exchange:
        used = sum(exchange.cpu_times()[:2]) - before
        resident = exchange.memory_info().rss >> 20
        print(f"CPU of the exchange per document: {used / done * 1e6:.0f} µs, memory {resident} MiB")


async def hold_idle(arguments: argparse.Namespace) -> None:
    exchange = psutil.Process(arguments.pid)
    before = exchange.memory_info().rss
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, arguments.idle + 100), hard))
    connections = []
    for _ in range(arguments.idle):
        connections.append(await asyncio.open_connection("127.0.0.1", arguments.port))
    ping = wire.Connection(wire.Role.KKT).send(wire.Ping("9999000000000001", VERSION))
    for reader, writer in connections:
        writer.write(ping)
        await reader.readexactly(wire.HEADER_SIZE)
    after = exchange.memory_info().rss
    print(
        f"{arguments.idle} idle connections: {after >> 20} MiB resident, "
        f"{(after - before) / arguments.idle / 1024:.2f} KiB each"
    )
    for _, writer in connections:
        writer.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--pid", type=int, help="process id of the exchange")
    parser.add_argument("--connections", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--items", type=int, default=5)
    parser.add_argument("--per-second", type=int, default=3000, help="documents made beforehand for each second")
    parser.add_argument("--idle", type=int, default=0)
    arguments = parser.parse_args()
    asyncio.run(hold_idle(arguments) if arguments.idle else deliver(arguments))


if __name__ == "__main__":
    main()
