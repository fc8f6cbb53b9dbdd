"""Notifications: messages to people, each sent once.

A row is written in the transaction of the fact that it is about, under a key that a repeat of the fact finds again.
A worker drains the rows: it claims a batch for `CLAIM` (a claim moves `next_at` and counts the attempt, so no
lock is held while a mail server thinks), sends, and marks each row after the server has taken it. A crash
between taking and marking sends the message again when the claim runs out, with the same Message-ID or SMS id,
by which the gateway and mailboxes recognise the repeat.
"""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Count, F
from prometheus_client import Counter

from openkassa.core import mail, sms
from openkassa.core.clock import now
from openkassa.core.letters import UnknownTemplate, known_template, letter, short_message
from openkassa.core.logs import mask
from openkassa.core.models import Notification, NotificationState
from openkassa.core.settings import Settings, settings
from openkassa.core.tenancy import all_tenants, within

BATCH = 20
CLAIM = dt.timedelta(minutes=10)  # longer than a batch may take
SENDING = dt.timedelta(minutes=5)  # no message of a batch is begun after this
GIVE_UP = dt.timedelta(days=3)
FIRST_WAIT = 30.0  # seconds; doubled at each attempt, up to
LONGEST_WAIT = 6 * 3600.0

log = structlog.get_logger(__name__)
_sent = Counter("kassa_notifications_total", "Notifications by channel and what became of them", ["channel", "result"])

Sender = Callable[[Notification], None]


class WrongNotification(Exception):
    """A notification that could never be sent; a mistake of the caller."""


def notification_enqueue(
    *,
    organisation_id: uuid.UUID,
    key: str,
    channel: str,
    recipient: str,
    template: str,
    context: dict[str, Any],
    language: str,
    at: dt.datetime,
) -> bool:
    """Writes a message to be sent; part of the caller's transaction. False when the key has one already.

    `channel` is "email" or "sms", `recipient` an address or a phone in E.164 form, `context` the template's JSON
    values. Raises `WrongNotification`.
    """
    if channel not in ("email", "sms") or not known_template(template, channel):
        raise WrongNotification(f"there is no template {template!r} for {channel}")
    row = Notification(
        organisation_id=organisation_id,
        key=key,
        channel=channel,
        recipient=recipient,
        template=template,
        context=context,
        language=language,
        next_at=at,
        created_at=at,
    )
    with within(organisation_id):
        Notification.objects.bulk_create([row], ignore_conflicts=True)
        return Notification.objects.filter(id=row.id).exists()


def notifications_drain(limit: int = 200, *, jitter: Callable[[], float] = random.random) -> int:
    """Sends messages whose time has come, at most `limit`; returns how many were tried.

    Without a server for a channel its messages wait. `jitter` gives numbers from 0 to 1.
    """
    channels = configured_channels(settings())
    if not channels:
        return 0
    with all_tenants("which organisations have notifications to send"):
        due = Notification.objects.filter(state=NotificationState.WAITING, next_at__lte=now(), channel__in=channels)
        organisations = list(due.order_by().values_list("organisation_id", flat=True).distinct()[:limit])
    tried = 0
    for organisation_id in organisations:
        for channel in channels:
            if tried < limit:
                tried += _drain_one(organisation_id, channel, min(BATCH, limit - tried), jitter)
    return tried


def configured_channels(settings: Settings) -> list[str]:
    given = {"email": settings.smtp_url, "sms": settings.sms_url}
    return [channel for channel, url in given.items() if url]


def waiting_without_server(settings: Settings) -> dict[str, int]:
    """How many messages wait for each channel that has no server: what doctor tells."""
    missing = [channel for channel in ("email", "sms") if channel not in configured_channels(settings)]
    with all_tenants("how many notifications wait without a server"):
        rows = Notification.objects.filter(state=NotificationState.WAITING, channel__in=missing)
        return dict(rows.order_by().values_list("channel").annotate(Count("id")))


