"""Codec: encode and decode of a receipt with five items, on one core; and a yardstick to compare machines by."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal

from openkassa.fiscal.ffd import tlv

ROUNDS = 30
LOOPS = 2000
YARD = "Кофе в зёрнах, 1 кг"


def receipt() -> tlv.Pairs:
    """An FFD 1.2 receipt as a storage keeps it: 27 fields on top, five lines of eight."""
    line: tlv.Pairs = [
        (1030, "Кофе в зёрнах, 1 кг"),
        (1079, 149000),
        (1023, Decimal("1.5")),
        (2108, 11),
        (1043, 223500),
        (1199, 11),
        (1214, 4),
        (1212, 1),
    ]
    return [
        (1209, 4),
        (1041, "9999078900000001"),
        (1037, "0000000001012345"),
        (1018, "7800000027"),
        (1040, 12345),
        (1012, 1795000000),
        (1077, bytes.fromhex("31040a0b0c0d")),
        (1038, 120),
        (1042, 17),
        (1054, 1),
        (1020, 1117500),
        *[(1059, line)] * 5,
        (1031, 0),
        (1081, 1117500),
        (1215, 0),
        (1216, 0),
        (1217, 0),
        (1055, 1),
        (1115, [(1119, [(1199, 11), (1120, 201516)])]),
        (1008, "buyer@example.com"),
        (1117, "shop@example.com"),
        (1009, "Москва, ул. Примерная, 1"),
        (1187, "https://shop.example"),
    ]


def measure() -> dict[str, float]:
    pairs = receipt()
    data = tlv.encode(pairs)
    yard = best(_yardstick)
    encode, decode = best(lambda: tlv.encode(pairs)), best(lambda: tlv.decode(data))
    return {
        "bytes": len(data),
        "encode_per_second": 1 / encode,
        "decode_per_second": 1 / decode,
        "encode_in_yards": encode / yard,
        "decode_in_yards": decode / yard,
    }


def best(work: Callable[[], object]) -> float:
    """Seconds of one call: the best of many rounds, which the noise of a shared machine disturbs least."""
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for _ in range(LOOPS):
            work()
        times.append((time.perf_counter() - started) / LOOPS)
    return min(times)


def _yardstick() -> bytes:
    """Work of fixed size of the codec's kind, written by hand: what a machine's speed is measured by."""
    found = {}
    parts = []
    for tag in range(1000, 1100):
        text = YARD.encode("cp866")
        parts += (tag.to_bytes(2, "little"), len(text).to_bytes(2, "little"), text)
        found[tag] = text.decode("cp866")
    return b"".join(parts)
