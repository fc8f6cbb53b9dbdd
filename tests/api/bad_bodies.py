"""Bodies that no face may take, and bodies that are slightly wrong, made of one that is right."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

ODD = [None, "", "x", "x" * 300, "\0", "\ud7ff\ufffd", 0, -1, 1, 1.5, 10**30, 1e308, True, False, [], {}, [[]],
       [{}], {"type": 5}, "vat20", "01.01.2026", "7707083893", "🎉" * 40, ["+79991112233"]]  # fmt: skip


def malformed(valid: Any) -> dict[str, bytes]:
    """Bodies that are no JSON, no UTF-8 or no object."""
    text = json.dumps(valid)
    return {
        "empty": b"",
        "not json": b"external_id=1",
        "cut": text.encode()[:-5],
        "trailing": text.encode() + b"x",
        "not utf-8": json.dumps(valid, ensure_ascii=False).encode("cp1251"),
        "not utf-8 in a field that nobody reads": b'{"x":"\xff"}',
        "utf-16": text.encode("utf-16"),
        "lone surrogate": b'{"x":"\\ud800"}',
        "nan": b'{"x":NaN}',
        "deep": b'{"items":' + b"[" * 100_000,
        "deep in a field that nobody reads": b'{"x":' + b"[" * 100_000,
        "array": b"[]",
        "string": b'"x"',
        "number": b"5",
        "null": b"null",
        "empty object": b"{}",
    }


def mutated(body: dict, chance: random.Random) -> dict:
    """`body` with one to three values replaced or removed somewhere in it."""
    body = copy.deepcopy(body)
    for _ in range(chance.randint(1, 3)):
        holder, key = chance.choice(list(_spots(body)))
        if chance.random() < 0.2:
            del holder[key]
        else:
            holder[key] = copy.deepcopy(chance.choice(ODD))
        if not body:
            break
    return body


def _spots(value: Any) -> Iterator[tuple[Any, Any]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(pairs):
        yield value, key
        yield from _spots(inner)
