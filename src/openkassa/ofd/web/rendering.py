"""A receipt on paper: PDF and picture, by typst.

The template is a constant file; what a document says reaches it only as JSON in `sys_inputs`, its root is its own
folder and its fonts are ours. One compilation at a time in a process: others wait a little, then come again.
"""

from __future__ import annotations

import functools
import json
import threading
from pathlib import Path
from typing import Literal

import segno
import typst

from openkassa import ui
from openkassa.fiscal.ffd.printed import PrintedReceipt

FOLDER = Path(__file__).parent / "typst"
FONTS = Path(ui.__file__).parent / "typst" / "fonts"
WAIT_SECONDS = 5.0
PIXELS_PER_INCH = 200.0
MAX_ROWS = 4000  # of 32 KiB of fields no document has more

_busy = threading.Lock()


class Busy(Exception):
    """Too many receipts are being drawn at this moment."""


def receipt_pdf(receipt: PrintedReceipt, note: str) -> bytes:
    return _draw(receipt, note, "pdf")


def receipt_png(receipt: PrintedReceipt, note: str) -> bytes:
    return _draw(receipt, note, "png")


def _draw(receipt: PrintedReceipt, note: str, form: Literal["pdf", "png"]) -> bytes:
    """`note` is a line below the receipt. Raises `Busy`."""
    data = {
        "title": receipt.title,
        "rows": [[row.kind, row.left, row.right, row.strong] for row in receipt.rows[:MAX_ROWS]],
        "qr": segno.make(receipt.qr, error="m", micro=False).svg_inline(scale=1, border=0) if receipt.qr else None,
        "note": note,
    }
    if not _busy.acquire(timeout=WAIT_SECONDS):
        raise Busy
    try:
        drawn = _compiler().compile(
            format=form, ppi=PIXELS_PER_INCH, sys_inputs={"receipt": json.dumps(data, ensure_ascii=False)}
        )
    finally:
        _busy.release()
    assert isinstance(drawn, bytes)  # the page is as high as the receipt: there is one
    return drawn


@functools.cache
def _compiler() -> typst.Compiler:
    fonts = typst.Fonts(include_system_fonts=False, font_paths=[str(FONTS)])
    return typst.Compiler(FOLDER / "receipt.typ", root=FOLDER, font_paths=fonts, ignore_system_fonts=True)
