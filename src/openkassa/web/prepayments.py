"""Open prepayments, and the offset of one: what would be made is shown first, then made once."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid

import msgspec
from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from openkassa.core.clock import now
from openkassa.fiscal.draft import Item, Payments, ReceiptDraft
from openkassa.fiscal.ffd import codes, vat
from openkassa.kassa.receipts.channels import channel_by_id
from openkassa.kassa.receipts.offsets import (
    Build,
    OffsetExceeds,
    OffsetImpossible,
    offset_accept,
    offset_of,
    offset_preview,
)
from openkassa.kassa.receipts.prepayments import prepayment_left, prepayments_open
from openkassa.kassa.receipts.refunds import Left
from openkassa.kassa.receipts.selectors import receipt_draft, receipt_status
from openkassa.kassa.receipts.services import DraftRefused
from openkassa.ui import formats
from openkassa.web import receipt_facts, wording
from openkassa.web.access import role_required
from openkassa.web.correction_forms import MoneyField, edited, line_forms
from openkassa.web.places import MOSCOW, Place, places
from openkassa.web.requests import MemberRequest
from openkassa.web.service_texts import refusal_text

PAGE = 50
REST = [(name, words) for name, words in wording.PAYMENTS if name != "prepaid"]
PREFIX = "line"


@require_GET
@role_required("owner", "manager", "cashier")
def prepayments(request: MemberRequest) -> HttpResponse:
    organisation_id = request.organisation_id
    try:
        after = uuid.UUID(request.GET["after"]) if request.GET.get("after") else None
    except ValueError:
        return redirect("prepayments")
    found = prepayments_open(organisation_id, after=after, limit=PAGE + 1)
    channels = places(organisation_id)
    rows = [(one, channels.get(one.channel_id, Place("", "", MOSCOW))) for one in found[:PAGE]]
    following = found[PAGE - 1].receipt_id if len(found) > PAGE else None
    may_offset = request.role in ("owner", "manager")
    context = {"rows": rows, "after": after, "next": following, "may_offset": may_offset}
    return render(request, "web/prepayments.html", context)


class OffsetForm(forms.Form):
    """The goods that are handed over, and how what the prepayment doesn't cover is paid."""

    def __init__(self, prepayment: ReceiptDraft, day: dt.date, data: QueryDict | None = None) -> None:
        super().__init__(data)
        for name, words in REST:
            self.fields[name] = MoneyField(label=capfirst(words), required=False)
        self.goods = [_goods(item, day) for item in prepayment.items if item.method in codes.ADVANCES]
        self.lines = line_forms(self.goods, data)

    def is_valid(self) -> bool:
        return super().is_valid() and self.lines.is_valid()

    def build(self, prepayment: ReceiptDraft, left: Left, money: int, day: dt.date) -> ReceiptDraft:
        rest = Payments(**{name: self.cleaned_data[name] for name, _words in REST})
        return offset_of(prepayment, left, money, day, goods=edited(self.goods, self.lines), payments=rest)


def _goods(item: Item, day: dt.date) -> Item:
    """A prepaid line as the goods may be; an advance names none, so there is nothing but its rate."""
    nameless = item.kind == codes.PAYMENT_KIND
    return msgspec.structs.replace(
        item,
        name="" if nameless else item.name,
        kind=1 if nameless else item.kind,
        method=codes.FULL_PAYMENT,
        vat=vat.full_code(item.vat, day),
    )


@never_cache
@require_http_methods(["GET", "POST"])
@role_required("owner", "manager")
def offset(request: MemberRequest, receipt_id: uuid.UUID) -> HttpResponse:
    """Everything that is left is offset with one button; other goods, or a part, are named in a form before."""
    organisation_id = request.organisation_id
    status = receipt_status(organisation_id, receipt_id)
    prepayment = receipt_draft(organisation_id, receipt_id) if status else None
    channel = channel_by_id(organisation_id, status.channel_id) if status else None
    if status is None or prepayment is None or channel is None:
        raise Http404
    left = prepayment_left(organisation_id, receipt_id)
    context = {"receipt": status, "currency": request.membership.currency, "left": left}
    given = request.POST if request.method == "POST" else None
    day = formats.local(now(), channel.utc_offset).date()
    has_lines = given is not None and f"{PREFIX}-TOTAL_FORMS" in given
    form = OffsetForm(prepayment, day, given if has_lines else None)
    build: Build = form.build if has_lines else offset_of
    step = given.get("step", "make") if given is not None else ("edit" if "edit" in request.GET else "preview")
    try:
        if step == "make" and given is not None and (not has_lines or form.is_valid()):
            external_id = f"offset-{uuid.UUID(given.get('key', ''))}"
            made = offset_accept(
                channel=channel,
                prepayment_id=receipt_id,
                build=build,
                external_id=external_id,
                body=external_id.encode(),
                body_digest=hashlib.sha256(external_id.encode()).digest(),
            )
            messages.success(request, _("The offset is accepted."))
            return redirect("receipt", receipt_id=made.receipt_id)
        if step == "preview" and (not has_lines or form.is_valid()):
            draft = offset_preview(channel=channel, prepayment_id=receipt_id, build=build)
            return render(request, "web/offset.html", {**context, **_shown(draft), "form": form if has_lines else None})
    except (OffsetExceeds, OffsetImpossible, DraftRefused) as error:
        if left <= 0 or not status.is_fiscalised:
            return render(request, "web/offset.html", {**context, "error": refusal_text(error)}, status=409)
        if has_lines:
            form.add_error(None, refusal_text(error))
    except ValueError:
        return redirect("offset", receipt_id=receipt_id)
    code = 422 if has_lines and step != "edit" else 200
    return render(request, "web/offset_form.html", {**context, "form": form}, status=code)


def _shown(draft: ReceiptDraft) -> dict:
    return {
        "key": uuid.uuid4(),
        "total": draft.total,
        "prepaid": draft.payments.prepaid,
        "lines": receipt_facts.lines_of(draft),
        "taxes": receipt_facts.taxes_of(draft),
        "payments": receipt_facts.payments_of(draft),
    }
