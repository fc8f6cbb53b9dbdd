"""`/documents/{fn}/{fd}`: a document as JSON in the tax service's field names, or as the bytes that came."""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from openkassa.fiscal.ffd.reader import fns_json_bytes, read_document
from openkassa.fiscal.ffd.tlv import MalformedTLV
from openkassa.ofd.archive.models import Document
from openkassa.ofd.web.access import TooMany, visible_document
from openkassa.ofd.web.visitors import RETRY_AFTER_SECONDS


@require_safe
def document_json(request: HttpRequest, fn: str, fd: int) -> HttpResponse:
    found = _find(request, fn, fd)
    if isinstance(found, HttpResponse):
        return found
    try:
        body = fns_json_bytes(read_document(bytes(found.body.container)))
    except MalformedTLV:  # acknowledged with code 11: there are bytes, but no fields
        return _problem(422, "not_recognised", "The document could not be read; ask for its bytes with .bin.")
    return _private(HttpResponse(body, content_type="application/json"))


@require_safe
def document_bytes(request: HttpRequest, fn: str, fd: int) -> HttpResponse:
    """The container, 32 bytes of header and the message sign included."""
    found = _find(request, fn, fd)
    if isinstance(found, HttpResponse):
        return found
    response = HttpResponse(bytes(found.body.container), content_type="application/octet-stream")
    response["Content-Disposition"] = f'attachment; filename="{fn}-{fd}.bin"'
    return _private(response)


def _find(request: HttpRequest, fn: str, fd: int) -> Document | HttpResponse:
    try:
        found = visible_document(request, fn=fn, fd=fd, sign=request.GET.get("fp"))
    except TooMany:
        response = _problem(429, "too_many", "Too many documents that don't exist were asked for. Wait a minute.")
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return response
    if found is None:
        return _problem(404, "not_found", "No document has this storage (fn), number (fd) and fiscal sign (fp).")
    return found


def _problem(status: int, code: str, text: str) -> HttpResponse:
    body = json.dumps({"status": status, "code": code, "detail": text})
    return _private(HttpResponse(body, status=status, content_type="application/problem+json"))


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "private, no-store"
    return response
