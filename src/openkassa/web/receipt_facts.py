"""Everything that the page of one receipt shows."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from openkassa.core.models import Notification
from openkassa.core.tenancy import within
from openkassa.fiscal.draft import Item, ReceiptDraft
from openkassa.fiscal.ffd import codes, vat
from openkassa.fiscal.ffd.render import settlement_day
from openkassa.kassa.fiscalisation.models import Attempt, Decision
from openkassa.kassa.people.models import User
from openkassa.kassa.receipts.marks import MarkResult, receipt_marks
from openkassa.kassa.receipts.models import FINAL, ReceiptEvent, State
from openkassa.kassa.receipts.selectors import ReceiptStatus, receipt_events
from openkassa.kassa.registers.models import CashRegister
from openkassa.ui import formats
from openkassa.web import wording
from openkassa.web.service_texts import reason_text

USUAL_WAY = (State.ACCEPTED, State.ASSIGNED, State.FISCALISED, State.CONFIRMED)


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a receipt's life for the timeline; `time` is empty for one that is still to come."""

    title: str
    tone: str
    icon: str
    time: str = ""
    more: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    item: Item
    measure: str
    rate: str
    tax: int  # kopecks


def is_final(status: ReceiptStatus) -> bool:
    return status.state in FINAL


def lines_of(draft: ReceiptDraft) -> list[Line]:
    day = settlement_day(draft, None)
    return [
        Line(
            item=item,
            measure=item.unit or codes.MEASURES.get(item.measure, ""),
            rate=vat.rate(item.vat, day).label,
            tax=vat.vat_inside(item.amount, item.vat, day),
        )
        for item in draft.items
    ]


def marks_of(status: ReceiptStatus, draft: ReceiptDraft) -> list[tuple[MarkResult, str, str | Promise, wording.Look]]:
    """(code and its result, name of the goods, what the register's check says, how that looks) of the marked lines."""
    return [(mark, draft.items[mark.line].name, *wording.MARK_LOOKS[mark.sign]) for mark in receipt_marks(status)]


def taxes_of(draft: ReceiptDraft) -> list[tuple[str, int]]:
    """(rate, kopecks) of a receipt: the tax itself, the turnover for 0 % and without VAT."""
    day = settlement_day(draft, None)
    if draft.items:
        totals = vat.vat_totals(((item.vat, item.amount) for item in draft.items), day)
    else:
        totals = dict(draft.correction_vat)
    return [(vat.rate(code, day).label, amount) for code, amount in sorted(totals.items())]


def payments_of(draft: ReceiptDraft) -> list[tuple[str, int]]:
    return [
        (str(words), getattr(draft.payments, name)) for name, words in wording.PAYMENTS if getattr(draft.payments, name)
    ]


def steps_of(status: ReceiptStatus, registers: dict[str, str], utc_offset: int) -> list[Step]:
    """The life as it went, and the rest of the usual way as it will go. `registers` are names by id."""
    events = receipt_events(status.organisation_id, status.receipt_id)
    steps = [_step(event, status, registers, utc_offset, last=event is events[-1]) for event in events]
    if is_final(status):
        return steps
    reached = USUAL_WAY.index(status.state) if status.state in USUAL_WAY else USUAL_WAY.index(State.ASSIGNED)
    coming = USUAL_WAY[reached + 1 :]
    return steps + [Step(str(state.label), "neutral", wording.STATE_LOOKS[state].icon) for state in coming]


def _step(
    event: ReceiptEvent, status: ReceiptStatus, registers: dict[str, str], utc_offset: int, *, last: bool
) -> Step:
    look = wording.STATE_LOOKS[State(event.state)]
    going_on = last and not is_final(status)
    tone = look.tone if event.state in ("in_doubt", "refused", "withdrawn") or going_on else "good"
    same_day = event.at - status.accepted_at < dt.timedelta(hours=12)
    show = formats.clock_time if same_day else formats.date_time
    time = show(event.at, utc_offset, seconds=True)
    return Step(str(State(event.state).label), tone, look.icon, time, _more(event, status, registers))


def _more(event: ReceiptEvent, status: ReceiptStatus, registers: dict[str, str]) -> str:
    data = event.data or {}
    if event.state == State.ASSIGNED:
        return registers.get(str(data.get("register")), "")
    if event.state == State.FISCALISED and "fd" in data:
        return _("document %(number)s") % {"number": data["fd"]}
    if event.state == State.CONFIRMED and status.acknowledgement is not None:
        return str(wording.ACKNOWLEDGEMENTS.get(status.acknowledgement, status.acknowledgement))
    return reason_text(str(data.get("reason") or data.get("text") or ""))


def attempts_of(organisation_id: uuid.UUID, receipt_id: uuid.UUID) -> list[Attempt]:
    with within(organisation_id):
        return list(Attempt.objects.filter(receipt_id=receipt_id).order_by("id"))


def decision_of(organisation_id: uuid.UUID, receipt_id: uuid.UUID) -> dict:
    """`decision`: the last one that a person made about the receipt, or None; `decided_by`: their name."""
    with within(organisation_id):
        decision = Decision.objects.filter(receipt_id=receipt_id).order_by("-id").first()
    person = User.objects.filter(id=decision.decided_by).first() if decision else None
    return {"decision": decision, "decided_by": person.display_name if person else ""}


def register_names(organisation_id: uuid.UUID) -> dict[str, str]:
    with within(organisation_id):
        return {str(pk): name for pk, name in CashRegister.objects.values_list("id", "name")}


def copies_of(organisation_id: uuid.UUID, receipt_id: uuid.UUID) -> list[Notification]:
    """Letters and messages with the buyer's copy."""
    keys = [f"copy:{receipt_id}:{channel}" for channel in ("email", "sms")]
    with within(organisation_id):
        return list(Notification.objects.filter(key__in=keys).order_by("id"))
