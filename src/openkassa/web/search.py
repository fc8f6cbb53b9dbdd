"""Finds receipts by what a person has at hand: an id, the shop's own number, or the number of the document."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass

from openkassa.core.tenancy import within
from openkassa.kassa.fiscalisation.models import Attempt
from openkassa.kassa.receipts.models import Channel, Receipt
from openkassa.kassa.registers.models import CashRegister, FiscalDocument

LIMIT = 50
_SUM = re.compile(r"(\d[\d\s\u00a0]{0,12})(?:[.,](\d{1,2}))?\s*(?:₽|руб\.?|р\.?|сом|rub|kgs)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    """Ids of receipts, newest first, and the sum in kopecks when the text can be one."""

    ids: tuple[uuid.UUID, ...]
    total: int | None


def receipts_find(organisation_id: uuid.UUID, text: str) -> Found:
    """Looks the text up by unique keys only, so it is quick however many receipts there are."""
    text = text.strip()
    with within(organisation_id):
        ids = set(_by_id(text)) | set(_by_external(text)) | set(_by_document_number(text))
    return Found(tuple(sorted(ids, reverse=True)[:LIMIT]), sum_of(text))


def sum_of(text: str) -> int | None:
    """Kopecks of `1 234,50`, `1234.5` or `100 ₽`; None for a text that is no sum."""
    match = _SUM.fullmatch(text.strip())
    if match is None:
        return None
    whole, part = re.sub(r"\D", "", match[1]), (match[2] or "").ljust(2, "0")
    return int(whole) * 100 + int(part)


def _by_id(text: str) -> list[uuid.UUID]:
    try:
        wanted = uuid.UUID(text)
    except ValueError:
        return []
    return list(Receipt.objects.filter(id=wanted).values_list("id", flat=True))


def _by_external(text: str) -> list[uuid.UUID]:
    channels = list(Channel.objects.values_list("id", flat=True))
    found = Receipt.objects.filter(channel_id__in=channels, external_key=text)
    return list(found.values_list("id", flat=True)[:LIMIT])


def _by_document_number(text: str) -> list[uuid.UUID]:
    if not text.isdecimal() or len(text) > 10:
        return []
    registers = list(CashRegister.objects.values_list("id", flat=True))
    tasks = FiscalDocument.objects.filter(register_id__in=registers, fd=int(text), task_id__isnull=False)
    attempts = Attempt.objects.filter(id__in=list(tasks.values_list("task_id", flat=True)[:LIMIT]))
    return list(attempts.values_list("receipt_id", flat=True))
