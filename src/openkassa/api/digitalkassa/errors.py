"""Answers of digitalkassa: JSON; an error is a list of objects with `type`, `desc` and `path`."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from django.http import HttpResponse

_encode = msgspec.json.Encoder(decimal_format="number").encode
AGAIN = "Сервер временно не может ответить. Повторите запрос с тем же receipt_id"
FAULT = "Ошибка сервера. Повторите запрос с тем же receipt_id"


class Refused(Exception):
    """An error answer instead of the usual one; `faults` are (field, text), fields like items[0].name."""

    def __init__(self, http: int, kind: str, *faults: tuple[str, str], retry_after: int | None = None) -> None:
        super().__init__(kind)
        self.http = http
        self.kind = kind
        self.faults = faults
        self.retry_after = retry_after


def answer(body: Any, http: int = 200) -> HttpResponse:
    return HttpResponse(_encode(body), status=http, content_type="application/json; charset=utf-8")


def listed(kind: str, *faults: tuple[str, str]) -> list[dict[str, str]]:
    return [{"type": kind, "desc": text, "path": pointer(field)} for field, text in faults]


def pointer(field: str) -> str:
    """A field as a path from the root of the body: items[0].name is /items/0/name."""
    return "/" + re.sub(r"[.\[\]]+", "/", field).strip("/")


def failure(refused: Refused) -> HttpResponse:
    response = answer(listed(refused.kind, *refused.faults), refused.http)
    if refused.http == 401:
        response["WWW-Authenticate"] = 'Basic realm="digitalkassa", charset="UTF-8"'
    if refused.retry_after is not None:
        response["Retry-After"] = str(refused.retry_after)
    return response
