"""What is wrong or doubtful in a request, collected so that the shop gets all of it at once."""

from __future__ import annotations

from openkassa.api import numbers
from openkassa.api.text import printable


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

    def text(self, value: str | None, field: str, limit: int, required: bool = False) -> str | None:
        """`value` without spaces around it, None where it is empty."""
        if value is not None:
            value = value.strip()
            if not value:
                value = None
            elif len(value) > limit:
                self.error(field, f"длина {len(value)}, допускается не больше {limit}")
            elif "\0" in value:
                self.error(field, "недопустимый символ с кодом 0")
        if value is None and required:
            self.error(field, "обязательное поле не заполнено")
        return value

    def line(self, value: str | None, field: str, limit: int, required: bool = False) -> str | None:
        """The same for text that is printed: in characters of cp866, cut where replacing them made it longer."""
        value = self.text(value, field, limit, required)
        return printable(value)[:limit] if value is not None else None

    def amount(self, value: object, field: str, limit: int = 4_294_967_295) -> int:
        """Kopecks, required; 0 where a fault was noted."""
        if value is None or value == "":
            self.error(field, "обязательное поле не заполнено")
            return 0
        try:
            amount = numbers.kopecks(value)
        except numbers.BadNumber as bad:
            self.error(field, str(bad))
            return 0
        if not 0 <= amount <= limit:
            self.error(field, f"допускается от 0 до {numbers.roubles(limit)}")
            return 0
        return amount
