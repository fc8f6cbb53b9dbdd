"""Answers of CloudKassir: `{"Success", "Message", "Model"}`. Faults of a request are HTTP 200 with Success false."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import msgspec
from django.http import HttpResponse

JSON: Final = "application/json; charset=utf-8"
encode = msgspec.json.Encoder(decimal_format="number").encode


@dataclass(frozen=True, slots=True)
class Kind:
    http: int
    message: str
    code: int = -1  # Model.ErrorCode; which numbers the original gives is not known


INVALID: Final = Kind(200, "Ошибка в параметрах запроса")
MALFORMED: Final = Kind(400, "Некорректный запрос")
CREDENTIALS: Final = Kind(401, "Неверный Public ID или API Secret")
FORBIDDEN: Final = Kind(403, "Канал отключён: обратитесь к администратору кассы")
NO_METHOD: Final = Kind(404, "Такого метода нет")
WRONG_METHOD: Final = Kind(405, "Нужен метод POST")
TOO_LARGE: Final = Kind(413, "Слишком большой запрос")
MEDIA_TYPE: Final = Kind(415, "Ожидается application/json")
NOT_FOUND: Final = Kind(200, "Чек не найден")
SERVER: Final = Kind(500, "Ошибка сервера. Повторите запрос с тем же X-Request-ID")
BUSY: Final = Kind(503, "Сервер временно не может принять чек. Повторите запрос с тем же X-Request-ID")
UNSEEN: Final = {404: NO_METHOD, 413: TOO_LARGE, 500: SERVER, 503: BUSY}  # of requests that no view has seen


def good(model: Any, message: str | None = None) -> HttpResponse:
    return HttpResponse(encode({"Success": True, "Message": message, "Model": model}), content_type=JSON)


def bad_body(kind: Kind, detail: str = "") -> bytes:
    message = f"{kind.message}: {detail}" if detail else kind.message
    return encode({"Success": False, "Message": message, "Model": {"Id": None, "ErrorCode": kind.code}})


def bad(kind: Kind, detail: str = "") -> HttpResponse:
    response = HttpResponse(bad_body(kind, detail), status=kind.http, content_type=JSON)
    if kind.http == 401:
        response["WWW-Authenticate"] = 'Basic realm="CloudKassir"'
    if kind.http == 503:
        response["Retry-After"] = "1"
    return response
