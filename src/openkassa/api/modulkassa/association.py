"""Associate and dissociate: a person's cabinet login and password for a pair that opens a retail point's channel."""

from __future__ import annotations

from typing import Any, Final

from django.core.exceptions import ValidationError
from django.http import HttpRequest

from openkassa.api.basic import basic_pair
from openkassa.api.modulkassa.errors import Refused
from openkassa.core.identity import AbstractPerson
from openkassa.core.models import AttemptCounter
from openkassa.core.sign_in import SignInThrottled, client_address, sign_in_check
from openkassa.kassa.people.models import Role
from openkassa.kassa.people.selectors import memberships_of
from openkassa.kassa.receipts.channels import channel_by_id, channel_by_login, channel_key_revoke
from openkassa.kassa.receipts.models import Channel, ChannelKind
from openkassa.kassa.receipts.pairs import PAIRS, pair_create, pairs_revoke
from openkassa.kassa.receipts.selectors import channel_find

MAY: Final = (Role.OWNER, Role.MANAGER)
SIGN_IN_RING: Final = "sign-in"  # attempts count together with those of the cabinet's page
LOGIN_LIMIT, PASSWORD_LIMIT = 254, 256
NO_POINT: Final = "Точка продаж не найдена: её идентификатор — код канала МодульКассы в кабинете"


def associate(request: HttpRequest, point: str) -> dict[str, Any]:
    """A new pair for the channel whose code is `point`. Raises `Refused`."""
    channel = _channel_of(_person(request), point)
    context = channel_by_id(channel.organisation_id, channel.id)
    if context is None or not context.active:
        raise Refused(403, "Канал выключен или организация приостановлена")
    pair = pair_create(channel=channel)
    return {
        "userName": pair.login,
        "password": pair.password,
        "name": channel.name,
        "address": context.profile.address,
        "operating_mode": None,
        "message": _of_the_old(pair.kept, pair.revoked),
    }


def dissociate(request: HttpRequest, point: str | None) -> dict[str, Any]:
    """Closes the pair that the request comes with, or every pair of the point for a person. Raises `Refused`."""
    login, password = _given(request)
    context = channel_by_login(ChannelKind.MODULKASSA, login, password) if len(login) <= LOGIN_LIMIT else None
    if context is not None and context.key_id is not None:
        if point not in (None, context.code):
            raise Refused(404, NO_POINT)
        channel_key_revoke(organisation_id=context.organisation_id, key_id=context.key_id)
        return {"message": "Пара отозвана"}
    channel = _channel_of(_person(request), point or "")
    return {"message": f"Отозвано пар: {pairs_revoke(channel=channel)}"}


def _given(request: HttpRequest) -> tuple[str, str]:
    pair = basic_pair(request)
    if pair is None:
        raise Refused(401, "Нужен заголовок Authorization: Basic")
    return pair


def _person(request: HttpRequest) -> AbstractPerson:
    """Who signs in as on the cabinet's page; guessing is slowed down together with it."""
    login, password = _given(request)
    person = None
    if len(login) <= LOGIN_LIMIT and len(password) <= PASSWORD_LIMIT:
        try:
            person = sign_in_check(
                counters=AttemptCounter,
                key_ring=SIGN_IN_RING,
                identifier=login,
                password=password,
                address=client_address(request),
            )
        except ValidationError:  # neither phone nor e-mail: nobody's
            person = None
        except SignInThrottled as error:
            text = f"Слишком много попыток входа. Повторите через {error.retry_after} с"
            raise Refused(429, text, error.retry_after) from None
    if person is None:
        raise Refused(401, "Неверный логин или пароль личного кабинета")
    return person


def _channel_of(person: AbstractPerson, point: str) -> Channel:
    """The channel of a retail point in one of the person's organisations."""
    if not point:
        raise Refused(404, NO_POINT)
    found = [
        (membership.role, channel)
        for membership, organisation in memberships_of(person.id)
        if (channel := channel_find(organisation.id, ChannelKind.MODULKASSA, point)) is not None
    ]
    if not found:
        raise Refused(404, NO_POINT)
    mine = [channel for role, channel in found if role in MAY]
    if not mine:
        raise Refused(403, "Связать магазин с точкой продаж может владелец или управляющий")
    if len(mine) > 1:
        raise Refused(409, "Точек с этим кодом несколько, в разных организациях: создайте канал с другим кодом")
    return mine[0]


def _of_the_old(kept: int, revoked: int) -> str:
    if not kept:
        return "Других пар у точки нет"
    text = f"Прежние пары действуют ({kept}); отозвать их можно в кабинете или запросом DELETE"
    return f"{text}. Отозвано давно не использованных: {revoked}, у точки не больше {PAIRS}" if revoked else text
