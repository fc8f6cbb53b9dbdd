"""The PDF of a receipt: its printed form and QR code, set by typst.

The template is constant and data goes in as values only (`sys_inputs`), so nothing in a receipt can become code.
Typst sees one folder, that of the template, and only the fonts that are shipped.
"""

from __future__ import annotations

import json
import threading
from pathlib import Path

import segno
import typst
from django.utils.translation import gettext as _

from openkassa.core.tenancy import within
from openkassa.fiscal.ffd.marks import controls
from openkassa.fiscal.ffd.printed import PrintedReceipt, printed
from openkassa.fiscal.ffd.reader import read_document
from openkassa.kassa.receipts.models import ReceiptState
from openkassa.kassa.receipts.selectors import receipt_draft
from openkassa.kassa.registers.models import DocumentContainer
from openkassa.web.public_receipt import PublicReceipt

_local = threading.local()
FOLDER = Path(__file__).resolve().parent.parent / "ui" / "typst"


def printed_form(found: PublicReceipt) -> PrintedReceipt | None:
    """The printed form from the bytes that the register made; None when there is no document yet."""
    status = found.status
    with within(status.organisation_id):
        document_id = ReceiptState.objects.values_list("document_id", flat=True).get(receipt_id=status.receipt_id)
        if document_id is None:
            return None
        found_bytes = DocumentContainer.objects.filter(document_id=document_id).values_list("container", flat=True)
        container = found_bytes.first()
    if container is None:
        return None
    draft = receipt_draft(status.organisation_id, status.receipt_id)
    return printed(read_document(bytes(container)), controls(draft.items) if draft is not None else None)


def receipt_pdf(found: PublicReceipt) -> bytes | None:
    """PDF of a receipt that has a document, on a strip of paper 80 mm wide and as long as it has to be."""
    form = printed_form(found)
    if form is None:
        return None
    return set_receipt(
        {
            "title": form.title,
            "rows": [
                {"kind": row.kind, "left": row.left, "right": row.right, "strong": row.strong} for row in form.rows
            ],
            "qr": _qr_svg(form.qr) if form.qr else "",
            "state": _("The operator has confirmed this document.")
            if found.status.state == "confirmed"
            else _("The document is on its way to the operator."),
            "address": found.operator_url,
        }
    )


def set_receipt(data: dict) -> bytes:
    """The PDF of `title`, `rows` (kind, left, right, strong), `qr` (SVG or empty), `state` and `address`."""
    made = _compiler().compile(format="pdf", sys_inputs={"data": json.dumps(data)})
    assert isinstance(made, bytes)
    return made


def _qr_svg(text: str) -> str:
    return segno.make(text, error="m", micro=False).svg_inline(border=2, dark="#000", light="#fff")


def _compiler() -> typst.Compiler:
    """The compiler of this thread: one that two threads use at once raises «Already borrowed»."""
    if not hasattr(_local, "compiler"):
        _local.compiler = typst.Compiler(
            str(FOLDER / "receipt.typ"), root=str(FOLDER), font_paths=[str(FOLDER / "fonts")], ignore_system_fonts=True
        )
    return _local.compiler
