"""Faults that can be switched on in the parts of the sandbox."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    name: str
    unit: str  # "switch" (0 or 1), "seconds", "smtp" or "http" (a code to answer with)
    ru: str
    en: str


FAULTS = {
    fault.name: fault
    for fault in (
        Fault("smtp.refuse", "smtp", "Почта: отказать с кодом (451 — позже, 550 — никогда)",
              "Mail: refuse with a code (451 later, 550 never)"),
        Fault("smtp.delay", "seconds", "Почта: отвечать с задержкой", "Mail: answer late"),
        Fault("smtp.lose_answer", "switch", "Почта: принять и потерять ответ", "Mail: accept and lose the answer"),
        Fault("smtp.twice", "switch", "Почта: доставить дважды", "Mail: deliver twice"),
        Fault("sms.refuse", "http", "СМС: отказать с кодом (503 — позже, 422 — никогда)",
              "SMS: refuse with a code (503 later, 422 never)"),
        Fault("sms.delay", "seconds", "СМС: отвечать с задержкой", "SMS: answer late"),
        Fault("sms.lose_answer", "switch", "СМС: принять и потерять ответ", "SMS: accept and lose the answer"),
        Fault("marking.delay", "seconds", "Маркировка: отвечать о кодах с задержкой",
              "Marking: answer about codes late"),
        Fault("marking.refuse", "http", "Маркировка: отказать с кодом (429, 503 — спросят другую площадку)",
              "Marking: refuse with a code (429, 503: another host is asked)"),
        Fault("marking.garbage", "switch", "Маркировка: ответить не тем", "Marking: answer with something else"),
        Fault("marking.info_refuse", "http", "Маркировка: не дать список площадок", "Marking: give no list of hosts"),
        Fault("marking.exchange_delay", "seconds", "Маркировка: отвечать кассам с задержкой",
              "Marking: answer registers late"),
        Fault("marking.exchange_silent", "switch", "Маркировка: не отвечать кассам", "Marking: don't answer registers"),
        Fault("marking.info_delay", "seconds", "Маркировка: дать список площадок с задержкой",
              "Marking: give the list of hosts late"),
    )
}  # fmt: skip
RANGES = {"switch": (1, 1), "seconds": (0.01, 600), "smtp": (400, 599), "http": (400, 599)}


class WrongFault(Exception):
    """No such fault, or a value that it can't have."""


def checked(name: str, value: object, times: object = None) -> tuple[str, float, int | None]:
    """(name, value, times) of a fault to be set; value 0 switches it off. Raises `WrongFault`."""
    if name not in FAULTS:
        raise WrongFault(f"no such fault: {name}; there are {', '.join(FAULTS)}")
    try:
        number = float(str(value or 0))
        count = int(str(times)) if times not in (None, "") else None
    except ValueError as error:
        raise WrongFault("value and times are numbers") from error
    low, high = RANGES[FAULTS[name].unit]
    if not math.isfinite(number) or (number != 0 and not low <= number <= high):
        raise WrongFault(f"{name}: give a value from {low} to {high}, or 0 to switch it off")
    if count is not None and not 1 <= count <= 1_000_000:
        raise WrongFault("times is how often the fault happens: 1 or more")
    return name, number, count
