"""Statements of the ledger. Each function takes `organisation_id` and touches its rows alone.

A few entries are looked up among millions: LATERAL with OFFSET 0 keeps that order, whatever the planner knows of tables
that grow faster than their statistics.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from openkassa.core.db import run

# One statement: nothing is written where an account lacks or the key is known.
POST = """
WITH wanted AS (
    SELECT * FROM unnest(%(codes)s::text[], %(parties)s::text[], %(amounts)s::bigint[])
        WITH ORDINALITY AS given (code, party, amount, line)
), found AS (
    SELECT w.amount, w.line, (
        SELECT a.id FROM kassa_ledger_account a WHERE a.organisation_id = %(organisation_id)s AND a.code = w.code
            AND a.party = w.party AND a.currency = %(currency)s) AS account_id
    FROM wanted w
), entry AS (
    INSERT INTO kassa_ledger_journalentry (
        id, organisation_id, key, kind, cause_kind, cause_id, currency, lines, reverses_id, happened_at, posted_at,
        digest)
    SELECT %(id)s, %(organisation_id)s, %(key)s::text, %(kind)s::text, %(cause_kind)s::text, %(cause_id)s,
        %(currency)s::text, %(lines)s, %(reverses_id)s, %(happened_at)s, %(posted_at)s, %(digest)s
    WHERE (SELECT count(account_id) FROM found) = %(lines)s
    ON CONFLICT (organisation_id, key) DO NOTHING
    RETURNING id
), unsealed AS (
    INSERT INTO kassa_ledger_unsealedentry (entry_id, organisation_id) SELECT id, %(organisation_id)s FROM entry
), posted AS (
    INSERT INTO kassa_ledger_posting (organisation_id, entry_id, line, lines, account_id, amount, posted_at)
    SELECT %(organisation_id)s, entry.id, found.line, %(lines)s, found.account_id, found.amount, %(posted_at)s
    FROM entry CROSS JOIN found
)
SELECT id FROM entry
"""

OPEN_ACCOUNTS = """
WITH opened AS (
    INSERT INTO kassa_ledger_account (id, organisation_id, code, party, currency)
    SELECT id, %(organisation_id)s, code, party, %(currency)s::text
    FROM unnest(%(ids)s::uuid[], %(codes)s::text[], %(parties)s::text[]) AS wanted (id, code, party)
    ORDER BY code, party
    ON CONFLICT (organisation_id, code, party, currency) DO NOTHING
    RETURNING id
)
INSERT INTO kassa_ledger_accountbalance (account_id, organisation_id, amount)
SELECT id, %(organisation_id)s, 0 FROM opened
"""

LOCK_BALANCES = """
SELECT b.account_id FROM kassa_ledger_accountbalance b
JOIN kassa_ledger_account a ON a.organisation_id = b.organisation_id AND a.id = b.account_id
JOIN unnest(%(codes)s::text[], %(parties)s::text[]) AS wanted (code, party)
    ON wanted.code = a.code AND wanted.party = a.party
WHERE b.organisation_id = %(organisation_id)s AND a.currency = %(currency)s
ORDER BY b.account_id FOR UPDATE OF b
"""

# What is sealed, and what is not yet: one snapshot.
BALANCES = """
WITH waiting AS (
    SELECT line.account_id, sum(line.amount)::bigint AS amount FROM kassa_ledger_unsealedentry u
    CROSS JOIN LATERAL (
        SELECT p.account_id, p.amount FROM kassa_ledger_posting p
        WHERE p.organisation_id = u.organisation_id AND p.entry_id = u.entry_id OFFSET 0
    ) line
    WHERE u.organisation_id = %(organisation_id)s GROUP BY line.account_id
)
SELECT a.code, a.party, b.amount + coalesce(w.amount, 0)
FROM kassa_ledger_account a
JOIN kassa_ledger_accountbalance b ON b.organisation_id = a.organisation_id AND b.account_id = a.id
LEFT JOIN waiting w ON w.account_id = a.id
WHERE a.organisation_id = %(organisation_id)s AND a.currency = %(currency)s
    AND (%(code)s::text IS NULL OR a.code = %(code)s)
