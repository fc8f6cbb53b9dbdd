"""Logs: one JSON line per event on standard error, secrets and personal data masked."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
from structlog.typing import Processor

SECRET_KEYS = re.compile(r"pass|secret|token|authorization|cookie|otp|pin$|signature|api_?key", re.IGNORECASE)
EMAIL = re.compile(r"([A-Za-z0-9._%+-])[A-Za-z0-9._%+-]*@([A-Za-z0-9.-]+)")
PHONE = re.compile(r"\+\d{3,9}(\d{2})(?!\d)")
CARD = re.compile(r"(?<!\d)\d{13,19}(?!\d)")
MASK = "•••"
# Numbers of fiscal storages begin so and no card does; 9999 are the emulated ones.
STORAGES = ("71", "72", "73", "87", "92", "99")


def mask(text: str) -> str:
    """E-mail addresses, phones and card numbers made unreadable."""
    text = EMAIL.sub(rf"\1{MASK}@\2", text)
    text = PHONE.sub(rf"+{MASK}\1", text)
    return CARD.sub(_masked_card, text)


def _masked_card(found: re.Match[str]) -> str:
    """A number whose check digit is a card's, all but its ends; numbers of storages and registers stay readable."""
    number = found[0]
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in number[-2::-2])
    luhn = sum(map(int, number[-1::-2])) + sum(doubled)
    if luhn % 10 or (len(number) == 16 and number.startswith(STORAGES)):
        return number
    return f"{number[:6]}{MASK}{number[-4:]}"


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {key: MASK if SECRET_KEYS.search(str(key)) else _masked(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(item) for item in value]
    return value


def _mask_event(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return _masked(dict(event))


def configure(process: str, level: int = logging.INFO) -> None:
    """Sets logging up; every process calls it once, before anything is logged."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _mask_event,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.getLogger("django.request").setLevel(logging.ERROR)
    for noisy in ("httpx", "httpcore", "asyncio", "procrastinate", "mail.log"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.contextvars.bind_contextvars(process=process)
