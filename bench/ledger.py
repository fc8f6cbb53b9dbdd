"""`python -m bench.ledger …`: posts to the ledger, fills it, reads it; prints JSON.

post ORGANISATION hot|spread SECONDS   one of the processes that post
fill ORGANISATION POSTINGS             a journal of two-line entries over a year, sealed
read ORGANISATION                      balances and statements of the account that all of it went to
"""

from __future__ import annotations

import datetime as dt
import json
import random
import sys
import threading
import time
import uuid
from collections.abc import Callable

import django

django.setup()

import psycopg  # noqa: E402
from django.db import connection  # noqa: E402

from openkassa.cli.postgres import SUPERUSER  # noqa: E402
from openkassa.core.databases import embedded_url  # noqa: E402
from openkassa.core.ids import uuid7  # noqa: E402
from openkassa.core.settings import settings  # noqa: E402
from openkassa.kassa.ledger import entries, selectors  # noqa: E402
from openkassa.kassa.ledger.chart import Code  # noqa: E402
from openkassa.kassa.ledger.services import Cause, entry_post  # noqa: E402

THREADS = 4
PARTIES = 500  # accounts of a code that the spread load posts to
STEP = 5_000  # entries in a seal
YEAR = 365 * 86_400
READS = 20

FILL = """
WITH made AS (
    SELECT n, (lpad(to_hex(floor(extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7'
        || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 4, 15))::uuid AS id, at, 100 + n %% 900 AS amount
    FROM (SELECT n, %(start)s::timestamptz + n * %(apart)s::interval AS at
        FROM generate_series(%(first)s::bigint, %(last)s::bigint) n) numbers
), entry AS (
    INSERT INTO kassa_ledger_journalentry (
        id, organisation_id, key, kind, cause_kind, cause_id, currency, lines, happened_at, posted_at, digest)
    SELECT id, %(organisation)s, 'fill ' || n, 'released', 'bench', id, 'RUB', 2, at, at, sha256(id::text::bytea)
    FROM made
), posting AS (
    INSERT INTO kassa_ledger_posting (organisation_id, entry_id, line, lines, account_id, amount, posted_at)
    SELECT %(organisation)s, id, side.line, 2, side.account, side.sign * amount, at FROM made
    CROSS JOIN (VALUES (1, %(debit)s::uuid, 1), (2, %(credit)s::uuid, -1)) AS side (line, account, sign)
), hours AS (
    INSERT INTO kassa_ledger_accounthour AS kept (organisation_id, account_id, hour, debit, credit)
    SELECT %(organisation)s, side.account, date_trunc('hour', at, 'UTC'),
        coalesce(sum(amount) FILTER (WHERE side.sign > 0), 0), coalesce(sum(amount) FILTER (WHERE side.sign < 0), 0)
    FROM made CROSS JOIN (VALUES (%(debit)s::uuid, 1), (%(credit)s::uuid, -1)) AS side (account, sign)
    GROUP BY 2, 3
    ON CONFLICT (organisation_id, account_id, hour)
    DO UPDATE SET debit = kept.debit + excluded.debit, credit = kept.credit + excluded.credit
)
INSERT INTO kassa_ledger_seal (id, organisation_id, number, entry_ids, hash, sealed_at)
SELECT gen_random_uuid(), %(organisation)s, %(number)s, array_agg(id ORDER BY id), sha256(''), max(at) FROM made
"""


def post(organisation: uuid.UUID, spread: bool, seconds: float) -> dict:
    """As many captures of three lines as `THREADS` get through, each durable before the next."""
    deadline = time.monotonic() + seconds
    counts, spent = [0] * THREADS, time.process_time()

    def work(number: int) -> None:
        chance = random.Random()
        while time.monotonic() < deadline:
            provider = f"p{chance.randrange(PARTIES)}" if spread else "sbp"
            entry = entries.captured(10_00, fee=25, currency="RUB", provider=provider)
            entry_post(organisation_id=organisation, entry=entry, key=str(uuid7()), cause=Cause("bench", uuid7()))
            counts[number] += 1
        connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"entries": sum(counts), "cpu": time.process_time() - spent}


def fill(organisation: uuid.UUID, postings: int) -> dict:
    first = entry_post(
        organisation_id=organisation,
        entry=entries.released(1, currency="RUB"),
        key="before the fill",
        cause=Cause("bench", uuid7()),
    )
    begun, count = time.monotonic(), postings // 2
    start = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=YEAR + 3600)
    with psycopg.connect(embedded_url(settings(), SUPERUSER, "kassa"), autocommit=True) as database:
        database.execute("SET session_replication_role = replica")
        database.execute("SET synchronous_commit = off")
        accounts = database.execute(
            "SELECT account_id FROM kassa_ledger_posting WHERE entry_id = %s ORDER BY line", [first.id]
        ).fetchall()
        numbers = database.execute(
            "SELECT coalesce(max(number), 0) FROM kassa_ledger_seal WHERE organisation_id = %s", [organisation]
        ).fetchone()
        values = {
            "organisation": organisation,
            "start": start,
            "apart": dt.timedelta(seconds=YEAR / count),
            "debit": accounts[0][0],
            "credit": accounts[1][0],
        }
        for place, step in enumerate(range(1, count + 1, STEP)):
            step_values = {
                "first": step,
                "last": min(step + STEP - 1, count),
                "number": 1_000_000 + numbers[0] + place,
            }
            database.execute(FILL, values | step_values)
        database.execute(
            "UPDATE kassa_ledger_accountbalance b SET amount = (SELECT coalesce(sum(debit - credit), 0)"
            " FROM kassa_ledger_accounthour h WHERE h.account_id = b.account_id) WHERE organisation_id = %s",
            [organisation],
        )
        database.execute("VACUUM ANALYZE")
    return {"postings": count * 2, "seconds": time.monotonic() - begun}


def read(organisation: uuid.UUID) -> dict:
    """Milliseconds, the median and the slowest of `READS`."""
    chance, end = random.Random(1), dt.datetime.now(dt.UTC)

    def moment() -> dt.datetime:
        return end - dt.timedelta(seconds=chance.uniform(86_400, YEAR))

    def month() -> object:
        since = moment()
        return selectors.statement(
            organisation, Code.AVAILABLE, currency="RUB", since=since, until=since + dt.timedelta(days=30)
        )

    return {
        "balance": _timed(lambda: selectors.balance(organisation, Code.AVAILABLE, currency="RUB")),
        "balance_at": _timed(lambda: selectors.balance_at(organisation, Code.AVAILABLE, currency="RUB", at=moment())),
        "statement_of_a_month": _timed(month),
    }


def _timed(work: Callable[[], object]) -> dict[str, float]:
    work()
    times = []
    for _ in range(READS):
        begun = time.perf_counter()
        work()
        times.append((time.perf_counter() - begun) * 1000)
    return {"median": sorted(times)[READS // 2], "slowest": max(times)}


def main(verb: str, organisation: str, *words: str) -> dict:
    id = uuid.UUID(organisation)
    match verb:
        case "post":
            return post(id, words[0] == "spread", float(words[1]))
        case "fill":
            return fill(id, int(words[0]))
        case _:
            return read(id)


print(json.dumps(main(*sys.argv[1:])))
