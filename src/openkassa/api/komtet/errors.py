"""Error answers of Komtet Kassa: {title, code, description}. Its PHP SDK shows them for HTTP 403, 422 and 500 alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import msgspec
from django.http import HttpResponse

_encode = msgspec.json.Encoder(decimal_format="number").encode


@dataclass(frozen=True, slots=True)
class Kind:
    http: int
    code: str
    title: str


UNAUTHORISED: Final = Kind(403, "AUT00", "Ошибка авторизации")
STOPPED: Final = Kind(403, "AUT01", "Очередь остановлена")
INVALID: Final = Kind(422, "VLD00", "Ошибка валидации")
BAD_BODY: Final = Kind(422, "VLD01", "Запрос не читается")
NO_QUEUE: Final = Kind(404, "QUE00", "Очередь не найдена")
NO_TASK: Final = Kind(404, "TSK00", "Задача не найдена")
NO_ADDRESS: Final = Kind(404, "URL00", "Адрес не найден")
WRONG_METHOD: Final = Kind(405, "URL01", "Метод не поддерживается")
NOT_SERVED: Final = Kind(422, "NSP00", "Не поддерживается")
TOO_LARGE: Final = Kind(413, "VLD02", "Запрос слишком велик")
SERVER: Final = Kind(500, "SRV00", "Ошибка сервера")
BUSY: Final = Kind(503, "SRV01", "Сервер временно не может принять чек")
UNSEEN: Final = {404: NO_ADDRESS, 413: TOO_LARGE, 500: SERVER, 503: BUSY}  # of requests that no view has seen

REPEAT_SAFELY: Final = "Повторите запрос с тем же external_id: второго чека не будет."


def error_body(kind: Kind, description: str) -> dict[str, str]:
    return {"title": kind.title, "code": kind.code, "description": description}


def answer(body: Any, status: int = 200) -> HttpResponse:
    return HttpResponse(_encode(body), status=status, content_type="application/json; charset=utf-8")


def failure(kind: Kind, description: str) -> HttpResponse:
    response = answer(error_body(kind, description), kind.http)
    if kind.http == 503:
        response["Retry-After"] = "1"
    return response
