"""Sign-in with a budget of attempts for each identifier and each address, counted in the database."""

from __future__ import annotations

import datetime as dt

from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.db import connection

from openkassa.core.clock import now
from openkassa.core.identity import normalise_identifier
from openkassa.core.keys import digest
from openkassa.ofd.people.models import AttemptCounter, User

WINDOW = dt.timedelta(minutes=15)
ATTEMPTS_OF_IDENTIFIER = 10
ATTEMPTS_OF_ADDRESS = 100
KEY_NAME = "ofd_attempts"

_COUNT = """
INSERT INTO ofd_people_attemptcounter (key, "window", count) VALUES (%s, %s, 1)
ON CONFLICT (key, "window") DO UPDATE SET count = ofd_people_attemptcounter.count + 1
RETURNING count
"""


class SignInThrottled(Exception):
    """The budget is spent; `retry_after` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"try again in {retry_after} s")
        self.retry_after = retry_after


def sign_in_check(*, identifier: str, password: str, address: str) -> User | None:
    """The person, or None when identifier and password don't belong together. Raises `SignInThrottled`.

    The attempt is counted before the password is looked at, so that parallel guesses share one budget.
    """
    try:
        canonical = normalise_identifier(identifier)[1]
    except ValidationError:
        canonical = identifier
    start = _window_start(now())
    key = _key("identifier", canonical)
    of_identifier, of_address = _count(key, start), _count(_key("address", address), start)
    if of_identifier > ATTEMPTS_OF_IDENTIFIER or of_address > ATTEMPTS_OF_ADDRESS:
        raise SignInThrottled(max(1, int((start + WINDOW - now()).total_seconds())))
    user = authenticate(username=identifier, password=password)
    if user is not None:
        AttemptCounter.objects.filter(key=key).delete()
    return user


def attempts_forget_old() -> int:
    """Deletes the counters of windows that are over."""
    return AttemptCounter.objects.filter(window__lt=_window_start(now())).delete()[0]


def _key(kind: str, value: str) -> str:
    return digest(KEY_NAME, f"{kind}:{value}").hex()


def _count(key: str, start: dt.datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [key, start])
        return cursor.fetchone()[0]


def _window_start(at: dt.datetime) -> dt.datetime:
    seconds = int(WINDOW.total_seconds())
    return dt.datetime.fromtimestamp(int(at.timestamp()) // seconds * seconds, dt.UTC)
