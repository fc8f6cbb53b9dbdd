"""Entries of the side menu."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True)
class Item:
    """One entry: a translated label, an address, an icon of the sprite, and a number that asks for attention."""

    label: str
    url: str
    icon: str
    count: int | None = None
    active: bool = False


def mark_active(items: Iterable[Item], path: str) -> list[Item]:
    """The same entries, that one active whose address is the longest beginning of `path`."""
    items = list(items)
    matching = [item for item in items if path == item.url or path.startswith(item.url.rstrip("/") + "/")]
    chosen = max(matching, key=lambda item: len(item.url), default=None)
    return [replace(item, active=item is chosen) for item in items]
