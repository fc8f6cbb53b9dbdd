"""Which registers get a turn now: as many of a pool as its waiting receipts need, the longest idle ones first.

A turn costs about the same whether it makes one document or a hundred, so few receipts go to few registers; the
order spreads work, and the wear of fiscal storages, over all of them in time.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping

SHARE = 25  # receipts for which one more register of a pool is worth a turn

Register = tuple[uuid.UUID, uuid.UUID, uuid.UUID, int | None]  # organisation, register, pool, waiting in the pool


def registers_chosen(
    work: Iterable[Register],
    *,
    busy: Mapping[uuid.UUID, uuid.UUID],
    given: Mapping[uuid.UUID, float],
    batch: Callable[[uuid.UUID], int],
) -> list[Register]:
    """Registers to be given a turn, in order.

    `busy`: register → pool of those that have one now; `given`: register → when it last got one; `batch(register)`:
    how many receipts it takes at once. Registers that are due (`waiting` None) are always chosen.
    """
    chosen: dict[uuid.UUID, Register] = {}
    needs: dict[uuid.UUID, int] = {}
    ordered = sorted(work, key=lambda one: given.get(one[1], 0.0))
    for one in ordered:
        if one[3] is None and one[1] not in busy:
            chosen[one[1]] = one
    shares = [(register, pool) for register, pool in busy.items()]
    shares += [(register, one[2]) for register, one in chosen.items()]
    for one in ordered:
        _organisation, register, pool, waiting = one
        if waiting is None or register in busy or register in chosen:
            continue
        if pool not in needs:
            needs[pool] = waiting - sum(min(batch(r), SHARE) for r, p in shares if p == pool)
        if needs[pool] > 0:
            chosen[register] = one
            needs[pool] -= min(batch(register), SHARE)
    return sorted(chosen.values(), key=lambda one: given.get(one[1], 0.0))
