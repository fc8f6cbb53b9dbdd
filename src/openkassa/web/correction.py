"""A wrong receipt is put right on a page: what is different, what would be made in numbers, then both documents."""

from __future__ import annotations

import hashlib
import uuid

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from openkassa.fiscal.draft import ReceiptDraft
from openkassa.fiscal.ffd.tags import FFD_1_05
from openkassa.kassa.receipts.channels import ChannelContext, channel_by_id
from openkassa.kassa.receipts.corrections import (
    Corrected,
    CorrectionImpossible,
    correction_accept,
    correction_preview,
)
from openkassa.kassa.receipts.selectors import ReceiptStatus, receipt_draft, receipt_status
from openkassa.kassa.receipts.services import DraftRefused
from openkassa.web import receipt_facts, wording
from openkassa.web.access import role_required
from openkassa.web.correction_forms import RightForm
from openkassa.web.requests import MemberRequest
from openkassa.web.service_texts import refusal_text


def may_be_corrected(status: ReceiptStatus) -> bool:
    """It has its document. Whether anything was refunded or corrected already is another question."""
    return status.is_fiscalised and status.document is not None and status.lines > 0


@never_cache
@require_http_methods(["GET", "POST"])
@role_required("owner", "manager")
def correction(request: MemberRequest, receipt_id: uuid.UUID) -> HttpResponse:
    """Three steps in one address: `edit` what is different, see it (`preview`), `make` it."""
    status = receipt_status(request.organisation_id, receipt_id)
    wrong = receipt_draft(request.organisation_id, receipt_id) if status else None
    channel = channel_by_id(request.organisation_id, status.channel_id) if status else None
    if status is None or channel is None:
        raise Http404
    context = {"receipt": status, "currency": request.membership.currency, "older": channel.profile.ffd == FFD_1_05}
    if wrong is None or not may_be_corrected(status):
        error = _("Only a receipt that has its document, with lines that are still kept, can be put right.")
        return render(request, "web/correction.html", {**context, "error": error}, status=409)
    step = request.POST.get("step") if request.method == "POST" else None
    form = RightForm(wrong, channel.profile.taxation, request.POST if step else None)
    try:
        if step in ("preview", "make") and form.is_valid():
            return _step(request, step, channel, status, form, context)
        if step is None:
            correction_preview(channel=channel, wrong_id=receipt_id, build=lambda given: None)
    except CorrectionImpossible as error:
        return render(request, "web/correction.html", {**context, "error": refusal_text(error)}, status=409)
    except DraftRefused as error:
        for finding in error.findings:
            form.add_error(None, finding.text)
    code = 422 if step in ("preview", "make") else 200
    return render(request, "web/correction.html", {**context, "form": form}, status=code)


def _step(
    request: MemberRequest, step: str, channel: ChannelContext, status: ReceiptStatus, form: RightForm, context: dict
) -> HttpResponse:
    order = form.cleaned_data["order"].strip() or None
    if step == "preview":
        found = correction_preview(channel=channel, wrong_id=status.receipt_id, build=form.right, order=order)
        shown = {**context, "form": form, "key": uuid.uuid4(), "documents": _documents(found), "order": order}
        return render(request, "web/correction_preview.html", shown)
    try:
        external_id = f"correction-{uuid.UUID(request.POST.get('key', ''))}"
    except ValueError:
        return redirect("correction", receipt_id=status.receipt_id)
    made = correction_accept(
        channel=channel,
        wrong_id=status.receipt_id,
        build=form.right,
        order=order,
        external_id=external_id,
        body=external_id.encode(),
        body_digest=hashlib.sha256(external_id.encode()).digest(),
    )
    messages.success(request, _("The correction is accepted."))
    return redirect("receipt", receipt_id=made[-1].receipt_id)


def _documents(found: Corrected) -> list[dict]:
    return [_document(draft, warnings) for draft, warnings in zip(found.drafts, found.warnings, strict=True)]


def _document(draft: ReceiptDraft, warnings: tuple[str, ...]) -> dict:
    return {
        "kind": wording.kind_of(draft.form, draft.operation),
        "form": wording.FORMS[draft.form],
        "draft": draft,
        "lines": receipt_facts.lines_of(draft),
        "taxes": receipt_facts.taxes_of(draft),
        "payments": receipt_facts.payments_of(draft),
        "taxation": wording.TAXATIONS.get(draft.taxation, draft.taxation),
        "warnings": [text.partition(": ")[2] or text for text in warnings],
    }
