"""Replacing the fiscal storage of a register, step by step."""

from __future__ import annotations

import secrets
import uuid

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from openkassa.kassa.fiscalisation.storages import StorageRefused, storage_close_request, storage_replace_request
from openkassa.kassa.receipts.selectors import receipt_counts
from openkassa.kassa.registers.models import CommandKind, CommandState, RegisterCommand, RegisterState
from openkassa.kassa.registers.selectors import register_commands, register_health
from openkassa.web import health
from openkassa.web.access import role_required
from openkassa.web.requests import MemberRequest

OF_STORAGES = (CommandKind.CLOSE_STORAGE, CommandKind.REPLACE_STORAGE, CommandKind.REGISTER)
EMULATED = "9999"  # numbers of emulated storages begin so

REFUSALS = {
    "in_doubt": lazy("A receipt is in doubt at this register. Wait until its journal has answered."),
    "undelivered": lazy("The operator does not have all documents of the old storage yet."),
    "not_closed": lazy("Close the old storage first."),
    "wrong_state": lazy("The register is in a state in which this can't be done."),
    "fn_wrong": lazy("The number of a storage has 16 digits. It is printed on the storage."),
    "fn_used": lazy("A storage with this number has been in use already."),
}


class StorageForm(forms.Form):
    fn = forms.CharField(
        label=lazy("Number of the new storage"),
        max_length=16,
        help_text=lazy("16 digits. An emulated register gets a new emulated storage with this number."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )


@require_http_methods(["GET", "POST"])
@role_required("owner", "manager")
def storage(request: MemberRequest, register_id: uuid.UUID) -> HttpResponse:
    """The steps, and the form that puts the new storage in."""
    context = _context(request, register_id)
    form = StorageForm(request.POST if request.method == "POST" else None, initial={"fn": context["suggested"]})
    if form.is_valid():
        try:
            storage_replace_request(
                organisation_id=request.organisation_id,
                register_id=register_id,
                fn=form.cleaned_data["fn"],
                requested_by=request.user.id,
            )
        except StorageRefused as error:
            form.add_error("fn", forms.ValidationError(REFUSALS[error.code], code=error.code))
        else:
            return redirect("register-storage", register_id=register_id)
    status = 422 if form.is_bound else 200
    return render(request, "web/register_storage.html", {**context, "form": form}, status=status)


@require_GET
@role_required("owner", "manager")
def storage_live(request: MemberRequest, register_id: uuid.UUID) -> HttpResponse:
    """The part of the page that changes while the register works on it."""
    context = _context(request, register_id)
    form = StorageForm(initial={"fn": context["suggested"]})
    return render(request, "web/register_storage.html#live", {**context, "form": form})


@require_POST
@role_required("owner", "manager")
def storage_close(request: MemberRequest, register_id: uuid.UUID) -> HttpResponse:
    if register_health(request.organisation_id, register_id) is None:
        raise Http404
    try:
        storage_close_request(
            organisation_id=request.organisation_id, register_id=register_id, requested_by=request.user.id
        )
    except StorageRefused as error:
        messages.error(request, REFUSALS[error.code])
    return redirect("register-storage", register_id=register_id)


def _context(request: MemberRequest, register_id: uuid.UUID) -> dict:
    found = register_health(request.organisation_id, register_id)
    if found is None:
        raise Http404
    register, status, pool = found
    commands = [
        command for command in register_commands(request.organisation_id, register_id) if command.kind in OF_STORAGES
    ]
    undelivered = health.undelivered(status)
    pending = {command.kind for command in commands if command.state in (CommandState.WAITING, CommandState.SENT)}
    closed = register.state == RegisterState.CLOSED
    return {
        "register": register,
        "status": status,
        "pool": pool,
        "closed": closed,
        "new": register.state == RegisterState.NEW,
        "undelivered": undelivered,
        "acknowledged": status.acknowledged_fd,
        "closing": CommandKind.CLOSE_STORAGE in pending,
        "replacing": CommandKind.REPLACE_STORAGE in pending,
        "may_close": register.state in (RegisterState.WORKING, RegisterState.STOPPED),
        "ready": closed and not undelivered and CommandKind.REPLACE_STORAGE not in pending,
        "busy": bool(pending) or (closed and undelivered > 0),
        "failed": _last_failure(commands),
        "waiting": receipt_counts(request.organisation_id).get("accepted", 0),
        "suggested": f"{EMULATED}{secrets.randbelow(10**12):012}" if register.driver == "emulator" else "",
    }


def _last_failure(commands: list[RegisterCommand]) -> RegisterCommand | None:
    """The latest command about storages, if it was refused. `commands`: newest first."""
    return commands[0] if commands and commands[0].state == CommandState.FAILED else None
