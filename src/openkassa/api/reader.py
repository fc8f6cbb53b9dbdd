"""Readers of loose fields: texts that come as numbers, numbers that come as texts, words, days."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal

from openkassa.api.amounts import quoted, unquoted
from openkassa.api.faults import Faults

FIRST_DAY = dt.date(2000, 1, 1)
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001  till-local time has no zone
_DAY = re.compile(r"(?:([0-9]{4})-([0-9]{2})-([0-9]{2})|([0-9]{2})\.([0-9]{2})\.([0-9]{4}))(?:[T ].*)?")


class Reader:
    """Reads the fields of one object, which stands at `where` in the request."""

    def __init__(self, where: str, faults: Faults) -> None:
        self.where = where
        self.faults = faults

    def inner(self, name: str) -> Reader:
        return Reader(f"{self.where}.{name}" if self.where else name, self.faults)

    def field(self, name: str) -> str:
        return f"{self.where}.{name}" if self.where else name

    def line(self, value: object, name: str, limit: int, required: bool = False) -> str | None:
        """Text that is printed."""
        field = self.field(name)
        return self.faults.line(quoted(value, field, self.faults), field, "", limit, required)

    def text(self, value: object, name: str, limit: int, required: bool = False) -> str | None:
        field = self.field(name)
        return self.faults.text(quoted(value, field, self.faults), field, "", limit, required)

    def money(self, value: object, name: str, limit: int = 4_294_967_295) -> int:
        return self.faults.amount(unquoted(value), self.field(name), "", limit)

    def whole(self, value: object, name: str, low: int, high: int) -> int | None:
        return self.faults.whole(value, self.field(name), "", low, high)

    def word(
        self, value: object, words: Mapping[int, int], name: str, default: int | None = None, shown: str = ""
    ) -> int:
        """Our code of one of the numbers in `words`; `default` where the field is absent; 0 for a fault.

        `shown`: the words for the error where they are more than the table's.
        """
        if value is None or value == "":
            if default is None:
                self.faults.error(self.field(name), "обязательное поле не заполнено")
            return default or 0
        number = unquoted(value)
        if isinstance(number, int | Decimal) and not isinstance(number, bool) and number in words:
            return words[int(number)]
        listed = shown or ", ".join(map(str, words))
        self.faults.error(self.field(name), f"{str(value)[:32]!r} не из {listed}")
        return 0

    def flag(self, value: object, name: str) -> bool | None:
        """true and false, which also come as text."""
        known = {True: True, False: False, "true": True, "false": False}
        given = value.lower() if isinstance(value, str) else value
        if given is None or given == "":
            return None
        if isinstance(given, bool | str) and given in known:
            return known[given]
        self.faults.error(self.field(name), "ожидается true или false")
        return None

    def day(self, value: object, name: str, required: bool = False) -> dt.date | None:
        """A day as 2026-11-21, with or without a time, or as 21.11.2026."""
        text = self.text(value, name, 40, required)
        match = _DAY.fullmatch(text) if text else None
        if match is not None:
            year, month, day, *other = match.groups()
            parts = (year, month, day) if year else other[::-1]
            try:
                found = dt.date(*map(int, parts))
            except ValueError:
                found = None
            if found is not None and found.year >= 1900:
                return found
        if text:
            self.faults.error(self.field(name), "ожидается дата ГГГГ-ММ-ДД или ДД.ММ.ГГГГ")
        return None

    def till_seconds(self, value: object, name: str) -> int:
        """Seconds since 1970 of a till's own time, written as 2026-11-21T12:00:00; required, 0 for a fault."""
        text = self.text(value, name, 40, required=True)
        if text is None:
            return 0
        try:
            at = dt.datetime.fromisoformat(text).replace(tzinfo=None)
        except ValueError:
            at = _EPOCH
        if not 1970 < at.year < 2100:
            self.faults.error(self.field(name), "ожидается время вида 2026-11-21T12:00:00")
            return 0
        return int((at - _EPOCH).total_seconds())
