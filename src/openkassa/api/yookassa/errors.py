"""Error answers of the YooKassa API: `{"type": "error", "id", "code", "description", "parameter"}`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import msgspec
from django.http import HttpResponse

from openkassa.core.ids import uuid7

JSON: Final = "application/json; charset=utf-8"
encode = msgspec.json.Encoder(decimal_format="number").encode


@dataclass(frozen=True, slots=True)
class Kind:
    http: int
    code: str
    description: str


INVALID: Final = Kind(400, "invalid_request", "Неверный запрос")
CREDENTIALS: Final = Kind(401, "invalid_credentials", "Неверный shopId или секретный ключ")
FORBIDDEN: Final = Kind(403, "forbidden", "Канал отключён: обратитесь к администратору кассы")
NOT_FOUND: Final = Kind(404, "not_found", "Такого чека нет")
NO_ADDRESS: Final = Kind(404, "not_found", "Такого адреса нет")
WRONG_METHOD: Final = Kind(405, "method_not_allowed", "Метод не поддерживается")
TOO_LARGE: Final = Kind(413, "invalid_request", "Слишком большой запрос")
MEDIA_TYPE: Final = Kind(415, "unsupported_media_type", "Не поддерживается тип содержимого")
SERVER: Final = Kind(500, "internal_server_error", "Ошибка сервера. Повторите запрос с тем же Idempotence-Key")
BUSY: Final = Kind(
    503, "internal_server_error", "Сервер временно не может принять чек. Повторите запрос с тем же Idempotence-Key"
)
UNSEEN: Final = {404: NO_ADDRESS, 413: TOO_LARGE, 500: SERVER, 503: BUSY}  # of requests that no view has seen


def error_body(kind: Kind, detail: str = "", parameter: str = "") -> dict[str, Any]:
    """`parameter`: the field or header at fault."""
    body = {
        "type": "error",
        "id": str(uuid7()),
        "code": kind.code,
        "description": f"{kind.description}: {detail}" if detail else kind.description,
    }
    return body | {"parameter": parameter} if parameter else body


def answer(body: Any, status: int = 200) -> HttpResponse:
    return HttpResponse(encode(body), status=status, content_type=JSON)


def failure(kind: Kind, detail: str = "", parameter: str = "") -> HttpResponse:
    response = answer(error_body(kind, detail, parameter), kind.http)
    if kind.http == 401:
        response["WWW-Authenticate"] = 'Basic realm="YooKassa"'
    if kind.http == 503:
        response["Retry-After"] = "1"
    return response
