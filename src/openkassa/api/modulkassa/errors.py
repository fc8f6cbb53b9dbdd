"""Answers of МодульКасса's fiscal service: JSON objects; a failure has an HTTP status and `message`."""

from __future__ import annotations

from typing import Any

import msgspec
from django.http import HttpResponse

_encode = msgspec.json.Encoder(decimal_format="number").encode
AGAIN = "Сервер временно не может ответить. Повторите запрос с тем же id"
FAULT = "Ошибка сервера. Повторите запрос с тем же id"


class Refused(Exception):
    """An error answer instead of the usual one. `retry_after`: seconds."""

    def __init__(self, http: int, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.http = http
        self.message = message
        self.retry_after = retry_after


def answer(body: dict[str, Any], http: int = 200) -> HttpResponse:
    return HttpResponse(_encode(body), status=http, content_type="application/json; charset=utf-8")


def failure(refused: Refused) -> HttpResponse:
    response = answer({"message": refused.message}, refused.http)
    if refused.http == 401:
        response["WWW-Authenticate"] = 'Basic realm="fn", charset="UTF-8"'
    if refused.retry_after is not None:
        response["Retry-After"] = str(refused.retry_after)
    return response