def notification_resend(*, organisation_id: uuid.UUID, notification_id: uuid.UUID) -> bool:
    """Lets a failed message be tried again. False when there is no such failed message."""
    with within(organisation_id):
        return bool(
            Notification.objects.filter(id=notification_id, state=NotificationState.FAILED).update(
                state=NotificationState.WAITING, next_at=now(), created_at=now(), attempts=0, error=""
            )
        )


def _drain_one(organisation_id: uuid.UUID, channel: str, limit: int, jitter: Callable[[], float]) -> int:
    rows = _claim(organisation_id, channel, limit)
    if not rows:
        return 0
    stop_at = now() + SENDING
    if channel == "sms":
        url = settings().sms_url or ""
        _send_each(rows, lambda row: _send_sms(url, row), stop_at, jitter)
        return len(rows)
    server = mail.mail_server(settings().smtp_url or "", settings().public_url)
    try:
        with mail.connected(server) as smtp:
            _send_each(rows, lambda row: _send_mail(smtp, server, row), stop_at, jitter)
    except mail.DeliveryFailed as error:
        for row in rows:
            _put_off(row, str(error), jitter)
    return len(rows)


def _claim(organisation_id: uuid.UUID, channel: str, limit: int) -> Sequence[Notification]:
    """Rows that are ours until `CLAIM` is over, the attempt counted."""
    at = now()
    with within(organisation_id), transaction.atomic():
        due = Notification.objects.filter(state=NotificationState.WAITING, channel=channel, next_at__lte=at)
        rows = list(due.order_by("next_at").select_for_update(skip_locked=True)[:limit])
        Notification.objects.filter(id__in=[row.id for row in rows]).update(
            next_at=at + CLAIM, attempts=F("attempts") + 1
        )
    for row in rows:
        row.attempts += 1
    return rows


def _send_each(rows: Iterable[Notification], send: Sender, stop_at: dt.datetime, jitter: Callable[[], float]) -> None:
    for row in rows:
        if now() >= stop_at:
            _put_off(row, "the batch took too long", jitter)
            continue
        try:
            send(row)
        except (mail.DeliveryRefused, UnknownTemplate) as error:
            _mark(row, state=NotificationState.FAILED, error=str(error))
            log.warning("notification_refused", notification=str(row.id), error=str(error))
        except mail.DeliveryFailed as error:
            _put_off(row, str(error), jitter)
        else:
            _mark(row, state=NotificationState.SENT, sent_at=now(), error="")
            _sent.labels(row.channel, "sent").inc()


def _send_mail(smtp, server: mail.MailServer, row: Notification) -> None:
    message = mail.compose(
        letter(row.template, row.language, row.context),
        sender=server.sender,
        sender_name=str(row.context.get("shop", "")),
        recipient=row.recipient,
        message_id=str(row.id),
        at=row.created_at,
    )
    mail.send(smtp, message)


def _send_sms(url: str, row: Notification) -> None:
    text = short_message(row.template, row.language, row.context)
    sms.send_sms(url, message_id=row.id, to=row.recipient, text=text)


def _put_off(row: Notification, error: str, jitter: Callable[[], float]) -> None:
    at = now()
    if at - row.created_at >= GIVE_UP:
        _mark(row, state=NotificationState.FAILED, error=f"given up after 3 days: {error}")
        log.warning("notification_given_up", notification=str(row.id), error=error)
        return
    wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(row.attempts - 1, 20))
    _mark(row, next_at=at + dt.timedelta(seconds=wait * (0.5 + jitter())), error=error)
    _sent.labels(row.channel, "put_off").inc()


def _mark(row: Notification, **changes: Any) -> None:
    """Changes the row if the claim is still ours: a later claim has another number of attempts."""
    if "error" in changes:
        changes["error"] = mask(changes["error"])[:500]  # servers repeat the address, and rows outlive it
    with within(row.organisation_id):
        Notification.objects.filter(id=row.id, state=NotificationState.WAITING, attempts=row.attempts).update(**changes)
    if changes.get("state") == NotificationState.FAILED:
        _sent.labels(row.channel, "failed").inc()