ORDER BY a.code, a.party
"""

# Hours that are whole, the beginning of the hour of `at`, and what is not sealed yet of the time before that hour.
BALANCE_AT = """
SELECT (
    SELECT coalesce(sum(debit - credit), 0) FROM kassa_ledger_accounthour
    WHERE organisation_id = %(organisation_id)s AND account_id = %(account_id)s AND hour < %(hour)s
) + (
    SELECT coalesce(sum(amount), 0) FROM kassa_ledger_posting
    WHERE organisation_id = %(organisation_id)s AND account_id = %(account_id)s AND posted_at >= %(hour)s
        AND posted_at < %(at)s
) + (
    SELECT coalesce(sum(line.amount), 0) FROM kassa_ledger_unsealedentry u
    CROSS JOIN LATERAL (
        SELECT p.account_id, p.amount, p.posted_at FROM kassa_ledger_posting p
        WHERE p.organisation_id = u.organisation_id AND p.entry_id = u.entry_id OFFSET 0
    ) line
    WHERE u.organisation_id = %(organisation_id)s AND line.account_id = %(account_id)s AND line.posted_at < %(hour)s
)
"""

LINES = """
SELECT p.posted_at, p.entry_id, p.line, p.amount, e.kind, e.cause_kind, e.cause_id, e.happened_at
FROM kassa_ledger_posting p
CROSS JOIN LATERAL (
    SELECT kind, cause_kind, cause_id, happened_at FROM kassa_ledger_journalentry
    WHERE organisation_id = %(organisation_id)s AND id = p.entry_id OFFSET 0
) e
WHERE p.organisation_id = %(organisation_id)s AND p.account_id = %(account_id)s
    AND (p.posted_at, p.entry_id, p.line) > (%(after_at)s, %(after_entry)s::uuid, %(after_line)s::smallint)
    AND p.posted_at >= %(after_at)s AND p.posted_at < %(until)s
ORDER BY p.posted_at, p.entry_id, p.line LIMIT %(limit)s
"""

# Entries with their lines as they were digested, in order of ids.
ENTRIES = """
SELECT e.id, e.key, e.kind, e.cause_kind, e.cause_id, e.currency, e.reverses_id, e.happened_at, e.posted_at, e.digest,
    array_agg(a.code ORDER BY p.line), array_agg(a.party ORDER BY p.line), array_agg(p.amount ORDER BY p.line)
