"""Reads of the ledger: balances, statements, entries. Amounts are minor units, on the side where the account grows."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import msgspec

from openkassa.core.tenancy import within
from openkassa.kassa.ledger import sql
from openkassa.kassa.ledger.chart import Code
from openkassa.kassa.ledger.entries import Line
from openkassa.kassa.ledger.models import Account

LIMIT = 200
BEFORE_ALL = uuid.UUID(int=0)


class PostedEntry(msgspec.Struct, frozen=True):
    id: uuid.UUID
    key: str
    kind: str
    cause_kind: str
    cause_id: uuid.UUID
    currency: str
    reverses_id: uuid.UUID | None
    happened_at: dt.datetime
    posted_at: dt.datetime
    digest: bytes
    lines: tuple[Line, ...]


class Balance(msgspec.Struct, frozen=True):
    code: Code
    party: str
    amount: int


class StatementLine(msgspec.Struct, frozen=True):
    """A posting with what it is about."""

    posted_at: dt.datetime
    entry_id: uuid.UUID
    line: int
    amount: int
    kind: str
    cause_kind: str
    cause_id: uuid.UUID
    happened_at: dt.datetime

    @property
    def cursor(self) -> tuple[dt.datetime, uuid.UUID, int]:
        return (self.posted_at, self.entry_id, self.line)


class Statement(msgspec.Struct, frozen=True):
    opening: int
    closing: int
    lines: list[StatementLine]
    more: bool  # ask for what comes after the last line's `cursor`


def entry_get(organisation_id: uuid.UUID, entry_id: uuid.UUID) -> PostedEntry | None:
    rows = sql.entries(organisation_id=organisation_id, ids=[entry_id])
    return _entry(rows[0]) if rows else None


def entry_by_key(organisation_id: uuid.UUID, key: str) -> PostedEntry | None:
    rows = sql.entries(organisation_id=organisation_id, ids=[], key=key)
    return _entry(rows[0]) if rows else None


def entries_get(organisation_id: uuid.UUID, ids: list[uuid.UUID]) -> list[PostedEntry]:
    return [_entry(row) for row in sql.entries(organisation_id=organisation_id, ids=ids)]


def balances(organisation_id: uuid.UUID, *, currency: str, code: Code | None = None) -> list[Balance]:
    """Of now, with what is not sealed yet; accounts in order of the chart."""
    rows = sql.balances(organisation_id=organisation_id, currency=currency, code=code)
    return [Balance(Code(row[0]), row[1], int(row[2]) * Code(row[0]).side) for row in rows]


def balance(organisation_id: uuid.UUID, code: Code, *, currency: str, party: str = "") -> int:
    rows = balances(organisation_id, currency=currency, code=code)
    return next((row.amount for row in rows if row.party == party), 0)


def balance_at(organisation_id: uuid.UUID, code: Code, *, currency: str, party: str = "", at: dt.datetime) -> int:
    """What an account had before the moment `at`, by the time of posting."""
    account_id = _account(organisation_id, code, party, currency)
    return 0 if account_id is None else _at(organisation_id, account_id, at) * code.side


def statement(
    organisation_id: uuid.UUID,
    code: Code,
    *,
    currency: str,
    party: str = "",
    since: dt.datetime,
    until: dt.datetime,
    after: tuple[dt.datetime, uuid.UUID, int] | None = None,
    limit: int = LIMIT,
) -> Statement:
    """Lines posted from `since` to before `until`, oldest first, with the balances at both ends."""
    account_id = _account(organisation_id, code, party, currency)
    if account_id is None:
        return Statement(0, 0, [], False)
    at, entry_id, line = after or (since, BEFORE_ALL, 0)
    limit = min(limit, LIMIT)
    rows = sql.lines(
        organisation_id=organisation_id,
        account_id=account_id,
        after_at=at,
        after_entry=entry_id,
        after_line=line,
        until=until,
        limit=limit + 1,
    )
    lines = [_line(code, *row) for row in rows[:limit]]
    opening = _at(organisation_id, account_id, since) * code.side
    closing = _at(organisation_id, account_id, until) * code.side
    return Statement(opening, closing, lines, len(rows) > limit)


def _at(organisation_id: uuid.UUID, account_id: uuid.UUID, at: dt.datetime) -> int:
    hour = at.astimezone(dt.UTC).replace(minute=0, second=0, microsecond=0)
    return sql.balance_at(organisation_id=organisation_id, account_id=account_id, hour=hour, at=at)


def _account(organisation_id: uuid.UUID, code: Code, party: str, currency: str) -> uuid.UUID | None:
    with within(organisation_id):
        return Account.objects.filter(code=code, party=party, currency=currency).values_list("id", flat=True).first()


def _line(code: Code, at: dt.datetime, entry_id: uuid.UUID, line: int, amount: int, *about: Any) -> StatementLine:
    kind, cause_kind, cause_id, happened_at = about
    return StatementLine(at, entry_id, line, amount * code.side, kind, cause_kind, cause_id, happened_at)


def _entry(row: tuple) -> PostedEntry:
    *said, digest, codes, parties, amounts = row
    lines = tuple(Line(Code(code), amount, party) for code, party, amount in zip(codes, parties, amounts, strict=True))
    id, key, kind, cause_kind, cause_id, currency, reverses_id, happened_at, posted_at = said
    return PostedEntry(
        id, key, kind, cause_kind, cause_id, currency, reverses_id, happened_at, posted_at, bytes(digest), lines
    )
