"""Corrections of faces that say what was sold, on registers of a format whose corrections have no lines."""

from __future__ import annotations

from msgspec.structs import replace

from openkassa.fiscal.draft import ReceiptDraft
from openkassa.fiscal.ffd import vat
from openkassa.fiscal.ffd.tags import FFD_1_05


def in_format(draft: ReceiptDraft, ffd: int) -> ReceiptDraft:
    """The draft as FFD `ffd` can say it: in 1.05 a correction has the VAT of its lines in place of the lines."""
    if draft.correction is None or ffd != FFD_1_05:
        return draft
    totals = vat.vat_totals(((item.vat, item.amount) for item in draft.items), draft.correction.date)
    return replace(draft, items=(), correction_vat=tuple(totals.items()))
