"""What is wrong with a register, and what to do: decisions over its last known status."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from openkassa.kassa.registers.models import CashRegister, RegisterState, RegisterStatus
from openkassa.ui import formats
from openkassa.web.service_texts import problem_texts

SHIFT_LIMIT = dt.timedelta(hours=24)  # 54-ФЗ: no receipts in an older shift
SHIFT_WARNING = dt.timedelta(hours=23)
DELIVERY_LIMIT_DAYS = 30  # the storage is blocked when the operator has had nothing for so long
DELIVERY_WARNING_DAYS = 1
STORAGE_WARNING_DAYS = 30
STORAGE_WARNING_DOCUMENTS = 5_000
CLOCK_WARNING = 120  # seconds
CLOCK_LIMIT = 300

TONES = ("good", "info", "warn", "doubt", "bad")  # from best to worst


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing to know about a register. `advice` says what to do."""

    tone: str
    title: str
    advice: str = ""


def findings(register: CashRegister, status: RegisterStatus, now: dt.datetime) -> list[Finding]:
    """Everything that is not as it should be, the worst first."""
    if register.state == RegisterState.CLOSED:
        return []
    if register.state == RegisterState.LOST:
        advice = _("Decide about its receipts in doubt. If it answers again, its journal is compared.")
        return [Finding(tone="warn", title=_("The register was given up as lost"), advice=advice)]
    found = [
        *_registration(register),
        *_problem(status, now),
        *_shift(status, now),
        *_storage(status, now),
        *_delivery(status, now),
        *_clock(status),
    ]
    return sorted(found, key=lambda finding: -TONES.index(finding.tone))


def worst_tone(found: list[Finding]) -> str:
    return found[0].tone if found else "good"


def undelivered(status: RegisterStatus) -> int:
    """Documents that the operator has not acknowledged yet."""
    return max(0, status.last_fd - status.acknowledged_fd)


def storage_days(status: RegisterStatus, now: dt.datetime) -> int | None:
    return None if status.fn_valid_until is None else max(0, (status.fn_valid_until - now).days)


def _registration(register: CashRegister) -> list[Finding]:
    if register.state == RegisterState.NEW:
        advice = _("Register it with the tax service, then it starts to take receipts.")
        return [Finding(tone="info", title=_("The register is not registered yet"), advice=advice)]
    if register.state == RegisterState.STOPPED:
        advice = _("It gets no receipts. What it has made still goes to the operator.")
        return [Finding(tone="warn", title=_("The register is stopped"), advice=advice)]
    return []


def _problem(status: RegisterStatus, now: dt.datetime) -> list[Finding]:
    if not status.problem:
        return []
    title, advice = problem_texts(status.problem, status.problem_text)
    if status.retry_at is not None and status.retry_at > now:
        wait = formats.duration((status.retry_at - now).total_seconds())
        advice = f"{advice} " + _("The next try is in %(time)s.") % {"time": wait}
    return [Finding(tone="bad", title=title, advice=advice)]


def _shift(status: RegisterStatus, now: dt.datetime) -> list[Finding]:
    if not status.shift_open or status.shift_opened_at is None:
        return []
    age = now - status.shift_opened_at
    if age >= SHIFT_LIMIT:
        advice = _("The register makes no receipts until the shift is closed.")
        return [Finding(tone="bad", title=_("The shift is older than 24 hours"), advice=advice)]
    if age >= SHIFT_WARNING:
        advice = _("It will be closed and a new one opened by itself.")
        return [Finding(tone="warn", title=_("The shift is nearly 24 hours old"), advice=advice)]
    return []


def _storage(status: RegisterStatus, now: dt.datetime) -> list[Finding]:
    found = []
    advice = _("Order a new fiscal storage and plan its replacement.")
    days = storage_days(status, now)
    if days is not None and days <= STORAGE_WARNING_DAYS:
        title = ngettext("The fiscal storage ends in %(days)s day", "The fiscal storage ends in %(days)s days", days)
        found.append(Finding(tone="bad" if days <= 3 else "warn", title=title % {"days": days}, advice=advice))
    left = status.fn_documents_left
    if left is not None and left <= STORAGE_WARNING_DOCUMENTS:
        title = ngettext("Room for %(count)s more document", "Room for %(count)s more documents", left)
        found.append(Finding(tone="warn", title=title % {"count": formats.integer(left)}, advice=advice))
    return found


def _delivery(status: RegisterStatus, now: dt.datetime) -> list[Finding]:
    if status.first_undelivered_at is None:
        return []
    age = now - status.first_undelivered_at
    if age.days < DELIVERY_WARNING_DAYS:
        return []
    left = max(0, DELIVERY_LIMIT_DAYS - age.days)
    title = _("The operator hasn't had a document for %(time)s") % {"time": formats.duration(age.total_seconds())}
    advice = ngettext(
        "Check the register's network. In %(days)s day the storage stops making documents.",
        "Check the register's network. In %(days)s days the storage stops making documents.",
        left,
    )
    return [Finding(tone="bad" if left <= 5 else "warn", title=title, advice=advice % {"days": left})]


def _clock(status: RegisterStatus) -> list[Finding]:
    difference = abs(status.clock_difference)
    if difference < CLOCK_WARNING:
        return []
    title = _("The register's clock is wrong by %(time)s") % {"time": formats.duration(difference)}
    advice = _("Set the register's clock; the time on receipts is taken from it.")
    return [Finding(tone="bad" if difference >= CLOCK_LIMIT else "warn", title=title, advice=advice)]
