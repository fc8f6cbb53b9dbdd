"""The list of receipts as an Excel file, written row by row in constant memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from decimal import Decimal
from typing import BinaryIO

import xlsxwriter
from django.utils.translation import gettext as _

from openkassa.kassa.receipts.models import State
from openkassa.kassa.receipts.selectors import ReceiptStatus
from openkassa.ui import formats
from openkassa.web import wording
from openkassa.web.places import MOSCOW, Place

LIMIT = 100_000  # rows of one file


def receipts_workbook(receipts: Iterable[ReceiptStatus], places: dict, currency: str) -> BinaryIO:
    """A temporary file with the workbook, at its beginning. It vanishes when it is closed.

    Texts are written as texts, whatever they begin with: a name such as `=HYPERLINK(…)` stays a name.
    """
    file = tempfile.TemporaryFile(suffix=".xlsx")  # noqa: SIM115 - the response closes it
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    bold = book.add_format({"bold": True, "bottom": 1})
    time = book.add_format({"num_format": "dd.mm.yyyy hh:mm:ss"})
    sum_format = book.add_format({"num_format": "#,##0.00"})
    sheet = book.add_worksheet(_("Receipts"))
    sheet.freeze_panes(1, 0)
    columns = _columns(currency)
    for column, (title, width) in enumerate(columns):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, title, bold)
    for row, receipt in enumerate(receipts, start=1):
        place = places.get(receipt.channel_id, Place("", "", MOSCOW))
        sheet.write_datetime(row, 0, formats.local(receipt.accepted_at, place.utc_offset).replace(tzinfo=None), time)
        sheet.write_number(row, 4, Decimal(receipt.total) / 100, sum_format)
        for column, text in _texts(receipt, place).items():
            sheet.write_string(row, column, text)
    book.close()
    file.seek(0)
    return file


def _columns(currency: str) -> list[tuple[str, int]]:
    return [
        (_("Accepted"), 19),
        (_("Number of the shop"), 28),
        (_("Kind"), 18),
        (_("State"), 24),
        (f"{_('Sum')}, {formats.currency_symbol(currency)}", 14),
        (_("Channel"), 22),
        (_("Outlet"), 22),
        (_("Storage (ФН)"), 18),
        (_("Document (ФД)"), 12),
        (_("Fiscal sign (ФПД)"), 14),
        (_("Registration number (РНМ)"), 18),
        (_("Shift"), 8),
        (_("Error"), 40),
        (_("Id"), 38),
    ]


def _texts(receipt: ReceiptStatus, place: Place) -> dict[int, str]:
    document = receipt.document
    return {
        1: receipt.external_id,
        2: wording.kind_of(receipt.form, receipt.operation),
        3: str(State(receipt.state).label),
        5: place.channel,
        6: place.outlet,
        7: document.fn if document else "",
        8: str(document.fd) if document else "",
        9: f"{document.fiscal_sign:010}" if document else "",
        10: document.rnm if document else "",
        11: str(document.shift) if document else "",
        12: receipt.error_text or "",
        13: str(receipt.receipt_id),
    }
