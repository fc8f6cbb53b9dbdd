"""What became of the marking codes of a receipt: from what the shop sent and the document that the register made."""

from __future__ import annotations

import msgspec

from openkassa.core.db import run
from openkassa.fiscal.draft import ReceiptDraft, read_draft
from openkassa.fiscal.ffd.marks import read_mark, sign
from openkassa.fiscal.ffd.reader import read_document
from openkassa.fiscal.ffd.tlv import Pairs, first
from openkassa.kassa.receipts.selectors import ReceiptStatus

CONTENT = """
SELECT t.draft, c.container
FROM kassa_receipts_receiptstate s
LEFT JOIN kassa_receipts_receiptcontent t ON t.receipt_id = s.receipt_id AND t.organisation_id = s.organisation_id
LEFT JOIN kassa_registers_documentcontainer c
    ON c.document_id = s.document_id AND c.organisation_id = s.organisation_id
WHERE s.organisation_id = %(organisation_id)s AND s.receipt_id = %(receipt_id)s
"""


class MarkResult(msgspec.Struct, frozen=True, kw_only=True):
    line: int  # index of the line
    kind: str
    code: str  # whole code, separators as GS
    control: str  # tag 2115
    result: int | None  # tag 2106, None before the document
    planned_status: int | None = None

    @property
    def shown(self) -> str:
        """The code for people: the check part left out, as it tells them nothing."""
        return self.code.partition("\x1d")[0]

    @property
    def sign(self) -> str | None:
        """As it is printed; None before the document."""
        return None if self.result is None else sign(self.result)


def receipt_marks(status: ReceiptStatus) -> list[MarkResult]:
    """Codes of a receipt in order of its lines. Asks the database only for a receipt that has some."""
    if not status.marks:
        return []
    rows = run(CONTENT, {"organisation_id": status.organisation_id, "receipt_id": status.receipt_id}, again=True)
    if not rows or rows[0][0] is None:
        return []
    draft = read_draft(bytes(rows[0][0]))
    container = rows[0][1]
    return marks_of(draft, read_document(bytes(container)).items if container is not None else None)


def marks_of(draft: ReceiptDraft, lines: list[Pairs] | None = None) -> list[MarkResult]:
    """The same of a draft and the lines (1059) of its document, when there is one."""
    found = []
    for index, item in enumerate(draft.items):
        if item.mark is None:
            continue
        code, _ = read_mark(item.mark)
        result = None
        if lines is not None and index < len(lines):
            value = first(lines[index], 2106)
            result = value if isinstance(value, int) else 0
        found.append(
            MarkResult(
                line=index,
                kind=code.kind,
                code=code.text,
                control=code.control,
                result=result,
                planned_status=item.mark.planned_status,
            )
        )
    return found
