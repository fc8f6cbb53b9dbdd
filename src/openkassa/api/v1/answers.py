"""What v1 says about a receipt."""

from __future__ import annotations

import datetime as dt

import msgspec

from openkassa.api.addresses import receipt_address
from openkassa.api.v1 import wire, wire_corrections, wire_prepayments, words
from openkassa.fiscal.draft import ReceiptDraft
from openkassa.fiscal.ffd import vat
from openkassa.fiscal.ffd.render import settlement_day
from openkassa.kassa.receipts.marks import MarkResult, marks_of, receipt_marks
from openkassa.kassa.receipts.prepayments import OpenPrepayment
from openkassa.kassa.receipts.selectors import DocumentFacts, ReceiptStatus
from openkassa.kassa.receipts.services import Accepted

_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001  till-local time has no zone


def receipt_answer(status: ReceiptStatus) -> wire.ReceiptAnswer:
    return wire.ReceiptAnswer(
        id=status.receipt_id,
        external_id=status.external_id,
        state=status.state,  # type: ignore[arg-type]
        operation=words.OPERATION_NAMES[status.operation],
        form=status.form,
        total=status.total,
        taxation=words.TAXATION_NAMES.get(status.taxation),
        accepted_at=status.accepted_at,
        changed_at=status.changed_at,
        refers_to=status.refers_to_id,
        warnings=[_warning(text) for text in status.warnings],
        document=_document(status, status.document) if status.document else None,
        acknowledgement=status.acknowledgement,
        error=wire.Failure(code=status.error_code, detail=status.error_text or "") if status.error_code else None,
        marks_result=[_mark(mark) for mark in receipt_marks(status)],
    )


def accepted_answer(draft: ReceiptDraft, request: wire.Receipt, accepted: Accepted) -> wire.ReceiptAnswer:
    """The same for a receipt that was accepted a moment ago."""
    return wire.ReceiptAnswer(
        id=accepted.receipt_id,
        external_id=request.external_id,
        state="accepted",
        operation=request.operation,
        form=draft.form,
        total=draft.total,
        taxation=words.TAXATION_NAMES.get(draft.taxation),
        accepted_at=accepted.accepted_at,
        changed_at=accepted.accepted_at,
        refers_to=request.refers_to,
        warnings=[_warning(text) for text in accepted.warnings],
        document=None,
        acknowledgement=None,
        error=None,
        marks_result=[_mark(mark) for mark in marks_of(draft)],
    )


def _mark(mark: MarkResult) -> wire.MarkResult:
    return wire.MarkResult(line=mark.line, code=mark.code, result=mark.result, sign=mark.sign, control=mark.control)


def planned(draft: ReceiptDraft, warnings: tuple[str, ...]) -> wire_corrections.Planned:
    """A receipt that would be made."""
    base = draft.correction
    totals = vat.vat_totals(((item.vat, item.amount) for item in draft.items), settlement_day(draft, None))
    return wire_corrections.Planned(
        form=draft.form,
        operation=words.OPERATION_NAMES[draft.operation],
        taxation=words.TAXATION_NAMES[draft.taxation],
        total=draft.total,
        items=[
            wire_corrections.PlannedLine(
                name=item.name,
                price=item.price,
                quantity=f"{item.quantity:f}",
                amount=item.amount,
                vat=words.VAT_NAMES[item.vat],
                method=words.METHOD_NAMES[item.method],
                object=words.OBJECT_NAMES[item.kind],
            )
            for item in draft.items
        ],
        payments=wire.Payments(**msgspec.structs.asdict(draft.payments)),
        vat=[
            wire_corrections.VatTotal(vat=words.VAT_NAMES[code], amount=amount)
            for code, amount in sorted((totals or dict(draft.correction_vat)).items())
        ],
        settlement_date=base.date if base else None,
        order=base.number if base else None,
        extra=draft.extra,
        warnings=[_warning(text) for text in warnings],
    )


def prepayment_answer(found: OpenPrepayment) -> wire_prepayments.Prepayment:
    return wire_prepayments.Prepayment(
        id=found.receipt_id,
        external_id=found.external_id,
        operation=words.OPERATION_NAMES[found.operation],
        accepted_at=found.accepted_at,
        amount=found.amount,
        left=found.left,
    )


def callback_body(status: ReceiptStatus) -> bytes:
    """A callback says what `GET /api/v1/receipts/{id}` says."""
    return msgspec.json.encode(receipt_answer(status))


def _warning(text: str) -> wire.ReceiptWarning:
    field, mark, detail = text.partition(": ")
    if mark and " " not in field:
        return wire.ReceiptWarning(field=field, detail=detail)
    return wire.ReceiptWarning(detail=text)


def _document(status: ReceiptStatus, document: DocumentFacts) -> wire.Document:
    made = _EPOCH + dt.timedelta(seconds=document.local_time)
    return wire.Document(
        fn=document.fn,
        fd=document.fd,
        fiscal_sign=document.fiscal_sign,
        shift=document.shift,
        number=document.number,
        at=made.isoformat(timespec="minutes"),
        registration_number=document.rnm,
        serial=document.serial,
        qr=status.qr,
        url=receipt_address(document),
    )
