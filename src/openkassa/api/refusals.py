"""Answers to requests that no view of a face has seen, in the form of the face that they were sent to."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.views.defaults import page_not_found

from openkassa.api.body import MAX_BODY
from openkassa.api.faces import FACES, face_at
from openkassa.api.v1.face import FACE as V1

PREFIXES: Final = ("/api/", *(prefix for face in FACES for prefix in face.prefixes))
DETAILS: Final = {
    400: "Content-Length не число",
    404: "нет такого адреса",
    408: "тело запроса не пришло за отведённое время",
    413: f"тело запроса больше {MAX_BODY} байт",
    500: "ошибка сервера",
    503: "слишком много запросов сразу",
}


def refused(path: str, status: int) -> tuple[str, bytes]:
    """(content type, body) of the answer with `status`, one of `DETAILS`, to a request to `path`."""
    return (face_at(path) or V1).refused(status, DETAILS[status])


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's `handler404`: the form of a face on paths of machines, the page elsewhere."""
    if not request.path.startswith(PREFIXES):
        return page_not_found(request, exception)
    content_type, body = refused(request.path, 404)
    return HttpResponse(body, status=404, content_type=content_type)
