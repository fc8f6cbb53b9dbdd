"""Checks identifier and password, and slows down whoever guesses.

Attempts are counted in PostgreSQL, so that all web processes count together, and before the password is checked,
so that many at once gain nothing. A success forgives the identifier's failures.
"""

from __future__ import annotations

import datetime as dt
import ipaddress

from django.contrib.auth import authenticate
from django.db.models import F
from django.http import HttpRequest

from openkassa.core import keys
from openkassa.core.clock import now
from openkassa.core.identity import normalise_identifier
from openkassa.core.models import AttemptCounter
from openkassa.core.settings import settings

WINDOW = dt.timedelta(minutes=15)
IDENTIFIER_LIMIT = 10  # attempts in a window
ADDRESS_LIMIT = 100  # of all people behind one address
KEY_RING = "sign-in"


class SignInThrottled(Exception):
    """Too many attempts; `retry_after` seconds are left of the window."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"too many attempts, {retry_after} s to wait")
        self.retry_after = retry_after


def sign_in_check(*, identifier: str, password: str, address: str):
    """The person, or None for a pair that opens nothing. Raises `SignInThrottled` without looking at the password."""
    value = normalise_identifier(identifier)[1]
    at = now()
    window = dt.datetime.fromtimestamp(at.timestamp() // WINDOW.total_seconds() * WINDOW.total_seconds(), dt.UTC)
    counts = {f"identifier:{value}": IDENTIFIER_LIMIT, f"address:{address}": ADDRESS_LIMIT}
    if any(_count(key, window) > limit for key, limit in counts.items()):
        raise SignInThrottled(int((window + WINDOW - at).total_seconds()) + 1)
    user = authenticate(None, username=identifier, password=password)
    if user is not None:
        _counter(f"identifier:{value}", window).update(count=0)
    return user


def client_address(request: HttpRequest) -> str:
    """The address that a request came from: the nearest one that is not a proxy of ours (KASSA_TRUSTED_PROXIES)."""
    chain = [*request.headers.get("X-Forwarded-For", "").split(","), request.META.get("REMOTE_ADDR", "")]
    address = ""
    for part in reversed([part.strip() for part in chain if part.strip()]):
        address = part
        if not _is_trusted(part):
            break
    return address


def _is_trusted(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return any(address in network for network in settings().trusted_proxies)


def _counter(key: str, window: dt.datetime):
    return AttemptCounter.objects.filter(key=keys.digest(KEY_RING, key).hex(), window=window)


def _count(key: str, window: dt.datetime) -> int:
    counter, _made = AttemptCounter.objects.get_or_create(key=keys.digest(KEY_RING, key).hex(), window=window)
    _counter(key, window).update(count=F("count") + 1)
    counter.refresh_from_db(fields=["count"])
    return counter.count
