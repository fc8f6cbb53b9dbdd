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
from openkassa.ofd.web import rendering, visitors
from openkassa.ofd.web.access import MAX_SIGN, TooMany, visible_document


class SearchForm(forms.Form):
    """Either the text of the QR code, or the three numbers that are printed beside it."""

    qr = forms.CharField(
        label=lazy("Text of the QR code"),
        required=False,
        max_length=512,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "t=…&s=…&fn=…&i=…&fp=…&n=1"}),
    )
    fn = forms.RegexField(
        r"^\d{16}$",
        label=lazy("FN, fiscal storage"),
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"invalid": lazy("The number of a fiscal storage has 16 digits.")},
    )
    fd = forms.IntegerField(label=lazy("FD, document"), required=False, min_value=1, max_value=2**31 - 1)
    fp = forms.IntegerField(label=lazy("FPD, fiscal sign"), required=False, min_value=1, max_value=MAX_SIGN)

    def clean(self) -> dict:
        data = super().clean() or {}
        if data.get("qr"):
            try:
                read = qr.parse(data["qr"])
            except qr.NotAReceiptQR:
                text = _("This isn't the QR code of a receipt. Paste all of its text, or type the three numbers.")
                raise forms.ValidationError({"qr": text}) from None
            return {"fn": read.fn, "fd": read.fd, "fp": read.fiscal_sign}
        for name in ("fn", "fd", "fp"):
            if data.get(name) in (None, "") and name not in self.errors:
                self.add_error(name, _("Type this number from the receipt."))
        return data


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """The search; with something to search for it leads to the receipt or says that there is none."""
    asked = any(request.GET.get(name) for name in SearchForm.base_fields)
    form = SearchForm(request.GET if asked else None)
    context = {"form": form, "failure": ""}
    if not asked:
        return render(request, "ofd/landing.html", context)
    if not visitors.may_search(request):
        return _too_many(request, context)
    if not form.is_valid():
        return render(request, "ofd/landing.html", context, status=422)
    numbers = form.cleaned_data
    try:
        found = visible_document(request, fn=numbers["fn"], fd=numbers["fd"], sign=str(numbers["fp"]))
    except TooMany:
        return _too_many(request, context)
    if found is None or found.form not in RECEIPT_FORMS:
        context["failure"] = "not_found"
        return render(request, "ofd/landing.html", context, status=404)
    return redirect("receipt", fn=found.fn, fd=found.fd, fp=found.fiscal_sign)


@require_safe
def receipt(request: HttpRequest, fn: str, fd: int, fp: str) -> HttpResponse:
    document, paper = _receipt(request, fn, fd, fp)
    context = {"document": document, "paper": paper, "faulty": document.ack_code != 0}
    return _unlisted(render(request, "ofd/receipt.html", context))


@require_safe
def receipt_pdf(request: HttpRequest, fn: str, fd: int, fp: str) -> HttpResponse:
    return _drawn(request, fn, fd, fp, "pdf", "application/pdf")


@require_safe
def receipt_png(request: HttpRequest, fn: str, fd: int, fp: str) -> HttpResponse:
    return _drawn(request, fn, fd, fp, "png", "image/png")


def _drawn(request: HttpRequest, fn: str, fd: int, fp: str, form: str, content_type: str) -> HttpResponse:
    document, paper = _receipt(request, fn, fd, fp)
    note = _("Accepted by the operator %(time)s UTC") % {"time": f"{document.received_at:%d.%m.%Y %H:%M}"}
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
