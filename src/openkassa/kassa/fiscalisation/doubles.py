"""Documents found in the journal of a register that was given up, whose receipts went another way meanwhile."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import structlog

from openkassa.core.tenancy import within
from openkassa.fiscal.driver import Document
from openkassa.kassa.fiscalisation.context import Turn, event_add
from openkassa.kassa.fiscalisation.models import Decision
from openkassa.kassa.registers.models import RegisterEvent

DOUBLE = "double_document"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Double:
    """A document that a person had said was not made, or had named with other numbers."""

    receipt_id: uuid.UUID
    register_id: uuid.UUID
    fn: str
    fd: int
    fiscal_sign: int


def decided_attempts(turn: Turn) -> list[uuid.UUID]:
    """Attempts at this register about which a person has decided."""
    with within(turn.organisation_id):
        return list(Decision.objects.filter(register_id=turn.register.id).values_list("attempt_id", flat=True))


def doubles_split(turn: Turn, documents: Sequence[Document]) -> tuple[list[Document], list[tuple[Decision, Document]]]:
    """(documents to be kept, doubles among them). A double is kept without its task: it is nobody's receipt."""
    by_task = {uuid.UUID(document.task_id): document for document in documents if document.task_id}
    with within(turn.organisation_id):
        decisions = list(Decision.objects.filter(attempt_id__in=list(by_task)))
    doubles = [(decision, by_task[decision.attempt_id]) for decision in decisions]
    alone = {document.fd for _, document in doubles}
    kept = [msgspec.structs.replace(one, task_id=None) if one.fd in alone else one for one in documents]
    return kept, doubles


def doubles_report(turn: Turn, doubles: Sequence[tuple[Decision, Document]]) -> None:
    """Writes each double down and logs it as an error. Call it in the transaction that records the documents."""
    for decision, document in doubles:
        numbers = {"fn": turn.register.fn, "fd": document.fd, "fiscal_sign": document.fiscal_sign}
        event_add(turn, DOUBLE, {"receipt": str(decision.receipt_id), "made": decision.made, **numbers})
        log.error("double_document", receipt_id=str(decision.receipt_id), register_id=str(turn.register.id), **numbers)


def doubles_of(
    organisation_id: uuid.UUID, *, register_id: uuid.UUID | None = None, receipt_id: uuid.UUID | None = None
) -> list[Double]:
    """Doubles of an organisation, of one of its registers or of one receipt, the oldest first."""
    with within(organisation_id):
        events = RegisterEvent.objects.filter(kind=DOUBLE).order_by("id")
        if register_id is not None:
            events = events.filter(register_id=register_id)
        if receipt_id is not None:
            events = events.filter(data__receipt=str(receipt_id))
        return [
            Double(
                receipt_id=uuid.UUID(event.data["receipt"]),
                register_id=event.register_id,
                fn=event.data["fn"],
                fd=event.data["fd"],
                fiscal_sign=event.data["fiscal_sign"],
            )
            for event in events
        ]
