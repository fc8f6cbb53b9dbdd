"""Numbers of JSON bodies as exact integers and decimals.

Decoders read fractional literals through `Decimal`, so 0.1 is a tenth. Some clients send what binary arithmetic
left them (33.330000000000005 for 33.33): a literal of 15 or more digits that is within 10⁻⁷ of an allowed
value is taken for that value.
"""

from __future__ import annotations

from decimal import Decimal

NOISE = Decimal("0.0000001")
NOISE_DIGITS = 15
BIGGEST = Decimal(10**15)


class BadNumber(ValueError):
    """The text says what is wrong with the value; the caller knows where it stands."""


def kopecks(value: object) -> int:
    """Kopecks of an amount in roubles with at most two decimals."""
    return scaled(value, 2)


def scaled(value: object, places: int) -> int:
    """`value` × 10^`places` as an integer. Raises `BadNumber` when it has more decimals or isn't a number."""
    if type(value) is Decimal:
        if not -BIGGEST < value < BIGGEST:
            raise BadNumber("число слишком велико")
        exact = value.scaleb(places)
        whole = int(exact)
        return whole if whole == exact else _without_noise(value, exact, places)
    if type(value) is not int:
        raise BadNumber("должно быть числом")
    if not -BIGGEST < value < BIGGEST:
        raise BadNumber("число слишком велико")
    return value * 10**places


def _without_noise(value: Decimal, exact: Decimal, places: int) -> int:
    whole = exact.to_integral_value()
    if len(value.as_tuple().digits) < NOISE_DIGITS or abs(exact - whole) >= NOISE.scaleb(places):
        raise BadNumber(f"допускается не больше {places} знаков после запятой")
    return int(whole)


def thousandths(value: object) -> Decimal:
    """A quantity with at most three decimals, without zeros at its end, so that 1 and 1.000 are the same."""
    if type(value) is int and -BIGGEST < value < BIGGEST:
        return Decimal(value)
    whole, rest = divmod(scaled(value, 3), 1000)
    if rest == 0:
        return Decimal(whole)
    return Decimal(whole * 1000 + rest).scaleb(-3).normalize()


def roubles(amount: int) -> int | Decimal:
    """Kopecks as a JSON number of roubles: 1598 for 159800, 1598.5 for 159850."""
    whole, rest = divmod(amount, 100)
    return whole if rest == 0 else Decimal(amount).scaleb(-2)
