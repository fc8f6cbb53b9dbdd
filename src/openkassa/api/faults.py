"""What is wrong or doubtful in a request, collected so that the shop gets all of it at once."""

from __future__ import annotations

import re

from openkassa.api import numbers
from openkassa.api.dates import DATE, DATE_WORDS, moment
from openkassa.fiscal.text import printable

_DIGITS = re.compile(r"[0-9]{1,18}")


class Invalid(Exception):
    """The request can't become a receipt; `faults` are (field, text)."""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{field}: {text}" for field, text in faults))
        self.faults = faults


class Faults:
    """Faults and warnings of one request. Readers of fields answer None where they have noted a fault."""

    def __init__(self) -> None:
        self.errors: list[tuple[str, str]] = []
        self.warnings: list[str] = []

    def error(self, field: str, text: str) -> None:
        self.errors.append((field, text))

    def warn(self, field: str, text: str) -> None:
        self.warnings.append(f"{field}: {text}")

    def check(self) -> None:
        """Raises `Invalid` where there are errors."""
        if self.errors:
            raise Invalid(self.errors)

    def text(self, value: str | None, where: str, name: str, limit: int, required: bool = False) -> str | None:
        """`value` of the field `where` + `name`, without spaces around it, None where it is empty."""
        if value is not None:
            value = value.strip()
            if not value:
                value = None
            elif len(value) > limit:
                self.error(where + name, f"длина {len(value)}, допускается не больше {limit}")
            elif "\0" in value:
                self.error(where + name, "недопустимый символ с кодом 0")
        if value is None and required:
            self.error(where + name, "обязательное поле не заполнено")
        return value

    def line(self, value: str | None, where: str, name: str, limit: int, required: bool = False) -> str | None:
        """The same for text that is printed: in characters of cp866, cut where replacing them made it longer."""
        if value is None and not required:
            return None
        value = self.text(value, where, name, limit, required)
        return printable(value)[:limit] if value is not None else None

    def amount(self, value: object, where: str, name: str = "", limit: int = 4_294_967_295) -> int:
        """Kopecks, required; 0 where a fault was noted."""
        try:
            amount = numbers.scaled(value, 2)
        except numbers.BadNumber as bad:
            self.error(where + name, "обязательное поле не заполнено" if value in (None, "") else str(bad))
            return 0
        if not 0 <= amount <= limit:
            self.error(where + name, f"допускается от 0 до {numbers.roubles(limit)}")
            return 0
        return amount

    def whole(self, value: object, where: str, name: str, low: int, high: int) -> int | None:
        """A whole number, None where it is absent: null and "" are. 1.0 and "1" are 1."""
        if value is None or value == "":
            return None
        if isinstance(value, str) and _DIGITS.fullmatch(value):
            value = int(value)
        try:
            number = numbers.scaled(value, 0)
        except numbers.BadNumber:
            self.error(where + name, "должно быть целым числом")
            return None
        if not low <= number <= high:
            self.error(where + name, f"допускается от {low} до {high}")
            return None
        return number

    def day(self, value: str | None, where: str, name: str, required: bool = False) -> str | None:
        """A day as dd.mm.yyyy, None where it is empty."""
        value = self.text(value, where, name, 10, required)
        if value is not None and moment(value, DATE) is None:
            self.error(where + name, DATE_WORDS)
        return value
