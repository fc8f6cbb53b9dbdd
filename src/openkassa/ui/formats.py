"""The one formatter: money, quantities, dates and durations as the reader's language writes them.

Spaces inside a number and before its unit never break. Locale data comes from babel; Django's own data has
the wrong decimal point for Kyrgyz.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Literal

from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_decimal
from babel.units import format_unit
from django.utils.translation import get_language

NBSP = "\N{NO-BREAK SPACE}"
LANGUAGES = ("ru", "ky", "en")
_SYMBOLS = {
    "RUB": {"ru": "₽", "ky": "₽", "en": "₽"},
    "KGS": {"ru": "сом", "ky": "сом", "en": "som"},
}
Unit = Literal["day", "hour", "minute", "second"]
_UNITS: tuple[tuple[Unit, int], ...] = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
_DATE = {"ru": "dd.MM.yyyy", "ky": "dd.MM.yyyy", "en": "d MMM yyyy"}


def language_of(language: str | None = None) -> str:
    """The given language, else that of the page; Russian when it is none of ours."""
    code = (language or get_language() or "ru").split("-")[0]
    return code if code in LANGUAGES else "ru"


def money(kopecks: int, currency: str = "RUB", language: str | None = None) -> str:
    """Minor units as text with their currency: `1 234,50 ₽`. An unknown currency is named by its code."""
    return amount(kopecks, language) + NBSP + currency_symbol(currency, language)


def amount(kopecks: int, language: str | None = None) -> str:
    """Minor units as text without a currency: `1 234,50`, for columns whose head names it."""
    return _decimal(Decimal(kopecks) / 100, "#,##0.00", language)


def currency_symbol(currency: str, language: str | None = None) -> str:
    return _SYMBOLS.get(currency, {}).get(language_of(language), currency)


def quantity(value: Decimal | int, language: str | None = None) -> str:
    """A quantity without needless zeros, up to six digits after the point."""
    return _decimal(Decimal(value), "#,##0.######", language)


def integer(value: int, language: str | None = None) -> str:
    return _decimal(Decimal(value), "#,##0", language)


def local(instant: dt.datetime, utc_offset: int) -> dt.datetime:
    """A UTC instant as the wall clock of a place shows it, `utc_offset` minutes ahead of UTC."""
    return instant.astimezone(dt.timezone(dt.timedelta(minutes=utc_offset)))


def date(value: dt.date, language: str | None = None) -> str:
    """`21.11.2026`, in English `21 Nov 2026`. Of a datetime, its own day."""
    code = language_of(language)
    return format_date(value, _DATE[code], locale=code).replace(" ", NBSP)


def day(value: dt.date, language: str | None = None) -> str:
    """A date in words, for headings: `21 ноября 2026 г.`"""
    return format_date(value, "long", locale=language_of(language))


def date_time(instant: dt.datetime, utc_offset: int = 0, language: str | None = None, *, seconds: bool = False) -> str:
    """A UTC instant by the clock of a place: `21.11.2026 22:05`."""
    code = language_of(language)
    pattern = f"{_DATE[code]}{',' if code == 'en' else ''} HH:mm{':ss' if seconds else ''}"
    return format_datetime(local(instant, utc_offset), pattern, locale=code).replace(" ", NBSP)


def clock_time(instant: dt.datetime, utc_offset: int = 0, *, seconds: bool = False) -> str:
    return local(instant, utc_offset).strftime("%H:%M:%S" if seconds else "%H:%M")


def zone(utc_offset: int) -> str:
    """`UTC+3`, `UTC+5:30`."""
    hours, minutes = divmod(abs(utc_offset), 60)
    sign = "−" if utc_offset < 0 else "+"
    return f"UTC{sign}{hours}" + (f":{minutes:02}" if minutes else "")


def duration(seconds: float, language: str | None = None) -> str:
    """A length of time in its two largest units: `2 дня 3 часа`, `45 секунд`."""
    left, parts = int(abs(seconds)), []
    for unit, size in _UNITS:
        count, left = divmod(left, size)
        if count:
            parts.append(_unit(count, unit, language))
        if len(parts) == 2 or (parts and not count):
            break
    return " ".join(parts) or _unit(0, "second", language)


def _unit(count: int, unit: Unit, language: str | None) -> str:
    code = language_of(language)
    if count == 0:
        return format_unit(0, f"duration-{unit}", "long", locale=code).replace(" ", NBSP)
    span = dt.timedelta(**{f"{unit}s": count})  # babel's units of time lack the Kyrgyz day, its spans have it
    return format_timedelta(span, granularity=unit, threshold=10**9, locale=code).replace(" ", NBSP)


def _decimal(value: Decimal, pattern: str, language: str | None) -> str:
    text = format_decimal(value, pattern, locale=language_of(language))
    return text.replace("-", "−").replace(" ", NBSP).replace("\N{NARROW NO-BREAK SPACE}", NBSP)
