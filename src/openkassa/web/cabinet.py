"""Pages of receipts."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from openkassa.core.clock import now
from openkassa.core.tenancy import within
from openkassa.kassa.fiscalisation.doubles import doubles_of
from openkassa.kassa.receipts.callbacks import callback_resend as resend
from openkassa.kassa.receipts.links import receipt_url
from openkassa.kassa.receipts.models import Receipt, State
from openkassa.kassa.receipts.refunds import RefundExceeds, RefundImpossible
from openkassa.kassa.receipts.selectors import receipt_callbacks, receipt_counts, receipt_draft, receipt_status
from openkassa.kassa.receipts.services import DraftRefused
from openkassa.ui import formats
from openkassa.web import receipt_facts, wording
from openkassa.web.access import role_required
from openkassa.web.correction import may_be_corrected
from openkassa.web.excel import LIMIT, receipts_workbook
from openkassa.web.live import events_address
from openkassa.web.places import MOSCOW, Place, offset_of, places
from openkassa.web.receipt_list import Filters, receipt_page, receipts_all
from openkassa.web.refund import may_be_refunded, refund_make, refund_preview
from openkassa.web.requests import MemberRequest
from openkassa.web.service_texts import reason_text, refusal_text

CHIPS = (State.ACCEPTED, State.ASSIGNED, State.IN_DOUBT, State.REFUSED)


@require_GET
@role_required("owner", "manager", "cashier")
def receipts(request: MemberRequest) -> HttpResponse:
    organisation_id = request.organisation_id
    filters = Filters(request.GET)
    offset = offset_of(organisation_id)
    page = receipt_page(organisation_id, filters.cleaned_data, offset) if filters.is_valid() else None
    counts = receipt_counts(organisation_id)
    channels = places(organisation_id)
    context = {
        "filters": filters,
        "page": page,
        "rows": [_row(receipt, channels) for receipt in page.receipts] if page else [],
        "chips": [
            (state, wording.STATES_SHORT[state], counts.get(state.value, 0), wording.STATE_LOOKS[state])
            for state in CHIPS
        ],
        "filtered": any(value for name, value in request.GET.items() if name != "after"),
        "has_channels": bool(channels),
        "offset": offset,
        "today": formats.local(now(), offset).date(),
    }
    return render(request, "web/receipts.html", context)


def _row(receipt, channels: dict) -> dict:
    return {
        "receipt": receipt,
        "place": channels.get(receipt.channel_id, Place("", "", MOSCOW)),
        "kind": wording.kind_of(receipt.form, receipt.operation),
        "look": wording.STATE_LOOKS[State(receipt.state)],
        "state": wording.STATES_SHORT[State(receipt.state)],
    }


@require_GET
@role_required("owner", "manager")
def receipts_excel(request: MemberRequest) -> HttpResponseBase:
    """The same list as a workbook, at most `LIMIT` rows."""
    organisation_id = request.organisation_id
    filters = Filters(request.GET)
    if not filters.is_valid():
        return redirect("receipts")
    offset = offset_of(organisation_id)
    rows = receipts_all(organisation_id, filters.cleaned_data, offset, LIMIT)
    file = receipts_workbook(rows, places(organisation_id), request.membership.currency)
    name = f"receipts-{formats.local(now(), offset):%Y-%m-%d}.xlsx"
    return FileResponse(file, as_attachment=True, filename=name)


@require_GET
@role_required("owner", "manager", "cashier")
def receipt(request: MemberRequest, receipt_id: uuid.UUID) -> HttpResponse:
    return render(request, "web/receipt.html", _receipt_context(request, receipt_id))


@require_GET
@role_required("owner", "manager", "cashier")
def receipt_live(request: MemberRequest, receipt_id: uuid.UUID) -> HttpResponse:
    """The part of the page that changes while the receipt is on its way."""
    return render(request, "web/receipt.html#live", _receipt_context(request, receipt_id))


def _receipt_context(request: MemberRequest, receipt_id: uuid.UUID) -> dict:
    organisation_id = request.organisation_id
    status = receipt_status(organisation_id, receipt_id)
    if status is None:
        raise Http404
    draft = receipt_draft(organisation_id, receipt_id)
    names = receipt_facts.register_names(organisation_id)
    place = places(organisation_id).get(status.channel_id, Place("", "", MOSCOW))
    return {
        "receipt": status,
        "draft": draft,
        "place": place,
        "currency": request.membership.currency,
        "kind": wording.kind_of(status.form, status.operation),
        "state": State(status.state).label,
        "look": wording.STATE_LOOKS[State(status.state)],
        "next": wording.what_next(status.state, status.acknowledgement),
        "final": receipt_facts.is_final(status),
        "events": events_address(organisation_id, receipt_id),
        "error_text": reason_text(status.error_text or ""),
        "steps": receipt_facts.steps_of(status, names, place.utc_offset),
        "lines": receipt_facts.lines_of(draft) if draft else [],
        "taxes": receipt_facts.taxes_of(draft) if draft else [],
        "marks": receipt_facts.marks_of(status, draft) if draft else [],
        "payments": receipt_facts.payments_of(draft) if draft else [],
        "taxation": wording.TAXATIONS.get(status.taxation, status.taxation),
        "qr": status.qr,
        "attempts": [
            (
                attempt,
                names.get(str(attempt.register_id), ""),
                wording.ATTEMPT_LOOKS[attempt.state],
                reason_text(attempt.reason),
            )
            for attempt in receipt_facts.attempts_of(organisation_id, receipt_id)
        ],
        "callbacks": [
            (callback, deliveries, wording.CALLBACK_LOOKS[callback.state])
            for callback, deliveries in receipt_callbacks(organisation_id, receipt_id)
        ],
        "copies": receipt_facts.copies_of(organisation_id, receipt_id),
        "refunds": _referring(organisation_id, receipt_id),
        "public_url": receipt_url(receipt_id),
        "may_decide": request.role in ("owner", "manager") and status.state == State.IN_DOUBT,
        "doubles": doubles_of(organisation_id, receipt_id=receipt_id),
        **receipt_facts.decision_of(organisation_id, receipt_id),
        "may_resend": request.role in ("owner", "manager"),
        "may_correct": request.role in ("owner", "manager") and may_be_corrected(status),
        "may_refund": request.role in ("owner", "manager") and may_be_refunded(status),
    }


def _referring(organisation_id: uuid.UUID, receipt_id: uuid.UUID) -> list[tuple[Receipt, str]]:
    with within(organisation_id):
        found = list(Receipt.objects.filter(refers_to_id=receipt_id).order_by("id")[:20])
    return [(receipt, wording.kind_of(receipt.form, receipt.operation)) for receipt in found]


@never_cache
@require_http_methods(["GET", "POST"])
@role_required("owner", "manager")
def refund(request: MemberRequest, receipt_id: uuid.UUID) -> HttpResponse:
    """Shows what a refund will do; does it when its form comes back."""
    status = receipt_status(request.organisation_id, receipt_id)
    if status is None:
        raise Http404
    context = {"receipt": status, "currency": request.membership.currency, "key": uuid.uuid4()}
    try:
        if request.method == "POST":
            made = refund_make(status, uuid.UUID(request.POST.get("key", "")))
            messages.success(request, _("The refund is accepted."))
            return redirect("receipt", receipt_id=made.receipt_id)
        draft = refund_preview(status)
    except (RefundImpossible, RefundExceeds, DraftRefused) as error:
        return render(request, "web/refund.html", {**context, "error": refusal_text(error)}, status=409)
    except ValueError:
        return redirect("refund", receipt_id=receipt_id)
    context |= {
        "total": draft.total,
        "lines": receipt_facts.lines_of(draft),
        "taxes": receipt_facts.taxes_of(draft),
        "payments": receipt_facts.payments_of(draft),
        "kind": wording.kind_of(draft.form, draft.operation),
    }
    return render(request, "web/refund.html", context)


@require_POST
@role_required("owner", "manager")
def callback_resend(request: MemberRequest, receipt_id: uuid.UUID, callback_id: uuid.UUID) -> HttpResponse:
    try:
        resend(organisation_id=request.organisation_id, callback_id=callback_id)
    except ObjectDoesNotExist:
        raise Http404 from None
    messages.success(request, _("The shop will be told again in a few seconds."))
    return redirect("receipt", receipt_id=receipt_id)
