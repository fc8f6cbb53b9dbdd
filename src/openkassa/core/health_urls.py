"""/health/live, /health/ready and /metrics for Django processes."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from openkassa.core import health
from openkassa.core.db import database_check

health.register_check("database", database_check)


def _view(request: HttpRequest) -> HttpResponse:
    status, content_type, body = health.answer(request.path)
    return HttpResponse(body, status=status, content_type=content_type)


urlpatterns = [path(address, _view) for address in ("health/live", "health/ready", "metrics")]