FROM (
    SELECT unnest(%(ids)s::uuid[]) AS id
    UNION ALL
    SELECT id FROM kassa_ledger_journalentry WHERE organisation_id = %(organisation_id)s AND key = %(key)s::text
) wanted
CROSS JOIN LATERAL (
    SELECT * FROM kassa_ledger_journalentry
    WHERE organisation_id = %(organisation_id)s AND id = wanted.id OFFSET 0
) e
CROSS JOIN LATERAL (
    SELECT line, account_id, amount FROM kassa_ledger_posting
    WHERE organisation_id = %(organisation_id)s AND entry_id = e.id OFFSET 0
) p
CROSS JOIN LATERAL (
    SELECT code, party FROM kassa_ledger_account
    WHERE organisation_id = %(organisation_id)s AND id = p.account_id OFFSET 0
) a
GROUP BY e.id, e.key, e.kind, e.cause_kind, e.cause_id, e.currency, e.reverses_id, e.happened_at, e.posted_at, e.digest
ORDER BY e.id
"""

TAKE_UNSEALED = """
WITH taken AS (
    DELETE FROM kassa_ledger_unsealedentry WHERE organisation_id = %(organisation_id)s AND entry_id IN (
        SELECT entry_id FROM kassa_ledger_unsealedentry WHERE organisation_id = %(organisation_id)s
        ORDER BY entry_id LIMIT %(limit)s)
    RETURNING entry_id
)
SELECT e.id, e.digest FROM taken
CROSS JOIN LATERAL (
    SELECT id, digest FROM kassa_ledger_journalentry
    WHERE organisation_id = %(organisation_id)s AND id = taken.entry_id OFFSET 0
) e
ORDER BY e.id
"""

OLDER_SEAL = """
SELECT number, hash FROM kassa_ledger_seal WHERE organisation_id = %(organisation_id)s
ORDER BY number DESC LIMIT 1 OFFSET %(newer)s
"""

LAST_SEAL = """
SELECT number, hash FROM kassa_ledger_seal WHERE organisation_id = %(organisation_id)s ORDER BY number DESC LIMIT 1
"""

COUNT_IN = """
WITH sums AS MATERIALIZED (
    SELECT account_id, date_trunc('hour', posted_at, 'UTC') AS hour,
        coalesce(sum(amount) FILTER (WHERE amount > 0), 0)::bigint AS debit,
        coalesce(-sum(amount) FILTER (WHERE amount < 0), 0)::bigint AS credit
    FROM unnest(%(ids)s::uuid[]) AS sealed (id)
    CROSS JOIN LATERAL (
        SELECT account_id, amount, posted_at FROM kassa_ledger_posting
        WHERE organisation_id = %(organisation_id)s AND entry_id = sealed.id OFFSET 0
    ) p
    GROUP BY 1, 2
), hours AS (
    INSERT INTO kassa_ledger_accounthour AS kept (organisation_id, account_id, hour, debit, credit)
    SELECT %(organisation_id)s, account_id, hour, debit, credit FROM sums ORDER BY account_id, hour
    ON CONFLICT (organisation_id, account_id, hour)
    DO UPDATE SET debit = kept.debit + excluded.debit, credit = kept.credit + excluded.credit
), locked AS (
    SELECT account_id FROM kassa_ledger_accountbalance
    WHERE organisation_id = %(organisation_id)s AND account_id IN (SELECT account_id FROM sums)
    ORDER BY account_id FOR UPDATE
)
UPDATE kassa_ledger_accountbalance b SET amount = b.amount + s.change
FROM (SELECT account_id, sum(debit - credit)::bigint AS change FROM sums GROUP BY account_id) s
JOIN locked USING (account_id)
WHERE b.organisation_id = %(organisation_id)s AND b.account_id = s.account_id
"""

SEAL = """
INSERT INTO kassa_ledger_seal (id, organisation_id, number, entry_ids, hash, sealed_at)
VALUES (%(id)s, %(organisation_id)s, %(number)s, %(ids)s, %(hash)s, %(at)s)
"""

# A lock of the transaction: a second sealer of the organisation goes away with nothing done.
ALONE = "SELECT pg_try_advisory_xact_lock(7301, hashtext(%(organisation_id)s::text))"

WAITING = "SELECT DISTINCT organisation_id FROM kassa_ledger_unsealedentry"

# Balances that differ from their hours.
HOURS_DIFFERENCES = """
SELECT a.code, a.party, a.currency, b.amount, coalesce(hours.amount, 0)
FROM kassa_ledger_accountbalance b
JOIN kassa_ledger_account a ON a.organisation_id = b.organisation_id AND a.id = b.account_id
LEFT JOIN (
    SELECT account_id, sum(debit - credit) AS amount FROM kassa_ledger_accounthour
    WHERE organisation_id = %(organisation_id)s GROUP BY account_id
) hours ON hours.account_id = b.account_id
WHERE b.organisation_id = %(organisation_id)s AND b.amount <> coalesce(hours.amount, 0)
ORDER BY a.code, a.party
"""

# Sums that differ from what the sealed postings come to, and entries that are neither sealed nor waiting to be.
DIFFERENCES = """
WITH sealed AS MATERIALIZED (
    SELECT unnest(entry_ids) AS id FROM kassa_ledger_seal WHERE organisation_id = %(organisation_id)s
), sums AS (
    SELECT p.account_id, sum(p.amount) AS amount FROM sealed JOIN kassa_ledger_posting p
        ON p.organisation_id = %(organisation_id)s AND p.entry_id = sealed.id GROUP BY p.account_id
), hours AS (
    SELECT account_id, sum(debit - credit) AS amount FROM kassa_ledger_accounthour
    WHERE organisation_id = %(organisation_id)s GROUP BY account_id
)
SELECT a.code, a.party, a.currency, coalesce(b.amount, 0), coalesce(hours.amount, 0), coalesce(sums.amount, 0)
FROM kassa_ledger_account a
LEFT JOIN kassa_ledger_accountbalance b ON b.organisation_id = a.organisation_id AND b.account_id = a.id
LEFT JOIN sums ON sums.account_id = a.id
LEFT JOIN hours ON hours.account_id = a.id
WHERE a.organisation_id = %(organisation_id)s AND (
    coalesce(b.amount, 0) <> coalesce(sums.amount, 0) OR coalesce(hours.amount, 0) <> coalesce(sums.amount, 0))
