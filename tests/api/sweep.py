"""Every field of a body in turn made missing, unknown and each of many odd values, a body for each change."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

Place = tuple[str | int, ...]

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 1.5, 10**30, 1e308, -1e308,
    "", " ", "x", "x" * 300, "x" * 70_000, "\0", "\ud7ff\ufffd", "\u202e<script>", "🎉" * 40, "12345678901\n",
    "1e5", "NaN", "0.000001", "99999999.999999", "%s", "{0}", "{x}",
    "01.01.2026", "0001-01-01", "9999-12-31", "1969-12-31T23:59:59Z", "2106-02-07T06:28:16Z", "2030-01-01T00:00:00",
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "00000000-0000-0000-0000-000000000000",
    [], [[]], [{}], [None], [1] * 1000, {}, {"a": 1}, {"type": 5},
)  # fmt: skip


def changed(body: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """(what was changed, the changed body); the body itself is left as it is."""
    for place in _places(body):
        named = ".".join(map(str, place))
        for value in ODD:
            yield f"{named} = {str(value)[:40]!r}", _put(body, place, value)
        if isinstance(place[-1], str):
            yield f"{named} missing", _put(body, place)
            yield f"{named} beside an unknown field", _put(body, (*place[:-1], "unknown"), 1)


def _places(value: Any, above: Place = ()) -> Iterator[Place]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in inside:
        yield (*above, key)
        yield from _places(inner, (*above, key))


def _put(body: dict[str, Any], place: Place, *value: Any) -> Any:
    """A copy with the value at a place; without a value the place is taken out."""
    made = copy.deepcopy(body)
    holder: Any = made
    for key in place[:-1]:
        holder = holder[key]
    if value:
        holder[place[-1]] = value[0]
    else:
        del holder[place[-1]]
    return made
