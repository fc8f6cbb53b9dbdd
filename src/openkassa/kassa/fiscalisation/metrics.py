"""What the worker processes tell Prometheus: how old queues are, what is in doubt, what the operator lacks.

Every worker reads the same tables and tells the same: take `max by (…)` over the instances. One pass every `PAUSE`
seconds asks along partial indexes, and counts no further than `COUNT_LIMIT`; a scrape shows the last pass and asks
nothing. Labels are registers and pools, of which there are few.
"""

from __future__ import annotations

import datetime as dt
import functools
import shutil
import time
from collections.abc import Callable, Iterable, Iterator

from prometheus_client import REGISTRY, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric

from openkassa.core.clock import now
from openkassa.core.db import run
from openkassa.core.settings import settings
from openkassa.core.tenancy import all_tenants

PAUSE = 5.0  # seconds between two passes
COUNT_LIMIT = 10_000
REASON = "gauges show the queues of every organisation"
DAY = 86_400.0

REGISTERS = """
SELECT k.id::text, k.serial, oldest.accepted_at, doubt.count,
    greatest(s.last_fd - s.acknowledged_fd, 0), undelivered.made_at,
    s.fn_valid_until, s.fn_documents_left, (s.problem <> '')::int
FROM kassa_registers_registerstatus s
JOIN kassa_registers_cashregister k ON k.id = s.register_id AND k.organisation_id = s.organisation_id
LEFT JOIN LATERAL (SELECT receipt_id FROM kassa_receipts_receiptstate
    WHERE organisation_id = s.organisation_id AND pool_id = s.pool_id AND state = 'accepted'
    ORDER BY receipt_id LIMIT 1) AS waiting ON true
LEFT JOIN LATERAL (SELECT receipt_id FROM kassa_receipts_receiptstate
    WHERE organisation_id = s.organisation_id AND register_id = s.register_id AND state IN ('assigned', 'in_doubt')
    ORDER BY receipt_id LIMIT 1) AS given ON true
LEFT JOIN LATERAL (SELECT min(accepted_at) AS accepted_at FROM kassa_receipts_receipt
    WHERE id IN (waiting.receipt_id, given.receipt_id)) AS oldest ON true
LEFT JOIN LATERAL (SELECT count(*) FROM kassa_receipts_receiptstate
    WHERE organisation_id = s.organisation_id AND register_id = s.register_id AND state IN ('assigned', 'in_doubt')
        AND state = 'in_doubt') AS doubt ON true
LEFT JOIN kassa_registers_fiscaldocument undelivered ON undelivered.organisation_id = s.organisation_id
    AND undelivered.fn = k.fn AND undelivered.fd = s.acknowledged_fd + 1
WHERE k.state <> 'closed'
"""

POOLS = """
SELECT p.id::text, (SELECT count(*) FROM (SELECT 1 FROM kassa_receipts_receiptstate
    WHERE organisation_id = p.organisation_id AND pool_id = p.id AND state = 'accepted'
    LIMIT %(limit)s) AS waiting)
FROM kassa_registers_pool p
"""

CALLBACKS = """
SELECT count(*), min(created_at) FROM (SELECT created_at FROM kassa_receipts_callback
    WHERE state = 'waiting' ORDER BY organisation_id, next_at LIMIT %(limit)s) AS waiting
"""

NOTIFICATIONS = """
SELECT channel, count(*), min(created_at) FROM (SELECT channel, created_at FROM core_notification
    WHERE state = 'waiting' ORDER BY next_at LIMIT %(limit)s) AS waiting
GROUP BY channel
"""

_turn_seconds = Histogram(
    "kassa_turn_seconds",
    "Time of one turn at a register.",
    buckets=(0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0),
)
_fiscalised = Counter("kassa_receipts_fiscalised", "Receipts that this worker has had made into documents.")


def turn_observed(turn: Callable[[], int]) -> Callable[[], int]:
    """Times a turn, which returns how many receipts became documents."""

    @functools.wraps(turn)
    def observed() -> int:
        with _turn_seconds.time():
            made = turn()
        _fiscalised.inc(made)
        return made

    return observed


