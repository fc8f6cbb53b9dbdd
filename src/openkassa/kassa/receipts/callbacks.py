"""Callbacks: the shop is told what became of a receipt, with retries over three days and a log that it can read.

What a callback says depends on the wire face by which the receipt came; a face registers its renderer here.
"""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import structlog

from openkassa.core.clock import now
from openkassa.core.db import atomic, run
from openkassa.core.ids import uuid7
from openkassa.core.outgoing import Outcome, strangers
from openkassa.core.tenancy import all_tenants, within
from openkassa.kassa.receipts.models import Callback, CallbackDelivery, CallbackState
from openkassa.kassa.receipts.selectors import ReceiptStatus, receipt_status

GIVE_UP = dt.timedelta(days=3)
FIRST_DELAY = 5.0  # seconds; doubles with each attempt, up to MAX_DELAY
MAX_DELAY = 3 * 3600.0
CLAIM = dt.timedelta(seconds=60)  # a claimed callback comes up again after this if its sender died
SENDING = dt.timedelta(seconds=40)  # none of a batch is begun after this: the claim outlasts one that hangs
BATCH = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """A callback as its face words it. `taken` says by the answer whether the shop has it."""

    url: str
    body: bytes = b""
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    taken: Callable[[Outcome], bool] = lambda outcome: outcome.ok


Renderer = Callable[[ReceiptStatus], Message | None]
log = structlog.get_logger(__name__)
_renderers: dict[str, Renderer] = {}

DUE_ORGANISATIONS = """
WITH RECURSIVE due AS (
    (SELECT organisation_id FROM kassa_receipts_callback WHERE state = 'waiting' AND next_at <= %(at)s
     ORDER BY organisation_id LIMIT 1)
    UNION ALL
    SELECT n.organisation_id FROM due CROSS JOIN LATERAL (
        SELECT organisation_id FROM kassa_receipts_callback
        WHERE state = 'waiting' AND next_at <= %(at)s AND organisation_id > due.organisation_id
        ORDER BY organisation_id LIMIT 1) n
)
SELECT organisation_id FROM due
"""

CLAIM_DUE = """
WITH due AS (
    SELECT id FROM kassa_receipts_callback
    WHERE organisation_id = %(organisation_id)s AND state = 'waiting' AND next_at <= %(at)s
    ORDER BY next_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE kassa_receipts_callback c SET next_at = %(until)s, attempts = c.attempts + 1
FROM due WHERE c.id = due.id AND c.organisation_id = %(organisation_id)s
RETURNING c.id, c.receipt_id, c.attempts, c.give_up_at
"""

ENQUEUE = """
INSERT INTO kassa_receipts_callback
    (id, organisation_id, receipt_id, event, url, state, attempts, next_at, give_up_at, created_at)
SELECT t.id, %(organisation_id)s, r.id, %(event)s::text, r.callback_url, 'waiting', 0, %(at)s, %(give_up_at)s, %(at)s
FROM unnest(%(ids)s::uuid[], %(receipt_ids)s::uuid[]) AS t (id, receipt_id)
JOIN kassa_receipts_receipt r ON r.id = t.receipt_id AND r.organisation_id = %(organisation_id)s
WHERE r.callback_url <> ''
ON CONFLICT (organisation_id, receipt_id, event) DO NOTHING
"""


def register_renderer(kind: str, renderer: Renderer) -> None:
    """What is sent for receipts of channels of `kind`, once when each is fiscalised, refused or withdrawn.

    None where the protocol has no word for what became of one: nothing is sent, and the log says so.
    """
    _renderers[kind] = renderer


def callbacks_enqueue(
    *, organisation_id: uuid.UUID, receipt_ids: Iterable[uuid.UUID], event: str, at: dt.datetime
) -> None:
    """Callbacks for those of the receipts that have an address; once for each receipt and event."""
    receipts = list(receipt_ids)
    if receipts:
        run(
            ENQUEUE,
            {
                "organisation_id": organisation_id,
                "event": event,
                "at": at,
                "give_up_at": at + GIVE_UP,
                "ids": [uuid7() for _ in receipts],
                "receipt_ids": receipts,
            },
        )


def callback_organisations(at: dt.datetime) -> list[uuid.UUID]:
    with all_tenants("callbacks that are due are looked for in every organisation"):
        return [row[0] for row in run(DUE_ORGANISATIONS, {"at": at})]


def callbacks_deliver(*, organisation_id: uuid.UUID, limit: int = BATCH) -> int:
    """Sends the callbacks that are due; returns how many were tried.

    A claim moves `next_at` on before anything is sent, so no transaction is open while the shop answers and
    a sender that dies is followed by another. What a slow shop leaves no time for comes up again with the claim's end.
    """
    at = now()
    claimed = run(CLAIM_DUE, {"organisation_id": organisation_id, "at": at, "until": at + CLAIM, "limit": limit})
    tried = 0
    for callback_id, receipt_id, attempts, give_up_at in claimed:
        if now() >= at + SENDING:
            break
        outcome, taken = _send(organisation_id, receipt_id)
        _record(organisation_id, callback_id, outcome, taken, attempts, give_up_at)
        tried += 1
    return tried


def callback_resend(*, organisation_id: uuid.UUID, callback_id: uuid.UUID) -> None:
    """Sends a callback once more, from the beginning of its schedule. Raises `Callback.DoesNotExist`."""
    at = now()
    with atomic(), within(organisation_id):
        callback = Callback.objects.select_for_update().get(id=callback_id)
        callback.state, callback.attempts = CallbackState.WAITING, 0
        callback.next_at, callback.give_up_at = at, at + GIVE_UP
        callback.save(update_fields=["state", "attempts", "next_at", "give_up_at"])


def delay_before(attempt: int) -> dt.timedelta:
    """Pause before attempt number `attempt` + 1: doubling from FIRST_DELAY to MAX_DELAY, with a tenth of jitter."""
    seconds = min(FIRST_DELAY * 2 ** (attempt - 1), MAX_DELAY)
    return dt.timedelta(seconds=seconds * random.uniform(0.9, 1.1))  # noqa: S311


def _send(organisation_id: uuid.UUID, receipt_id: uuid.UUID) -> tuple[Outcome, bool]:
    """(what came of it, whether the shop has taken it)."""
    status = receipt_status(organisation_id, receipt_id)
    if status is None:
        return Outcome(status=None, milliseconds=0, error="receipt not found", code="protocol"), False
    message = _renderers[status.channel_kind](status)
    if message is None:
        return Outcome(
            status=None, milliseconds=0, error=f"not told: the protocol has no word for {status.state}"
        ), True
    outcome = strangers().request(message.method, message.url, message.body, headers=message.headers)
    return outcome, message.taken(outcome)


def _record(
    organisation_id: uuid.UUID,
    callback_id: uuid.UUID,
    outcome: Outcome,
    taken: bool,
    attempts: int,
    give_up_at: dt.datetime,
) -> None:
    at = now()
    with atomic(), within(organisation_id):
        CallbackDelivery.objects.create(
            organisation_id=organisation_id,
            callback_id=callback_id,
            at=at,
            status=outcome.status,
            error=outcome.error[:300],
            milliseconds=outcome.milliseconds,
        )
        change: dict = {"next_at": at + delay_before(attempts)}
        if taken:
            change = {"state": CallbackState.DELIVERED}
        elif change["next_at"] > give_up_at:
            change = {"state": CallbackState.FAILED}
        Callback.objects.filter(id=callback_id, state=CallbackState.WAITING).update(**change)
    if not taken:
        log.info("callback_failed", callback_id=str(callback_id), status=outcome.status, error=outcome.error)
