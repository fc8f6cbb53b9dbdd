"""Contacts as shops send them."""

from __future__ import annotations

import re

_NOT_DIGITS = re.compile(r"[\s()\-.]")
_RUSSIAN = re.compile(r"(?:\+?7|8)?([3-9]\d{9})")
_FOREIGN = re.compile(r"\+\d{9,15}")


def phone(text: str) -> str | None:
    """A phone in the form +79991234567, None when `text` isn't one. Ten digits or a leading 8 mean Russia."""
    digits = _NOT_DIGITS.sub("", text)
    russian = _RUSSIAN.fullmatch(digits)
    if russian:
        return "+7" + russian[1]
    return digits if _FOREIGN.fullmatch(digits) else None


def is_email(text: str) -> bool:
    """Whether mail can be sent to `text`; a weak test, since shops know their buyers better."""
    name, at, host = text.rpartition("@")
    return bool(at and name and "." in host.strip(".") and text.isprintable() and " " not in text)
