"""Checks identifier and password for both projects, and slows down whoever guesses.

Attempts are counted in PostgreSQL, so that all web processes count together, and before the password is checked,
so that many at once gain nothing. A success forgives the identifier's failures.
"""

from __future__ import annotations

import datetime as dt
import ipaddress

from django.contrib.auth import authenticate
from django.db import models
from django.db.models import F, QuerySet
from django.http import HttpRequest

from openkassa.core import keys
from openkassa.core.clock import now
from openkassa.core.identity import AbstractPerson, normalise_identifier
from openkassa.core.settings import settings

WINDOW = dt.timedelta(minutes=15)
IDENTIFIER_LIMIT = 10  # attempts in a window
ADDRESS_LIMIT = 100  # of all people behind one address


class SignInThrottled(Exception):
    """Too many attempts; `retry_after` seconds are left of the window."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"too many attempts, {retry_after} s to wait")
        self.retry_after = retry_after


def sign_in_check(
    *, counters: type[models.Model], key_ring: str, identifier: str, password: str, address: str
) -> AbstractPerson | None:
    """The person, or None for a pair that opens nothing. Raises `SignInThrottled` without looking at the password.

    `counters` is the project's table of attempts (`key`, `window`, `count`), `key_ring` the key of its digests.
    Raises `ValidationError` for an identifier that is neither phone nor e-mail.
    """
    at = now()
    seconds = int(WINDOW.total_seconds())
    window = dt.datetime.fromtimestamp(int(at.timestamp()) // seconds * seconds, dt.UTC)

    def count(what: str) -> tuple[QuerySet, int]:
        key = keys.digest(key_ring, what).hex()
        return _count(counters, key, window)

    of_identifier, tried = count(f"identifier:{normalise_identifier(identifier)[1]}")
    _, tried_from_address = count(f"address:{address}")
    if tried > IDENTIFIER_LIMIT or tried_from_address > ADDRESS_LIMIT:
        raise SignInThrottled(int((window + WINDOW - at).total_seconds()) + 1)
    user = authenticate(None, username=identifier, password=password)
    if user is None:
        return None
    assert isinstance(user, AbstractPerson)
    of_identifier.update(count=0)
    return user


def client_address(request: HttpRequest) -> str:
    """The address that a request came from: the nearest one that is not a proxy of ours (KASSA_TRUSTED_PROXIES).

    What isn't an address ends the search: the proxy that wrote it stands for whoever is behind it.
    """
    address = request.META.get("REMOTE_ADDR", "")
    trusted = settings().trusted_proxies
    for text in [address, *reversed(request.headers.get("X-Forwarded-For", "").split(","))]:
        try:
            found = ipaddress.ip_address(text.strip())
        except ValueError:
            break
        address = str(found)
        if not any(found in network for network in trusted):
            break
    return address


def _count(counters: type[models.Model], key: str, window: dt.datetime) -> tuple[QuerySet, int]:
    """The row of one key in one window, and its count after one more attempt."""
    row, _made = counters._default_manager.get_or_create(key=key, window=window, defaults={"count": 0})
    rows = counters._default_manager.filter(pk=row.pk)
    rows.update(count=F("count") + 1)
    return rows, rows.values_list("count", flat=True).get()
