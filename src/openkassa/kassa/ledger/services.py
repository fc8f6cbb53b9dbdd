"""Writes of the ledger: post an entry once, take one back, seal what was posted.

Who takes from an account that may not go below zero locks its balance; nobody else locks anything (`seals`).
"""

from __future__ import annotations

import contextlib
import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

import msgspec
from django.db import IntegrityError

from openkassa.core.clock import now
from openkassa.core.db import atomic
from openkassa.core.ids import uuid7
from openkassa.kassa.ledger import sql
from openkassa.kassa.ledger.chart import Code
from openkassa.kassa.ledger.digests import entry_digest
from openkassa.kassa.ledger.entries import Entry, mirrored
from openkassa.kassa.ledger.selectors import PostedEntry, entry_by_key, entry_get

LONGEST_KEY = 200
REVERSED_ONCE = "journal_entry_reversed_once"  # the index that refuses a second reversing entry


class LedgerError(Exception):
    """An entry was not posted; nothing was written."""


class KeyTaken(LedgerError):
    """The key stands for another entry."""

    def __init__(self, key: str, first_id: uuid.UUID) -> None:
        super().__init__(f"{key} is the key of entry {first_id}, which says something else")
        self.first_id = first_id


class NotEnough(LedgerError):
    """An account that may not go below zero would. `left` is what may be taken from it."""

    def __init__(self, code: Code, left: int) -> None:
        super().__init__(f"account {code} has {left}")
        self.code = code
        self.left = left


class AlreadyReversed(LedgerError):
    """The entry was taken back before, under another key."""


class Cause(msgspec.Struct, frozen=True):
    """Why money moves: what asked for it, and its id."""

    kind: str
    id: uuid.UUID


class Posted(msgspec.Struct, frozen=True):
    id: uuid.UUID
    first: bool  # False: it had been posted under this key before


def entry_post(
    *,
    organisation_id: uuid.UUID,
    entry: Entry,
    key: str,
    cause: Cause,
    happened_at: dt.datetime | None = None,
    not_below_zero: Sequence[Code] = (),
) -> Posted:
    """Posts an entry under its key; a repeat finds the first.

    `not_below_zero`: accounts of the entry (of the party of its line) from which no more is taken than there is.
    Raises `KeyTaken`, `NotEnough`.
    """
    return _post(organisation_id, entry, key, cause, happened_at, not_below_zero, None)


def entry_reverse(*, organisation_id: uuid.UUID, entry_id: uuid.UUID, key: str, cause: Cause) -> Posted:
    """Takes an entry back by its mirror; the database lets it be done once. Raises `KeyTaken`,
    `AlreadyReversed`, `LedgerError` for an entry that is not there."""
    first = entry_get(organisation_id, entry_id)
    if first is None:
        raise LedgerError(f"there is no entry {entry_id}")
    entry = mirrored(first.lines, currency=first.currency)
    try:
        with atomic():
            return _post(organisation_id, entry, key, cause, None, (), entry_id)
    except IntegrityError as error:
        if REVERSED_ONCE not in str(error):
            raise
        raise AlreadyReversed(f"entry {entry_id} was taken back before") from None


def _post(
    organisation_id: uuid.UUID,
    entry: Entry,
    key: str,
    cause: Cause,
    happened_at: dt.datetime | None,
    not_below_zero: Sequence[Code],
    reverses_id: uuid.UUID | None,
) -> Posted:
    if not 0 < len(key) <= LONGEST_KEY:
        raise LedgerError(f"a key has 1 to {LONGEST_KEY} characters, this one {len(key)}")
    values = _values(organisation_id, entry, key, cause, happened_at, reverses_id)
    with atomic() if not_below_zero else contextlib.nullcontext():
        if not_below_zero:
            _check_left(organisation_id, entry, key, not_below_zero)
        if sql.post(**values):
            return Posted(values["id"], True)
        if (first := entry_by_key(organisation_id, key)) is None:
            _open_accounts(organisation_id, entry)
            if sql.post(**values):
                return Posted(values["id"], True)
            first = entry_by_key(organisation_id, key)
        if first is None or not _same(first, entry, cause, reverses_id):
            raise KeyTaken(key, first.id if first else uuid.UUID(int=0))
        return Posted(first.id, False)


def _values(
    organisation_id: uuid.UUID,
    entry: Entry,
    key: str,
    cause: Cause,
    happened_at: dt.datetime | None,
    reverses_id: uuid.UUID | None,
) -> dict[str, Any]:
    at = now()
    said: dict[str, Any] = {
        "organisation_id": organisation_id,
        "id": uuid7(),
        "key": key,
        "kind": entry.kind,
        "cause_kind": cause.kind,
        "cause_id": cause.id,
        "currency": entry.currency,
        "reverses_id": reverses_id,
        "happened_at": happened_at or at,
        "posted_at": at,
    }
    return said | {
        "digest": entry_digest(lines=entry.lines, **said),
        "lines": len(entry.lines),
        "codes": [line.code for line in entry.lines],
        "parties": [line.party for line in entry.lines],
        "amounts": [line.amount for line in entry.lines],
    }


def _same(first: PostedEntry, entry: Entry, cause: Cause, reverses_id: uuid.UUID | None) -> bool:
    return (first.kind, first.currency, first.lines, first.cause_kind, first.cause_id, first.reverses_id) == (
        entry.kind,
        entry.currency,
        entry.lines,
        cause.kind,
        cause.id,
        reverses_id,
    )


def _check_left(organisation_id: uuid.UUID, entry: Entry, key: str, codes: Sequence[Code]) -> None:
    """Locks the balances, then looks in a snapshot that sees what was posted under these locks before: an entry of
    this key, which takes nothing more, or what is left."""
    lines = [line for line in entry.lines if line.code in codes]
    _open_accounts(organisation_id, entry)
    sql.balances_lock(
        organisation_id=organisation_id,
        codes=[line.code for line in lines],
        parties=[line.party for line in lines],
        currency=entry.currency,
    )
    if entry_by_key(organisation_id, key) is not None:
        return
    for line in lines:
        rows = sql.balances(organisation_id=organisation_id, currency=entry.currency, code=line.code)
        amount = next(amount for _, party, amount in rows if party == line.party)
        left = amount * line.code.side
        if left + line.amount * line.code.side < 0:
            raise NotEnough(line.code, left)


def _open_accounts(organisation_id: uuid.UUID, entry: Entry) -> None:
    wanted = sorted({(line.code, line.party) for line in entry.lines})
    sql.accounts_open(
        organisation_id=organisation_id,
        ids=[uuid7() for _ in wanted],
        codes=[code for code, _ in wanted],
        parties=[party for _, party in wanted],
        currency=entry.currency,
    )
