"""Proof that the ledger is whole: digests, chain, balances, nothing outside of them. Reads only."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from openkassa.core.tenancy import within
from openkassa.kassa.ledger import sql
from openkassa.kassa.ledger.digests import START, entry_digest, seal_hash
from openkassa.kassa.ledger.models import Seal
from openkassa.kassa.ledger.selectors import PostedEntry, entries_get

NEWEST = 50  # seals that a quick look reads


def ledger_problems(organisation_id: uuid.UUID, *, quick: bool = False) -> Iterator[str]:
    """What does not agree, each in a sentence; nothing when the books are good.

    Reads the whole journal; `quick`: the newest seals alone, and balances against hours.
    """
    last = sql.older_seal(organisation_id=organisation_id, newer=NEWEST) if quick else None
    yield from _chain(organisation_id, *(last or (0, START)))
    if quick:
        for code, party, currency, kept, hours in sql.hours_differences(organisation_id=organisation_id):
            yield f"account {code} {party} in {currency}: balance {kept}, hours {hours}"
        return
    for code, party, currency, kept, hours, posted in sql.differences(organisation_id=organisation_id):
        name = f"{code} {party}".rstrip()
        yield f"account {name} in {currency}: balance {kept}, hours {hours}, postings {posted}"
    for entry_id in sql.strays(organisation_id=organisation_id):
        yield f"entry {entry_id} is in no seal and does not wait for one"


def _chain(organisation_id: uuid.UUID, last: int, before: bytes) -> Iterator[str]:
    """Seals after number `last`, whose hash is `before`."""
    expected = last + 1
    with within(organisation_id):
        seals = (
            Seal.objects.filter(number__gt=last)
            .order_by("number")
            .values_list("number", "entry_ids", "hash")
            .iterator(chunk_size=20)
        )
        for number, entry_ids, kept in seals:
            if number != expected:
                yield f"seal {expected} is missing"
            entries = entries_get(organisation_id, entry_ids)
            if len(entries) != len(entry_ids):
                yield f"seal {number} has {len(entry_ids)} entries, the journal {len(entries)} of them"
            for entry in entries:
                if _digest(organisation_id, entry) != entry.digest:
                    yield f"entry {entry.id} was changed after it was posted"
            digests = [entry.digest for entry in entries]
            if seal_hash(organisation_id=organisation_id, number=number, before=before, digests=digests) != bytes(kept):
                yield f"seal {number} does not agree with its entries and the seal before it"
            before, expected = bytes(kept), number + 1


def _digest(organisation_id: uuid.UUID, entry: PostedEntry) -> bytes:
    return entry_digest(
        organisation_id=organisation_id,
        id=entry.id,
        key=entry.key,
        kind=entry.kind,
        cause_kind=entry.cause_kind,
        cause_id=entry.cause_id,
        currency=entry.currency,
        reverses_id=entry.reverses_id,
        happened_at=entry.happened_at,
        posted_at=entry.posted_at,
        lines=entry.lines,
    )