ORDER BY a.code, a.party
"""

STRAYS = """
WITH known AS MATERIALIZED (
    SELECT unnest(entry_ids) AS id FROM kassa_ledger_seal WHERE organisation_id = %(organisation_id)s
    UNION ALL
    SELECT entry_id FROM kassa_ledger_unsealedentry WHERE organisation_id = %(organisation_id)s
)
SELECT e.id FROM kassa_ledger_journalentry e
WHERE e.organisation_id = %(organisation_id)s AND NOT EXISTS (SELECT FROM known WHERE known.id = e.id)
LIMIT 20
"""


def post(*, organisation_id: uuid.UUID, **values: Any) -> bool:
    """Whether the entry was written: not where an account of it lacks, or another has its key."""
    return bool(run(POST, {"organisation_id": organisation_id, **values}))


def accounts_open(
    *, organisation_id: uuid.UUID, ids: list[uuid.UUID], codes: list[str], parties: list[str], currency: str
) -> None:
    run(OPEN_ACCOUNTS, locals())


def balances_lock(*, organisation_id: uuid.UUID, codes: list[str], parties: list[str], currency: str) -> None:
    run(LOCK_BALANCES, locals())


def balances(*, organisation_id: uuid.UUID, currency: str, code: str | None) -> list[tuple]:
    return run(BALANCES, locals())


def balance_at(*, organisation_id: uuid.UUID, account_id: uuid.UUID, hour: dt.datetime, at: dt.datetime) -> int:
    return int(run(BALANCE_AT, locals(), again=True)[0][0])


def lines(
    *,
    organisation_id: uuid.UUID,
    account_id: uuid.UUID,
    after_at: dt.datetime,
    after_entry: uuid.UUID,
    after_line: int,
    until: dt.datetime,
    limit: int,
) -> list[tuple]:
    return run(LINES, locals(), again=True)


def entries(*, organisation_id: uuid.UUID, ids: list[uuid.UUID], key: str | None = None) -> list[tuple]:
    return run(ENTRIES, locals())


def unsealed_take(*, organisation_id: uuid.UUID, limit: int) -> list[tuple[uuid.UUID, bytes]]:
    return [(row[0], bytes(row[1])) for row in run(TAKE_UNSEALED, locals())]


def last_seal(*, organisation_id: uuid.UUID) -> tuple[int, bytes] | None:
    rows = run(LAST_SEAL, locals())
    return (rows[0][0], bytes(rows[0][1])) if rows else None


def older_seal(*, organisation_id: uuid.UUID, newer: int) -> tuple[int, bytes] | None:
    """The seal that `newer` others came after."""
    rows = run(OLDER_SEAL, locals(), again=True)
    return (rows[0][0], bytes(rows[0][1])) if rows else None


def count_in(*, organisation_id: uuid.UUID, ids: list[uuid.UUID]) -> None:
    run(COUNT_IN, locals())


def seal(
    *, organisation_id: uuid.UUID, id: uuid.UUID, number: int, ids: list[uuid.UUID], hash: bytes, at: dt.datetime
) -> None:
    run(SEAL, locals())


def sealing_alone(*, organisation_id: uuid.UUID) -> bool:
    return run(ALONE, locals())[0][0]


def organisations_unsealed() -> list[uuid.UUID]:
    return [row[0] for row in run(WAITING, {}, again=True)]


def hours_differences(*, organisation_id: uuid.UUID) -> list[tuple]:
    return run(HOURS_DIFFERENCES, locals(), again=True)


def differences(*, organisation_id: uuid.UUID) -> list[tuple]:
    return run(DIFFERENCES, locals(), again=True)


def strays(*, organisation_id: uuid.UUID) -> list[uuid.UUID]:
    return [row[0] for row in run(STRAYS, locals(), again=True)]
