"""Which goods may not be sold, by what the marking service says of their code (ПП 1944 of 21.11.2023).

The set of checks is that of published clients of the service (second-hand); which of them a group of goods is spared is
unconfirmed and therefore data: `SPARED`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec


class Answered(msgspec.Struct, rename="camel", kw_only=True):
    """What the service says of one code. Fields that it leaves out say nothing against the sale, but `found`."""

    cis: str = ""
    found: bool = False
    valid: bool = True
    verified: bool = True
    utilised: bool = True
    realizable: bool = True
    sold: bool = False
    is_blocked: bool = False
    gray_zone: bool = False
    expire_date: str | None = None
    group_ids: list[int] | None = None
    error_code: int = 0


class Check(NamedTuple):
    """`failed` tells whether the goods may not be sold; `at_return` whether it also holds for goods that come back."""

    name: str  # stable; codes of refusals are "mark_" and this
    text: str
    failed: Callable[[Answered, dt.datetime], bool]
    at_return: bool


def _expired(code: Answered, at: dt.datetime) -> bool:
    if not code.expire_date:
        return False
    try:
        until = dt.datetime.fromisoformat(code.expire_date)
    except ValueError:
        return False
    return (until if until.tzinfo else until.replace(tzinfo=dt.UTC)) < at


CHECKS: Final = (
    Check("not_found", "не найден в системе маркировки", lambda code, at: not code.found or not code.valid, True),
    Check("not_utilised", "выпущен, но сведений о нанесении на товар нет", lambda code, at: not code.utilised, True),
    Check("not_verified", "не прошёл проверку подлинности", lambda code, at: not code.verified, True),
    Check("blocked", "заблокирован решением органа власти", lambda code, at: code.is_blocked, True),
    Check("sold", "уже выведен из оборота: товар продан", lambda code, at: code.sold, False),
    Check(
        "not_realizable",
        "не введён в оборот",
        lambda code, at: not code.realizable and not code.sold and not code.gray_zone,
        False,
    ),
    Check("expired", "принадлежит товару с истёкшим сроком годности", _expired, False),
)

SPARED: Final[dict[int, frozenset[str]]] = {15: frozenset({"sold"})}  # 15: beer, kegs of which are sold by parts


def first_failed(code: Answered, *, leaves: bool, at: dt.datetime) -> Check | None:
    """The first check that forbids the sale (or, not `leaves`, taking the goods back); None when there is none."""
    spared = frozenset().union(*(SPARED.get(group, frozenset()) for group in code.group_ids or ()))
    for check in CHECKS:
        if (leaves or check.at_return) and check.name not in spared and check.failed(code, at):
            return check
    return None
