"""The receipt object of the YooKassa API, made of what was accepted and what became of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from openkassa.api import countries
from openkassa.api.yookassa import words
from openkassa.api.yookassa.details import EPOCH
from openkassa.api.yookassa.receipts import BY_PAYMENT
from openkassa.fiscal.draft import IndustryProps, Item, Mark, ReceiptDraft
from openkassa.fiscal.ffd.tags import FFD_1_2
from openkassa.kassa.receipts.selectors import ReceiptStatus

LIST_TYPE = "list"


def receipt(status: ReceiptStatus, draft: ReceiptDraft, ffd: int, utc_offset: int) -> dict[str, Any]:
    """`draft` without its buyer: YooKassa's object has none. `ffd` and `utc_offset` (minutes) are the channel's."""
    body: dict[str, Any] = {
        "id": str(status.receipt_id),
        "type": _word(words.TYPES, draft.operation),
        **_name(status, draft),
        "status": words.STATUSES[status.state],
        "items": [_item(item, ffd) for item in draft.items],
        "settlements": [
            {"type": type_, "amount": _money(getattr(draft.payments, field))}
            for type_, field in words.SETTLEMENTS.items()
            if getattr(draft.payments, field)
        ],
        "tax_system_code": _word(words.TAXATION, draft.taxation),
        "internet": draft.internet,
    }
    if draft.time_zone is not None:
        body["timezone"] = draft.time_zone
    if draft.industry:
        body["receipt_industry_details"] = [_industry(one) for one in draft.industry]
    if draft.operating is not None:
        at = EPOCH + dt.timedelta(seconds=draft.operating.at, minutes=-utc_offset)
        body["receipt_operational_details"] = {
            "operation_id": draft.operating.operation_id,
            "value": draft.operating.data,
            "created_at": _moment(at),
        }
    document = status.document
    if status.is_fiscalised and document is not None:
        body |= {
            "fiscal_document_number": str(document.fd),
            "fiscal_storage_number": document.fn,
            "fiscal_attribute": str(document.fiscal_sign),
            "registered_at": _moment(document.made_at.astimezone(dt.UTC)),
            "fiscal_provider_id": str(status.receipt_id),
        }
    return body


def _name(status: ReceiptStatus, draft: ReceiptDraft) -> dict[str, str]:
    name = status.external_id
    if name.startswith(BY_PAYMENT):
        return {"payment_id": name.removeprefix(BY_PAYMENT)}
    return {"payment_id" if draft.operation == words.TYPES["payment"] else "refund_id": name}


def _item(item: Item, ffd: int) -> dict[str, Any]:
    subjects = words.SUBJECTS if ffd == FFD_1_2 else words.SUBJECTS_BEFORE_1_2
    body: dict[str, Any] = {
        "description": item.name,
        "quantity": _quantity(item.quantity),
        "amount": _money(item.price),
        "vat_code": _word(words.VAT, item.vat),
        "payment_mode": _word(words.MODES, item.method),
        "payment_subject": _word(subjects, item.kind),
    }
    if ffd == FFD_1_2:
        body["measure"] = _word(words.MEASURES, item.measure)
    if item.mark is not None:
        body |= _mark(item.mark)
    optional = {
        "excise": _money(item.excise)["value"] if item.excise is not None else None,
        "country_of_origin_code": countries.LETTERS.get(item.country or ""),
        "customs_declaration_number": item.declaration,
        "additional_payment_subject_props": item.extra,
        "product_code": item.product_code,
        "agent_type": _word(words.AGENTS, item.agent_type) if item.agent_type else None,
        "payment_subject_industry_details": [_industry(one) for one in item.industry] or None,
    }
    if item.supplier is not None:
        supplier = {
            "name": item.supplier.name,
            "inn": item.supplier.inn,
            "phone": next(iter(item.supplier.phones), None),
        }
        optional["supplier"] = {name: value for name, value in supplier.items() if value}
    return body | {name: value for name, value in optional.items() if value is not None}


def _mark(mark: Mark) -> dict[str, Any]:
    field = next(name for name, kind in words.MARKS.items() if kind == mark.kind)
    body: dict[str, Any] = {"mark_code_info": {field: mark.code}, "mark_mode": str(mark.processing_mode)}
    if mark.denominator is not None:
        body["mark_quantity"] = {"numerator": mark.numerator, "denominator": mark.denominator}
    if mark.planned_status is not None:
        body["planned_status"] = mark.planned_status
    return body


def _industry(one: IndustryProps) -> dict[str, str]:
    day, month, year = one.date.split(".")
    return {
        "federal_id": one.authority,
        "document_date": f"{year}-{month}-{day}",
        "document_number": one.number,
        "value": one.value,
    }


def _money(amount: int) -> dict[str, str]:
    return {"value": f"{amount // 100}.{amount % 100:02}", "currency": "RUB"}


def _quantity(quantity: Decimal) -> str:
    return f"{quantity:.3f}"


def _word(table: Mapping[Any, int], code: int) -> Any:
    """The face's first word for a code, the code itself where it has none (a correction made on our pages)."""
    return next((word for word, known in table.items() if known == code), code)


def _moment(at: dt.datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"
