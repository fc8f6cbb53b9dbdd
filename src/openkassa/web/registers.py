"""Pages of cash registers: how they are, and what a person wants of them."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from openkassa.core.clock import now
from openkassa.core.tenancy import within
from openkassa.kassa.fiscalisation.doubles import doubles_of
from openkassa.kassa.fiscalisation.storages import storages_of
from openkassa.kassa.registers.models import Acknowledgement, CommandKind, RegisterState
from openkassa.kassa.registers.selectors import register_commands, register_documents, register_health, register_list
from openkassa.kassa.registers.services import WrongState, command_request
from openkassa.ui import formats
from openkassa.web import health, wording
from openkassa.web.access import role_required
from openkassa.web.requests import MemberRequest
from openkassa.web.service_texts import storage_text

BY_HAND = (CommandKind.OPEN_SHIFT, CommandKind.CLOSE_SHIFT, CommandKind.SETTLEMENTS)
COMMANDS_SHOWN = 5


@require_GET
@role_required("owner", "manager")
def registers(request: MemberRequest) -> HttpResponse:
    at = now()
    rows = [_register(register, status, at) for register, status in register_list(request.organisation_id)]
    rows.sort(key=lambda row: -health.TONES.index(row["tone"]))
    return render(request, "web/registers.html", {"rows": rows, "now": at})


@require_GET
@role_required("owner", "manager")
def register(request: MemberRequest, register_id: uuid.UUID) -> HttpResponse:
    return render(request, "web/register.html", _register_context(request, register_id))


@require_GET
@role_required("owner", "manager")
def register_live(request: MemberRequest, register_id: uuid.UUID) -> HttpResponse:
    """The part of the page that changes while the register carries out a command."""
    return render(request, "web/register.html#live", _register_context(request, register_id))


@require_POST
@role_required("owner", "manager")
def register_command(request: MemberRequest, register_id: uuid.UUID) -> HttpResponse:
    """Asks for a shift to be opened or closed, or for the report on settlements; the page shows what becomes of it."""
    found = register_health(request.organisation_id, register_id)
    if found is None:
        raise Http404
    kind = request.POST.get("kind", "")
    if kind in BY_HAND:
        try:
            command_request(
                organisation_id=request.organisation_id,
                register_id=register_id,
                kind=kind,
                requested_by=request.user.id,
            )
        except WrongState:
            messages.error(request, _("The register is not working, so nothing can be asked of it."))
    return redirect("register", register_id=register_id)


def _register_context(request: MemberRequest, register_id: uuid.UUID) -> dict:
    found = register_health(request.organisation_id, register_id)
    if found is None:
        raise Http404
    at = now()
    cash_register, status, pool = found
    former = storages_of(request.organisation_id, register_id)
    shown = request.GET.get("fn", "")
    fn = shown if shown in former else cash_register.fn
    documents = register_documents(request.organisation_id, register_id, fn, limit=20)
    with within(request.organisation_id):
        codes = dict(
            Acknowledgement.objects.filter(document_id__in=[document.id for document in documents]).values_list(
                "document_id", "code"
            )
        )
    commands = register_commands(request.organisation_id, register_id, limit=COMMANDS_SHOWN)
    return {
        **_register(cash_register, status, at),
        "pool": pool,
        "now": at,
        "clock": formats.duration(status.clock_difference),
        "clock_exact": abs(status.clock_difference) < 2,  # a second is what asking for the time may cost
        "documents": [
            (
                document,
                wording.FORMS.get(document.form, document.form),
                fn in former or document.fd <= status.acknowledged_fd,
                codes.get(document.id),
            )
            for document in documents
        ],
        "storages": [cash_register.fn, *former] if former else [],
        "fn": fn,
        "commands": [
            (command, wording.COMMAND_LOOKS[command.state], storage_text(command.error_code) or command.error)
            for command in commands
        ],
        "busy": any(command.state in ("waiting", "sent") for command in commands),
        "doubles": doubles_of(request.organisation_id, register_id=register_id),
        "may_be_lost": bool(status.problem) or cash_register.state == RegisterState.LOST,
        "takes_commands": cash_register.state == RegisterState.WORKING,
    }


def _register(cash_register, status, at) -> dict:
    found = health.findings(cash_register, status, at)
    tone = health.worst_tone(found)
    in_trouble = tone in ("warn", "bad") and cash_register.state == RegisterState.WORKING
    return {
        "register": cash_register,
        "status": status,
        "findings": found,
        "tone": tone,
        "look": wording.Look(tone, "alert-triangle") if in_trouble else wording.REGISTER_LOOKS[cash_register.state],
        "state": _("needs attention") if in_trouble else cash_register.get_state_display(),
        "undelivered": health.undelivered(status),
        "undelivered_age": (at - status.first_undelivered_at).total_seconds() if status.first_undelivered_at else None,
        "shift_age": (at - status.shift_opened_at).total_seconds() if status.shift_opened_at else None,
        "storage_days": health.storage_days(status, at),
    }
