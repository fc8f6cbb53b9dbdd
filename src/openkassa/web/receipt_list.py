"""The list of receipts: what was asked for in the address, and one page of it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as lazy

from openkassa.kassa.receipts.selectors import ReceiptStatus, receipt_list, receipt_status
from openkassa.web import wording
from openkassa.web.search import receipts_find, sum_of

PAGE = 50
EXCEL_PAGE = 200
STATES = [(state.value, words) for state, words in wording.STATES_SHORT.items()]
KINDS = [(str(code), words) for code, words in wording.OPERATIONS.items()]

_DAYS = [MinValueValidator(dt.date(2000, 1, 1)), MaxValueValidator(dt.date(2999, 12, 31))]


class Filters(forms.Form):
    """Filters of the list, as they stand in the address."""

    q = forms.CharField(required=False, max_length=128)
    state = forms.ChoiceField(required=False, choices=[("", lazy("all")), *STATES])
    kind = forms.ChoiceField(required=False, choices=[("", lazy("all")), *KINDS])
    since = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}), validators=_DAYS)
    until = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}), validators=_DAYS)
    after = forms.UUIDField(required=False, error_messages={"invalid": lazy("This page of the list no longer exists.")})

    def clean(self) -> dict:
        cleaned = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since > until:
            self.add_error("until", lazy("The last day is before the first one."))
        return cleaned


@dataclass(frozen=True, kw_only=True)
class Page:
    """Receipts newest first; `next` is the cursor of the page after, None on the last one."""

    receipts: list[ReceiptStatus]
    next: uuid.UUID | None


def receipt_page(organisation_id: uuid.UUID, filters: dict, utc_offset: int) -> Page:
    """One page for cleaned `filters`. A text is looked up by number first, and taken as a sum when none has it."""
    if filters.get("q"):
        found = receipts_find(organisation_id, filters["q"])
        if found.ids or found.total is None:
            statuses = (receipt_status(organisation_id, receipt_id) for receipt_id in found.ids)
            return Page(receipts=[status for status in statuses if status and _fits(status, filters)], next=None)
    receipts = receipt_list(organisation_id, limit=PAGE + 1, **_conditions(filters, utc_offset))
    return Page(receipts=receipts[:PAGE], next=receipts[PAGE - 1].receipt_id if len(receipts) > PAGE else None)


def receipts_all(organisation_id: uuid.UUID, filters: dict, utc_offset: int, limit: int) -> Iterator[ReceiptStatus]:
    """Receipts for cleaned `filters` from the first page on, at most `limit`, read page by page."""
    filters = {**filters, "after": None}
    if filters.get("q"):
        yield from receipt_page(organisation_id, filters, utc_offset).receipts
        return
    left = limit
    while left > 0:
        size = min(EXCEL_PAGE, left)
        receipts = receipt_list(organisation_id, limit=size, **_conditions(filters, utc_offset))
        yield from receipts
        left -= len(receipts)
        if len(receipts) < size:
            return
        filters["after"] = receipts[-1].receipt_id


def _conditions(filters: dict, utc_offset: int) -> dict:
    zone = dt.timezone(dt.timedelta(minutes=utc_offset))
    since, until = filters.get("since"), filters.get("until")
    return {
        "after": filters.get("after"),
        "state": filters.get("state") or None,
        "operation": int(filters["kind"]) if filters.get("kind") else None,
        "accepted_from": dt.datetime.combine(since, dt.time(), zone) if since else None,
        "accepted_to": dt.datetime.combine(until + dt.timedelta(days=1), dt.time(), zone) if until else None,
        "total": sum_of(filters["q"]) if filters.get("q") else None,
    }


def _fits(status: ReceiptStatus, filters: dict) -> bool:
    return (not filters.get("state") or status.state == filters["state"]) and (
        not filters.get("kind") or status.operation == int(filters["kind"])
    )