class Gauges:
    """A collector that shows what the last `refresh` has seen."""

    def __init__(self) -> None:
        self._seen: tuple[Metric, ...] = ()

    def refresh(self, at: dt.datetime) -> None:
        """One pass. Raises database errors; what was seen before stays, with its time."""
        with all_tenants(REASON):
            seen = [*_registers(at), *_pools(), *_streams(at)]
        free = shutil.disk_usage(settings().home).free
        seen.append(_gauge("kassa_disk_free_bytes", "Free bytes where KASSA_HOME is.", [], [((), free)]))
        text = "When the gauges of this process were computed last."
        seen.append(_gauge("kassa_gauges_updated_timestamp_seconds", text, [], [((), time.time())]))
        self._seen = tuple(seen)

    def collect(self) -> Iterable[Metric]:
        return self._seen


gauges = Gauges()
REGISTRY.register(gauges)


def gauges_refresh() -> int:
    """For the worker's loop, every `PAUSE` seconds: always 0, as there is never more to do at once."""
    gauges.refresh(now())
    return 0


def _registers(at: dt.datetime) -> Iterator[Metric]:
    rows = run(REGISTERS, {})

    def by_register(name: str, text: str, values: Iterable[float | None]) -> Metric:
        pairs = [(row[:2], value) for row, value in zip(rows, values, strict=True) if value is not None]
        return _gauge(name, text, ["register", "serial"], pairs)

    yield by_register(
        "kassa_queue_age_seconds",
        "Age of the oldest receipt that waits for this register: in its pool, or given to it and not made.",
        (_age(row[2], at) for row in rows),
    )
    yield by_register(
        "kassa_receipts_in_doubt", "Receipts of which only the register's journal knows.", (row[3] for row in rows)
    )
    yield by_register(
        "kassa_undelivered_documents", "Documents that the operator has not answered.", (row[4] for row in rows)
    )
    yield by_register(
        "kassa_undelivered_age_seconds",
        "Age of the first document that the operator has not answered.",
        (_age(row[5], at) for row in rows),
    )
    yield by_register(
        "kassa_fn_days_left",
        "Days to the end of the fiscal storage's term.",
        ((row[6] - at).total_seconds() / DAY if row[6] else None for row in rows),
    )
    yield by_register(
        "kassa_fn_documents_left", "Documents that the fiscal storage has room for.", (row[7] for row in rows)
    )
    yield by_register(
        "kassa_register_in_trouble", "1 when the last turn ended with a problem.", (row[8] for row in rows)
    )


def _pools() -> Iterator[Metric]:
    rows = run(POOLS, {"limit": COUNT_LIMIT})
    text = f"Receipts that wait for any register of the pool, counted up to {COUNT_LIMIT}."
    yield _gauge("kassa_pool_waiting_receipts", text, ["pool"], [((pool,), count) for pool, count in rows])


def _streams(at: dt.datetime) -> Iterator[Metric]:
    ((count, oldest),) = run(CALLBACKS, {"limit": COUNT_LIMIT})
    text = f"Callbacks that shops have not taken yet, counted up to {COUNT_LIMIT}."
    yield _gauge("kassa_callbacks_waiting", text, [], [((), count)])
    yield _gauge("kassa_callback_age_seconds", "Age of the oldest of them.", [], [((), _age(oldest, at))])
    found = {channel: (count, oldest) for channel, count, oldest in run(NOTIFICATIONS, {"limit": COUNT_LIMIT})}
    waiting = [((channel,), found.get(channel, (0, None))) for channel in ("email", "sms")]
    text = f"Messages to people that have not been sent yet, counted up to {COUNT_LIMIT}."
    yield _gauge("kassa_notifications_waiting", text, ["channel"], [(key, count) for key, (count, _) in waiting])
    ages = [(key, _age(oldest, at)) for key, (_, oldest) in waiting]
    yield _gauge("kassa_notification_age_seconds", "Age of the oldest of them.", ["channel"], ages)


def _gauge(name: str, text: str, labels: list[str], pairs: Iterable[tuple[tuple[str, ...], float]]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=labels)
    for values, value in pairs:
        family.add_metric(values, value)
    return family


def _age(moment: dt.datetime | None, at: dt.datetime) -> float:
    """Seconds since `moment`; 0 when there is nothing to be old."""
    return 0.0 if moment is None else max(0.0, (at - moment).total_seconds())
