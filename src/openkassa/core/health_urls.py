"""/health/live, /health/ready and /metrics for Django processes."""

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

from openkassa.core import health


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "answers"


health.register_check("database", _database)


def _view(request: HttpRequest) -> HttpResponse:
    status, content_type, body = health.answer(request.path)
    return HttpResponse(body, status=status, content_type=content_type)


urlpatterns = [path(address, _view) for address in ("health/live", "health/ready", "metrics")]
