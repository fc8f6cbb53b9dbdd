"""Tickets to the event streams: a page gets one with its HTML and shows it to the events process.

A ticket is `<payload>.<mac>`, both in URL-safe base64: JSON of organisation, topics and expiry, and HMAC-SHA256 under
the key "events-ticket". It opens streams for five minutes; an open stream lives on and asks for nothing.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import hmac
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from openkassa.core.keys import secret, secrets_of

LIFETIME = dt.timedelta(minutes=5)
TICKET_LIMIT = 1024
KEY = "events-ticket"


class WrongTicket(Exception):
    """The ticket is not ours, was changed or has expired."""


@dataclass(frozen=True, slots=True)
class Ticket:
    organisation_id: uuid.UUID
    topics: tuple[str, ...]  # "organisation", or "receipt:<id>"
    expires_at: dt.datetime  # UTC

    def allows(self, topic: str) -> bool:
        """Whether it opens `topic`. The organisation's stream holds all of its receipts."""
        return topic in self.topics or "organisation" in self.topics


def make_ticket(organisation_id: uuid.UUID, topics: Sequence[str], now: dt.datetime) -> str:
    """A ticket for topics of one organisation: "organisation" or "receipt:<id>"; `now` is an aware datetime."""
    body = {"o": organisation_id.hex, "t": list(topics), "e": int((now + LIFETIME).timestamp())}
    payload = _encode(json.dumps(body, separators=(",", ":")).encode())
    return f"{payload}.{_encode(_mac(secret(KEY), payload))}"


def read_ticket(text: str, now: dt.datetime) -> Ticket:
    """The ticket that `make_ticket` made. Raises `WrongTicket`."""
    if len(text) > TICKET_LIMIT:
        raise WrongTicket("the ticket is too long")
    payload, _, mac = text.partition(".")
    try:
        given = _decode(mac)
    except (binascii.Error, ValueError) as error:
        raise WrongTicket("the ticket can't be read") from error
    if not any(hmac.compare_digest(_mac(key, payload), given) for _, key in secrets_of(KEY)):
        raise WrongTicket("the ticket was not made here")
    body = json.loads(_decode(payload))
    expires_at = dt.datetime.fromtimestamp(body["e"], dt.UTC)
    if now >= expires_at:
        raise WrongTicket("the ticket has expired; load the page again")
    return Ticket(uuid.UUID(hex=body["o"]), tuple(body["t"]), expires_at)


def _mac(key: bytes, payload: str) -> bytes:
    return hmac.digest(key, payload.encode(), hashlib.sha256)


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
