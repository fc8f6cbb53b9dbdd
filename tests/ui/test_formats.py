"""One formatter for every language: spaces inside numbers never break."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from openkassa.ui import formats

NBSP = "\N{NO-BREAK SPACE}"
AT = dt.datetime(2026, 11, 21, 22, 5, 9, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("kopecks", "currency", "language", "text"),
    [
        (123_456_780, "RUB", "ru", "1 234 567,80 ₽"),
        (123_456_780, "RUB", "en", "1,234,567.80 ₽"),
        (123_456_780, "KGS", "ky", "1 234 567,80 сом"),
        (-7_50, "RUB", "ru", "−7,50 ₽"),
        (5, "RUB", "ky", "0,05 ₽"),
        (0, "XXX", "ru", "0,00 XXX"),
    ],
)
def test_money_is_written_as_the_language_writes_it(kopecks, currency, language, text):
    assert formats.money(kopecks, currency, language) == text.replace(" ", NBSP)


@pytest.mark.parametrize("language", formats.LANGUAGES)
def test_money_of_any_size_keeps_every_kopeck(language):
    digits = "".join(letter for letter in formats.money(99_999_999_999_999_99, "RUB", language) if letter.isdigit())
    assert digits == "9999999999999999"


@pytest.mark.parametrize("value", ["1", "1.250", "0.000001", "1000"])
def test_a_quantity_has_no_needless_zeros(value):
    text = formats.quantity(Decimal(value), "ru")
    assert Decimal(text.replace(",", ".").replace(NBSP, "")) == Decimal(value)
    assert not text.endswith("0") or value == "1000"


@pytest.mark.parametrize(
    ("language", "text"),
    [("ru", "22.11.2026 01:05"), ("ky", "22.11.2026 01:05"), ("en", "22 Nov 2026, 01:05")],
)
def test_an_instant_is_shown_by_the_clock_of_its_place(language, text):
    assert formats.date_time(AT, 180, language) == text.replace(" ", NBSP)


@pytest.mark.parametrize("language", formats.LANGUAGES)
@pytest.mark.parametrize("seconds", [0, 1, 59, 60, 3_661, 86_400, 93_784, 40 * 86_400])
def test_a_duration_is_in_words_of_the_language(language, seconds):
    text = formats.duration(seconds, language)
    assert "duration" not in text  # what babel says for a unit that it doesn't have
    assert text[0].isdigit()


def test_a_duration_names_its_two_largest_units():
    assert formats.duration(2 * 86_400 + 3 * 3_600 + 59, "ru").replace(NBSP, " ") == "2 дня 3 часа"
    assert formats.duration(86_400 + 59, "ru").replace(NBSP, " ") == "1 день"


@pytest.mark.parametrize(("minutes", "text"), [(180, "UTC+3"), (330, "UTC+5:30"), (-210, "UTC−3:30"), (0, "UTC+0")])
def test_a_zone_is_named_by_its_distance(minutes, text):
    assert formats.zone(minutes) == text


def test_an_unknown_language_reads_russian():
    assert formats.language_of("de") == "ru"
    assert formats.language_of("ky-KG") == "ky"
