"""Pages for everybody: the landing page and a buyer's receipt."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from openkassa.kassa.receipts.links import receipt_token_valid
from openkassa.web import receipt_facts, wording
from openkassa.web.addresses import api_addresses
from openkassa.web.live import events_address
from openkassa.web.public_receipt import PublicReceipt, public_receipt
from openkassa.web.receipt_pdf import receipt_pdf as render_pdf


@require_GET
def landing(request: HttpRequest) -> HttpResponse:
    return render(request, "web/landing.html", api_addresses())


@require_GET
def receipt(request: HttpRequest, receipt_id: uuid.UUID, token: str) -> HttpResponse:
    return _page(request, "web/public_receipt.html", receipt_id, token)


@require_GET
def receipt_live(request: HttpRequest, receipt_id: uuid.UUID, token: str) -> HttpResponse:
    """The part of the page that changes until the operator has the document."""
    return _page(request, "web/public_receipt.html#live", receipt_id, token)


@require_GET
def receipt_pdf(request: HttpRequest, receipt_id: uuid.UUID, token: str) -> HttpResponse:
    found = _found(receipt_id, token)
    if found.status.document is None:
        raise Http404
    response = HttpResponse(render_pdf(found), content_type="application/pdf")
    document = found.status.document
    response["Content-Disposition"] = f'inline; filename="receipt-{document.fn}-{document.fd}.pdf"'
    return _private(response)


def _page(request: HttpRequest, template: str, receipt_id: uuid.UUID, token: str) -> HttpResponse:
    found = _found(receipt_id, token)
    context = {
        "found": found,
        "receipt": found.status,
        "token": token,
        "kind": wording.kind_of(found.status.form, found.status.operation),
        "final": receipt_facts.is_final(found.status),
        "events": events_address(found.status.organisation_id, receipt_id),
        "qr": found.status.qr,
        "lines": receipt_facts.lines_of(found.draft),
        "taxes": receipt_facts.taxes_of(found.draft),
        "payments": receipt_facts.payments_of(found.draft),
        "taxation": wording.TAXATIONS.get(found.status.taxation, found.status.taxation),
    }
    return _private(render(request, template, context))


def _found(receipt_id: uuid.UUID, token: str) -> PublicReceipt:
    """Raises 404 alike for a wrong token, an unknown receipt and one that is no longer kept."""
    found = public_receipt(receipt_id) if receipt_token_valid(receipt_id, token) else None
    if found is None:
        raise Http404
    return found


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    return response
