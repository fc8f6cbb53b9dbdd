"""Error answers of ATOL Online: code, HTTP status, text, and what stands beside them in the body."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from django.http import HttpResponse

from openkassa.core.ids import uuid7

MOSCOW: Final = dt.timezone(dt.timedelta(hours=3))  # the service gives its times in Moscow time
_encode = msgspec.json.Encoder(decimal_format="number").encode


@dataclass(frozen=True, slots=True)
class Kind:
    http: int
    code: int
    text: str
    status: str | None = None


PROCESSING_FAILED: Final = Kind(400, 1, "Сервер не смог обработать входной чек")
MISSING_TOKEN: Final = Kind(401, 10, "Не распознан токен")
EXPIRED_TOKEN: Final = Kind(401, 11, "Переданный токен не активен")
WRONG_LOGIN: Final = Kind(401, 12, "Неверный логин или пароль")
VALIDATION: Final = Kind(400, 13, "Ошибка валидации входящего запроса. Ошибочные поля : {0}")
BLOCKED: Final = Kind(403, 14, "Доступ заблокирован: обратитесь к администратору кассы")
WRONG_GROUP: Final = Kind(401, 20, 'Код группы "{0}" не соответствует токену')
WRONG_VERSION: Final = Kind(401, 21, 'Код группы "{0}" не поддерживает эту версию протокола: у её касс ФФД {1}')
MISSING_UUID: Final = Kind(400, 30, 'Передан некорректный UUID : "{0}". Такого чека нет или он старше 32 дней', "fail")
NO_OPERATION: Final = Kind(400, 31, 'Операция "{0}" не поддерживается')
RECEIPT_INVALID: Final = Kind(400, 32, "Ошибка валидации входного чека. Ошибочные поля : {0}", "fail")
EXISTS: Final = Kind(400, 33, "В системе существует чек с external_id : {0} и group_code: {1}", "wait")
NOT_FOUND_YET: Final = Kind(200, 34, "Состояние чека не найдено. Попробуйте позднее", "wait")
BAD_REQUEST: Final = Kind(400, 40, "Некорректный запрос")
WRONG_METHOD: Final = Kind(405, 40, "Некорректный запрос")
NO_ADDRESS: Final = Kind(404, 40, "Некорректный запрос")
TOO_LARGE: Final = Kind(413, 40, "Некорректный запрос")
MEDIA_TYPE: Final = Kind(415, 41, "Не поддерживается тип содержимого")
SERVER: Final = Kind(500, 50, "Ошибка сервера. Повторите запрос с тем же external_id")
BUSY: Final = Kind(503, 50, "Сервер временно не может принять чек. Повторите запрос с тем же external_id")
UNSEEN: Final = {404: NO_ADDRESS, 413: TOO_LARGE, 500: SERVER, 503: BUSY}  # of requests that no view has seen

SYSTEM: Final = "system"


def timestamp(at: dt.datetime) -> str:
    """`at` the way the protocol writes times: dd.mm.yyyy HH:MM:SS."""
    local = at.astimezone(MOSCOW)
    return f"{local.day:02}.{local.month:02}.{local.year:04} {local.hour:02}:{local.minute:02}:{local.second:02}"


def error_body(kind: Kind, *words: str, detail: str = "", type_: str = SYSTEM, id_: uuid.UUID | None = None) -> dict:
    """The object `error` of an answer."""
    text = kind.text.format(*words)
    return {
        "error_id": str(id_ or uuid7()),
        "code": kind.code,
        "text": f"{text}: {detail}" if detail else text,
        "type": type_,
    }


def answer(body: dict[str, Any], status: int = 200) -> HttpResponse:
    return HttpResponse(_encode(body), status=status, content_type="application/json; charset=utf-8")


def failure(kind: Kind, at: dt.datetime, *words: str, detail: str = "", **beside: Any) -> HttpResponse:
    """An error answer of `kind`; `beside` stands next to `error` in the body."""
    body: dict[str, Any] = {"error": error_body(kind, *words, detail=detail), "timestamp": timestamp(at), **beside}
    if kind.status is not None:
        body["status"] = kind.status
    response = answer(body, kind.http)
    if kind.http == 503:
        response["Retry-After"] = "1"
    return response
