"""Pages for buyers: search by the numbers or the QR text of a receipt, the receipt itself, PDF and picture."""

from __future__ import annotations

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_safe

from openkassa.fiscal.ffd import qr
from openkassa.fiscal.ffd.printed import PrintedReceipt, printed
from openkassa.fiscal.ffd.reader import read_document
from openkassa.fiscal.ffd.tags import RECEIPT_FORMS
from openkassa.fiscal.ffd.tlv import MalformedTLV
from openkassa.ofd.archive.models import Document
from openkassa.ofd.archive.selectors import MAX_FD
from openkassa.ofd.web import rendering, visitors
from openkassa.ofd.web.access import MAX_SIGN, TooMany, visible_document
from openkassa.ofd.web.wording import UTC_OFFSET, form_name
from openkassa.ui import formats


class NumbersForm(forms.Form):
    """The three numbers that are printed on each receipt."""

    fn = forms.RegexField(
        r"^[0-9]{16}$",
        label=lazy("FN, fiscal storage"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"invalid": lazy("The number of a fiscal storage has 16 digits.")},
    )
    fd = forms.IntegerField(label=lazy("FD, document"), min_value=1, max_value=MAX_FD)
    fp = forms.IntegerField(label=lazy("FPD, fiscal sign"), min_value=1, max_value=MAX_SIGN)


class QrForm(forms.Form):
    """The text of a receipt's QR code; cleaned, it is the same three numbers."""

    qr = forms.CharField(
        label=lazy("Text of the QR code"),
        max_length=512,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "t=…&s=…&fn=…&i=…&fp=…&n=1"}),
    )

    def clean(self) -> dict:
        data = super().clean() or {}
        if "qr" not in data:
            return data
        try:
            read = qr.parse(data["qr"])
        except qr.NotAReceiptQR:
            text = _("This isn't the QR code of a receipt. Paste all of its text, or type the three numbers.")
            raise forms.ValidationError({"qr": text}) from None
        return {"fn": read.fn, "fd": read.fd, "fp": read.fiscal_sign}


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """The search; with something to search for it leads to the receipt or says that there is none."""
    by_qr = "qr" in request.GET
    by_numbers = not by_qr and any(name in request.GET for name in NumbersForm.base_fields)
    by_hand = NumbersForm(request.GET if by_numbers else None)
    scanned = QrForm(request.GET if by_qr else None)
    context = {"numbers": by_hand, "qr": scanned, "failure": ""}
    if not by_qr and not by_numbers:
        return render(request, "ofd/landing.html", context)
    if not visitors.may_search(request):
        return _too_many(request, context)
    form = scanned if by_qr else by_hand
    if not form.is_valid():
        return render(request, "ofd/landing.html", context, status=422)
    given = form.cleaned_data
    try:
        found = visible_document(request, fn=given["fn"], fd=given["fd"], sign=str(given["fp"]))
    except TooMany:
        return _too_many(request, context)
    if found is None or found.form not in RECEIPT_FORMS:
        context["failure"] = "not_found"
        return render(request, "ofd/landing.html", context, status=404)
    return redirect("receipt", fn=found.fn, fd=found.fd, fp=found.fiscal_sign)


@require_safe
def receipt(request: HttpRequest, fn: str, fd: int, fp: str) -> HttpResponse:
    document, paper = _receipt(request, fn, fd, fp)
    context = {
        "document": document,
        "paper": paper,
        "form": form_name(document.form),
        "faulty": document.ack_code != 0,
    }
    return _unlisted(render(request, "ofd/receipt.html", context))


@require_safe
def receipt_pdf(request: HttpRequest, fn: str, fd: int, fp: str) -> HttpResponse:
    return _drawn(request, fn, fd, fp, "pdf", "application/pdf")


@require_safe
def receipt_png(request: HttpRequest, fn: str, fd: int, fp: str) -> HttpResponse:
    return _drawn(request, fn, fd, fp, "png", "image/png")


def _drawn(request: HttpRequest, fn: str, fd: int, fp: str, form: str, content_type: str) -> HttpResponse:
    document, paper = _receipt(request, fn, fd, fp)
    time = f"{formats.date_time(document.received_at, UTC_OFFSET)} {formats.zone(UTC_OFFSET)}"
    note = _("Accepted by the operator %(time)s") % {"time": time}
    draw = rendering.receipt_pdf if form == "pdf" else rendering.receipt_png
    try:
        drawn = draw(paper, note)
    except rendering.Busy:
        return HttpResponse(_("The server is busy. Try again in a minute."), status=503, headers={"Retry-After": "60"})
    response = HttpResponse(drawn, content_type=content_type)
    response["Content-Disposition"] = f'inline; filename="receipt-{fn}-{fd}.{form}"'
    return _unlisted(response)


def _receipt(request: HttpRequest, fn: str, fd: int, fp: str) -> tuple[Document, PrintedReceipt]:
    """Raises `Http404` alike for a receipt that doesn't exist and for a wrong sign, `TooMany` (answered with 429)."""
    found = visible_document(request, fn=fn, fd=fd, sign=fp)
    if found is None or found.form not in RECEIPT_FORMS:
        raise Http404
    try:
        return found, printed(read_document(bytes(found.body.container)))
    except MalformedTLV:
        raise Http404 from None


def _too_many(request: HttpRequest, context: dict) -> HttpResponse:
    context["failure"] = "too_many"
    response = render(request, "ofd/landing.html", context, status=429)
    response["Retry-After"] = str(visitors.RETRY_AFTER_SECONDS)
    return response


def _unlisted(response: HttpResponse) -> HttpResponse:
    """A receipt is for whoever has its numbers: not for search engines, not for shared caches."""
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    return response
