"""Days and times that wire faces write as dd.mm.yyyy and dd.mm.yyyy HH:MM:SS."""

from __future__ import annotations

import datetime as dt
import re

DATE = re.compile(r"([0-9]{2})\.([0-9]{2})\.([0-9]{4})")
TIME = re.compile(DATE.pattern + r" ([0-9]{2}):([0-9]{2}):([0-9]{2})")
DATE_WORDS = "ожидается дд.мм.гггг"
TIME_WORDS = "ожидается дд.мм.гггг чч:мм:сс"


def moment(text: str, form: re.Pattern[str]) -> dt.datetime | None:
    """A till's local time from text of the form `DATE` or `TIME`; None where it is no such time."""
    match = form.fullmatch(text)
    if match is None:
        return None
    day, month, year, hour, minute, second = (*map(int, match.groups()), 0, 0, 0)[:6]
    try:
        return dt.datetime(year, month, day, hour, minute, second)  # noqa: DTZ001
    except ValueError:
        return None
