"""Texts of notifications: templates by name and language, and the values that they show.

A template is the files `templates/notifications/<language>/<name>.{subject,txt,html,sms}`. Values whose name says
what they are get their form here: `total` is integer minor units with `currency`, `date` an ISO 8601 moment with
the offset in which it is shown.
"""

from __future__ import annotations

import datetime as dt
import functools
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from babel.dates import format_datetime
from babel.numbers import format_currency
from django.template import Context, Engine

FOLDER = Path(__file__).parent / "templates" / "notifications"
LANGUAGES = ("ru", "ky", "en")
SMS_LIMIT = 670  # characters of ten joined messages in Cyrillic


class UnknownTemplate(Exception):
    """There is no such template."""


@dataclass(frozen=True, slots=True)
class Letter:
    subject: str  # one line
    text: str
    html: str


def letter(template: str, language: str, context: dict[str, Any]) -> Letter:
    """An e-mail's texts. Raises `UnknownTemplate`."""
    return Letter(
        subject=" ".join(_render(template, "subject", language, context).split())[:200],
        text=_render(template, "txt", language, context),
        html=_render(template, "html", language, context),
    )


def short_message(template: str, language: str, context: dict[str, Any]) -> str:
    """An SMS's text, one line. Raises `UnknownTemplate`."""
    return " ".join(_render(template, "sms", language, context).split())[:SMS_LIMIT]


def known_template(template: str, channel: str) -> bool:
    kind = "sms" if channel == "sms" else "txt"
    return template.isidentifier() and (FOLDER / LANGUAGES[0] / f"{template}.{kind}").exists()


def _render(template: str, kind: str, language: str, context: dict[str, Any]) -> str:
    language = language if language in LANGUAGES else LANGUAGES[0]
    if not known_template(template, "sms" if kind == "sms" else "email"):
        raise UnknownTemplate(f"there is no notification template {template!r} of the kind {kind}")
    values = Context(_shown(context, language), autoescape=kind == "html", use_l10n=False, use_tz=False)
    return _engine().get_template(f"{language}/{template}.{kind}").render(values)


@functools.cache
def _engine() -> Engine:
    loaders = [("django.template.loaders.cached.Loader", ["django.template.loaders.filesystem.Loader"])]
    return Engine(dirs=[str(FOLDER)], loaders=loaders)


def _shown(context: dict[str, Any], language: str) -> dict[str, Any]:
    values = dict(context)
    if isinstance(values.get("total"), int):
        currency = values.get("currency", "RUB")
        values["total"] = format_currency(Decimal(values["total"]) / 100, currency, locale=language)
    if isinstance(values.get("date"), str):
        moment = dt.datetime.fromisoformat(values["date"])
        values["date"] = format_datetime(moment, "d MMMM y, HH:mm", tzinfo=moment.tzinfo, locale=language)
    return values
