"""Corrections, whatever face they came by."""

from __future__ import annotations

import datetime as dt
from typing import Final

from msgspec.structs import replace

from openkassa.api.faults import Faults
from openkassa.fiscal.draft import Correction, ReceiptDraft
from openkassa.fiscal.ffd import vat
from openkassa.fiscal.ffd.tags import FFD_1_05, FFD_1_2

OLDEST: Final = dt.date(2000, 1, 1)
NUMBER_LENGTH: Final = 32


def base(
    *,
    by_order: bool,
    date: tuple[str, dt.date | None],
    number: tuple[str, str | None],
    number_required: bool,
    ffd: int,
    day: dt.date,
    faults: Faults,
) -> Correction | None:
    """Tags 1173 and 1174. `date` and `number` stand beside the names of their fields; `day` is today, till-local.

    On FFD 1.2 a correction on one's own accord has no number; formats before keep it.
    """
    date_field, at = date
    number_field, text = number
    if at is not None and not OLDEST <= at <= day:
        faults.error(date_field, "дата исправляемого расчёта не может быть позже сегодняшней или до 2000 года")
    text = faults.line(text, number_field, "", NUMBER_LENGTH, required=by_order or number_required)
    if at is None:
        return None
    return Correction(by_order=by_order, date=at, number=text if by_order or ffd != FFD_1_2 else None)


def in_format(draft: ReceiptDraft, ffd: int) -> ReceiptDraft:
    """The draft as FFD `ffd` can say it: in 1.05 a correction has the VAT of its lines in place of the lines."""
    if draft.correction is None or ffd != FFD_1_05:
        return draft
    totals = vat.vat_totals(((item.vat, item.amount) for item in draft.items), draft.correction.date)
    return replace(draft, items=(), correction_vat=tuple(totals.items()))
