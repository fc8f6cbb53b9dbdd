"""Registers that are lost for good, and what a person decides about the receipts in doubt that they leave behind."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from decimal import Decimal

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods

from openkassa.core.settings import settings
from openkassa.kassa.fiscalisation.decisions import (
    MAX_NUMBER,
    MAX_REASON,
    DecisionRefused,
    decide_made,
    decide_not_made,
    doubt_of,
    doubts_of_register,
    register_give_up,
)
from openkassa.kassa.registers.models import RegisterState
from openkassa.kassa.registers.selectors import register_health
from openkassa.web.access import role_required
from openkassa.web.requests import MemberRequest
from openkassa.web.service_texts import reason_text

SUM = re.compile(r"[0-9]{1,12}(\.[0-9]{1,2})?")
TYPED_DIGITS = 4  # of the serial number, which a person types to confirm

REFUSALS = {
    "answers": lazy("The register answers, so its journal decides. It can't be given up."),
    "wrong_state": lazy("The register is in a state in which this can't be done."),
    "not_lost": lazy("Give the register up as lost first."),
    "not_in_doubt": lazy("The receipt is not in doubt any more."),
    "reason": lazy("Say why."),
    "fd": lazy("Documents up to this number are known, and are not this receipt. Look at the paper again."),
    "fiscal_sign": lazy("The fiscal sign is a number of up to ten digits."),
    "time": lazy("The receipt was not at the register at this time."),
    "taken": lazy("Another receipt has this document."),
}
FIELDS = {"fd": "fd", "taken": "fd", "fiscal_sign": "fiscal_sign", "time": "time", "reason": "reason"}


class LostForm(forms.Form):
    reason = forms.CharField(
        label=lazy("Why it is lost"), max_length=MAX_REASON, widget=forms.Textarea(attrs={"rows": 3})
    )
    typed = forms.CharField(
        label=lazy("Last four digits of the register's serial number"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def __init__(self, serial: str, data=None) -> None:
        super().__init__(data)
        self._serial = serial

    def clean_typed(self) -> str:
        if self.cleaned_data["typed"] != self._serial[-TYPED_DIGITS:]:
            raise forms.ValidationError(_("These are not the last digits of its serial number."))
        return self.cleaned_data["typed"]


class DoubtForm(forms.Form):
    decision = forms.ChoiceField(
        label=lazy("What has become of it"),
        choices=[
            ("", lazy("Choose")),
            ("not_made", lazy("No document was made: another register is to make it")),
            ("made", lazy("The document was made: here are its numbers")),
        ],
    )
    fd = forms.IntegerField(
        label=lazy("Document number (ФД)"),
        min_value=1,
        max_value=MAX_NUMBER,
        required=False,
        help_text=lazy("From the paper or from the operator. Only where the document was made."),
    )
    fiscal_sign = forms.IntegerField(label=lazy("Fiscal sign (ФП)"), min_value=1, max_value=MAX_NUMBER, required=False)
    time = forms.DateTimeField(
        label=lazy("Date and time on the document"),
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%d.%m.%Y %H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )
    reason = forms.CharField(
        label=lazy("How you know it"), max_length=MAX_REASON, widget=forms.Textarea(attrs={"rows": 3})
    )
    typed = forms.CharField(
        label=lazy("Type the sum of the receipt"),
        max_length=20,
        help_text=lazy("So that nothing is decided about the wrong receipt."),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )

    def __init__(self, total: int, data=None) -> None:
        super().__init__(data)
        self._total = total

    def clean_typed(self) -> str:
        text = "".join(self.cleaned_data["typed"].split()).replace(",", ".")
        if not SUM.fullmatch(text) or Decimal(text) * 100 != self._total:
            raise forms.ValidationError(_("This is not the sum of the receipt."))
        return text

    def clean(self) -> dict:
        values = super().clean() or self.cleaned_data
        if values.get("decision") == "made":
            for name in ("fd", "fiscal_sign", "time"):
                if values.get(name) is None and name not in self.errors:
                    self.add_error(name, forms.ValidationError(_("It is on the document.")))
        return values


@require_http_methods(["GET", "POST"])
@role_required("owner", "manager")
def register_lost(request: MemberRequest, register_id: uuid.UUID) -> HttpResponse:
    """Gives a register up as lost; afterwards, the receipts in doubt that it has left."""
    found = register_health(request.organisation_id, register_id)
    if found is None:
        raise Http404
    register, status, _pool = found
    form = LostForm(register.serial, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            register_give_up(
                organisation_id=request.organisation_id,
                register_id=register_id,
                reason=form.cleaned_data["reason"],
                by=request.user.id,
            )
        except DecisionRefused as error:
            form.add_error(None, forms.ValidationError(REFUSALS[error.code], code=error.code))
        else:
            messages.success(request, _("The register is given up. Now decide about its receipts in doubt."))
            return redirect("register-lost", register_id=register_id)
    context = {
        "register": register,
        "status": status,
        "lost": register.state == RegisterState.LOST,
        "may_give_up": register.state in (RegisterState.WORKING, RegisterState.STOPPED) and bool(status.problem),
        "doubts": doubts_of_register(request.organisation_id, register_id),
        "form": form,
    }
    return render(request, "web/register_lost.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@role_required("owner", "manager")
def receipt_doubt(request: MemberRequest, receipt_id: uuid.UUID) -> HttpResponse:
    """What is known about a receipt in doubt, and the form by which a person decides about it."""
    doubt = doubt_of(request.organisation_id, receipt_id)
    if doubt is None:
        raise Http404
    lost = doubt.register.state == RegisterState.LOST
    form = DoubtForm(doubt.receipt.total, request.POST if request.method == "POST" else None)
    if form.is_valid() and _decide(request, receipt_id, form):
        messages.success(request, _("The decision is written down."))
        return redirect("receipt", receipt_id=receipt_id)
    context = {
        "receipt": doubt.receipt,
        "attempt": doubt.attempt,
        "reason": reason_text(doubt.attempt.reason),
        "register": doubt.register,
        "status": doubt.status,
        "lost": lost,
        "form": form,
        "operator_url": settings().ofd_public_url,
        "currency": request.membership.currency,
    }
    return render(request, "web/receipt_doubt.html", context, status=422 if form.is_bound else 200)


def _decide(request: MemberRequest, receipt_id: uuid.UUID, form: DoubtForm) -> bool:
    """False, with the reason in the form, when it can't be decided so."""
    values = form.cleaned_data
    common = {
        "organisation_id": request.organisation_id,
        "receipt_id": receipt_id,
        "reason": values["reason"],
        "by": request.user.id,
    }
    try:
        if values["decision"] == "not_made":
            decide_not_made(**common)
        else:
            local = values["time"].replace(tzinfo=dt.UTC)  # the clock on the paper, whatever zone the form took it for
            numbers = {"fd": values["fd"], "fiscal_sign": values["fiscal_sign"]}
            decide_made(**common, **numbers, local_time=int(local.timestamp()))
    except DecisionRefused as error:
        form.add_error(FIELDS.get(error.code), forms.ValidationError(REFUSALS[error.code], code=error.code))
        return False
    return True
