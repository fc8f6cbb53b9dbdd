"""Problems of v1: every error answer is application/problem+json (RFC 9457) with a stable code."""

from __future__ import annotations

import uuid
from typing import Final, NamedTuple

import msgspec

from openkassa.api.v1 import wire


class Kind(NamedTuple):
    status: int
    title: str
    what_to_do: str


CATALOGUE: Final = {
    "key_missing": Kind(401, "Нет ключа", "Передайте заголовок Authorization: Bearer <ключ канала>."),
    "key_unknown": Kind(401, "Ключ не действует", "Проверьте ключ канала; отозванный замените новым в кабинете."),
    "account_blocked": Kind(403, "Канал отключён", "Включите канал в кабинете или обратитесь к администратору."),
    "receipt_unknown": Kind(404, "Чек не найден", "Проверьте id чека: он из ответа на приём чека этим же каналом."),
    "path_unknown": Kind(404, "Адрес не найден", "Сверьтесь с описанием: /api/v1/docs."),
    "method_not_allowed": Kind(405, "Метод не поддерживается", "Сверьтесь с описанием: /api/v1/docs."),
    "body_slow": Kind(408, "Тело запроса не пришло вовремя", "Повторите запрос с тем же external_id."),
    "body_too_large": Kind(413, "Тело запроса велико", "Отправьте меньше чеков в одном запросе."),
    "media_type": Kind(415, "Тип содержимого не поддерживается", "Отправьте JSON в UTF-8 как application/json."),
    "json_malformed": Kind(400, "Тело запроса не читается", "Отправьте JSON в UTF-8."),
    "parameter_invalid": Kind(400, "Неверный параметр", "Исправьте параметр запроса."),
    "field_invalid": Kind(422, "Неверное поле", "Исправьте поле и повторите с тем же external_id."),
    "receipt_invalid": Kind(422, "Чек не может стать документом", "Исправьте поля и повторите с тем же external_id."),
    "line_amount_differs": Kind(
        422, "Стоимость позиции не сходится", "Уберите amount или поправьте price; скидку передайте в discount."
    ),
    "total_differs": Kind(422, "Сумма чека не сходится", "Сделайте total равным сумме позиций или уберите его."),
    "payments_differ": Kind(422, "Оплаты не сходятся", "Сделайте сумму payments равной сумме чека."),
    "external_id_taken": Kind(
        409, "Чек с этим external_id уже есть", "Для нового чека возьмите новый external_id; первый чек — receipt_id."
    ),
    "idempotency_key_taken": Kind(
        409, "Idempotency-Key уже использован", "Для другого запроса возьмите новый ключ; первый чек — receipt_id."
    ),
    "refund_impossible": Kind(409, "Чек нельзя вернуть", "Дождитесь состояния fiscalised; вернуть можно сам расчёт."),
    "refund_exceeds": Kind(409, "Возврат больше проданного", "Уменьшите количество: detail называет остаток."),
    "offset_impossible": Kind(
        409, "Предоплату нельзя зачесть", "Зачесть можно фискализированный чек предоплаты; для аванса назовите items."
    ),
    "offset_exceeds": Kind(
        409,
        "Зачёт не сходится с предоплатой",
        "Зачтите не больше остатка, остальное назовите в rest; суммы в detail.",
    ),
    "correction_impossible": Kind(
        409, "Чек нельзя исправить", "Исправить можно фискализированный чек, по которому нет возвратов и исправлений."
    ),
    "not_waiting": Kind(409, "Чек уже не ждёт", "Отозвать можно чек в состоянии accepted; иначе сделайте возврат."),
    "unavailable": Kind(503, "Временно недоступно", "Повторите запрос с тем же external_id."),
    "internal": Kind(500, "Ошибка сервера", "Повторите запрос с тем же external_id."),
}
# Requests that no view has seen, by status.
UNSEEN: Final = {
    400: "json_malformed",
    404: "path_unknown",
    408: "body_slow",
    413: "body_too_large",
    500: "internal",
    503: "unavailable",
}
FALLBACK: Final = "receipt_invalid"  # findings of the control have codes of their own under this problem


class Refused(Exception):
    """An error answer instead of the usual one. `faults` are (code, field, text)."""

    def __init__(
        self,
        code: str,
        detail: str = "",
        field: str | None = None,
        *,
        receipt_id: uuid.UUID | None = None,
        faults: list[tuple[str, str, str]] | None = None,
    ) -> None:
        super().__init__(detail or code)
        self.code = code
        self.detail = detail
        self.field = field
        self.receipt_id = receipt_id
        self.faults = faults or []


def problem(refused: Refused) -> wire.Problem:
    kind = CATALOGUE[refused.code]
    return wire.Problem(
        type=f"/api/v1/docs#{refused.code}",
        title=kind.title,
        status=kind.status,
        code=refused.code,
        detail=refused.detail or kind.title,
        what_to_do=kind.what_to_do,
        field=refused.field,
        receipt_id=refused.receipt_id,
        errors=[
            wire.FieldProblem(
                code=code,
                field=field or None,
                detail=text,
                what_to_do=CATALOGUE.get(code, CATALOGUE[FALLBACK]).what_to_do,
            )
            for code, field, text in refused.faults
        ]
        or None,
    )


def of_faults(faults: list[tuple[str, str, str]]) -> Refused:
    """One answer for the faults of a body; with a single fault its code is the answer's."""
    code, field, text = faults[0]
    if len(faults) == 1:
        return Refused(code if code in CATALOGUE else FALLBACK, text, field or None, faults=faults)
    return Refused(FALLBACK, "; ".join(text for _, _, text in faults), field or None, faults=faults)


def encode(value: wire.Problem) -> bytes:
    return msgspec.json.encode(value)
