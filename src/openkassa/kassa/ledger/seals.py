"""Sealing: entries posted since the last seal are chained and counted into the balances.

One sealer of an organisation works at a time, and only it writes balances: this is what keeps postings free of locks.
"""

from __future__ import annotations

import uuid

from openkassa.core.clock import now
from openkassa.core.db import atomic
from openkassa.core.ids import uuid7
from openkassa.kassa.ledger import sql
from openkassa.kassa.ledger.digests import START, seal_hash

MOST = 5_000  # entries in a seal
SEAL_PAUSE = 1.0  # seconds between looks where nothing waits


def ledger_seal(*, organisation_id: uuid.UUID, most: int = MOST) -> int:
    """Makes one seal of what is posted and not sealed. Returns its number of entries: 0 when there is nothing, or
    when another sealer is at it."""
    with atomic():
        if not sql.sealing_alone(organisation_id=organisation_id):
            return 0
        taken = sql.unsealed_take(organisation_id=organisation_id, limit=most)
        if not taken:
            return 0
        number, before = sql.last_seal(organisation_id=organisation_id) or (0, START)
        ids = [id for id, _ in taken]
        sql.count_in(organisation_id=organisation_id, ids=ids)
        sql.seal(
            organisation_id=organisation_id,
            id=uuid7(),
            number=number + 1,
            ids=ids,
            hash=seal_hash(
                organisation_id=organisation_id,
                number=number + 1,
                before=before,
                digests=[digest for _, digest in taken],
            ),
            at=now(),
        )
    return len(taken)


def ledgers_seal() -> int:
    """Seals what waits, in every organisation. Returns the number of entries."""
    return sum(ledger_seal(organisation_id=organisation_id) for organisation_id in sql.organisations_unsealed())
