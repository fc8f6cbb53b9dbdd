"""Pages of the operator's staff: registers, shifts, documents."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from openkassa.fiscal.describe import describe
from openkassa.fiscal.ffd.printed import printed
from openkassa.fiscal.ffd.reader import read_document
from openkassa.fiscal.ffd.tlv import MalformedTLV
from openkassa.ofd.archive import selectors
from openkassa.ofd.web.access import operator_required
from openkassa.ofd.web.wording import acknowledgement_state, form_name


@require_safe
@operator_required
def registers(request: HttpRequest) -> HttpResponse:
    query, after = _asked(request), request.GET.get("after", "")
    page = selectors.register_list(query=query, after=after)
    return render(request, "ofd/registers.html", {"page": page, "q": query, "after": after})


@require_safe
@operator_required
def register(request: HttpRequest, fn: str) -> HttpResponse:
    """One register: what its report said, and its shifts."""
    found = selectors.register_find(fn=fn)
    if found is None:
        raise Http404
    after = request.GET.get("after", "")
    context = {"register": found, "page": selectors.shift_list(fn=fn, after=after), "after": after}
    return render(request, "ofd/register.html", context)


@require_safe
@operator_required
def shift(request: HttpRequest, fn: str, number: int) -> HttpResponse:
    found = selectors.shift_find(fn=fn, number=number) if number <= selectors.MAX_FD else None
    if found is None:
        raise Http404
    after = request.GET.get("after", "")
    page = selectors.shift_documents(fn=fn, number=number, after=after)
    context = {"fn": fn, "shift": found, "page": page, "rows": _rows(page.rows), "after": after}
    return render(request, "ofd/shift.html", context)


@require_safe
@operator_required
def archive(request: HttpRequest) -> HttpResponse:
    """All documents, or those of one storage or one taxpayer, or those with a fault."""
    query, after = _asked(request), request.GET.get("after", "")
    faulty = request.GET.get("faulty") == "1"
    by_storage = len(query) == 16
    page = selectors.document_list(
        fn=query if by_storage else None, inn=None if by_storage else query, faulty=faulty, after=after
    )
    context = {"page": page, "rows": _rows(page.rows), "q": query, "faulty": faulty, "after": after}
    return render(request, "ofd/archive.html", context)


@require_safe
@operator_required
def document(request: HttpRequest, fn: str, fd: int) -> HttpResponse:
    found = selectors.document_find(fn=fn, fd=fd, fiscal_sign=None) if fd <= selectors.MAX_FD else None
    if found is None:
        raise Http404
    container = bytes(found.body.container)
    try:
        paper = printed(read_document(container))
    except MalformedTLV:
        paper = None
    context = {
        "document": found,
        "form": form_name(found.form),
        "state": acknowledgement_state(found.ack_code),
        "local_time": selectors.local_time(found),
        "paper": paper,
        "described": describe(container),
        "answer": describe(bytes(found.body.acknowledgement)),
    }
    return render(request, "ofd/document.html", context)


def _asked(request: HttpRequest) -> str:
    """What is searched for, as the database can take it: no NUL."""
    return request.GET.get("q", "").replace("\0", "").strip()[:100]


def _rows(documents: list) -> list[dict]:
    return [
        {
            "document": document,
            "form": form_name(document.form),
            "state": acknowledgement_state(document.ack_code),
            "local_time": selectors.local_time(document),
        }
        for document in documents
    ]
