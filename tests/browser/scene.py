"""An organisation in the middle of its day: receipts in every state, a register in trouble, long names."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from decimal import Decimal

from tests.support.world import World, wait_for
from tests.web.shop import Shop, staffed

from openkassa.core.clock import now
from openkassa.core.ids import uuid7
from openkassa.core.tenancy import within
from openkassa.fiscal.draft import Buyer, Item, Payments
from openkassa.kassa.fiscalisation.decisions import register_give_up
from openkassa.kassa.fiscalisation.sql import attempts_open
from openkassa.kassa.receipts.channels import channel_by_login, channel_create, channel_key_create, channel_key_revoke
from openkassa.kassa.receipts.links import receipt_token
from openkassa.kassa.receipts.models import Callback, CallbackDelivery, ReceiptEvent, ReceiptState
from openkassa.kassa.registers.models import CashRegister, RegisterStatus

GOODS = (
    ('Кофе в зёрнах "Арабика", обжарка средняя, пакет с клапаном 1 кг', 189_000, Decimal(1), 11, 0),
    ("Булочка с корицей", 9_500, Decimal(3), 2, 0),
    ("Яблоки сезонные", 14_990, Decimal("1.254"), 2, 11),
)
LONG_NUMBER = "interner-magazin-zakaz-2026-11-21-000000000187-vozvrat-i-obmen"


@dataclass
class Scene:
    shop: Shop
    confirmed: uuid.UUID
    waiting: uuid.UUID
    refused: uuid.UUID
    doubtful: uuid.UUID
    decidable: uuid.UUID
    channel: uuid.UUID
    register: uuid.UUID
    troubled: uuid.UUID

    @property
    def public(self) -> str:
        return f"/r/{self.confirmed}/{receipt_token(self.confirmed)}"


def items() -> tuple[Item, ...]:
    return tuple(
        Item(
            name=name,
            price=price,
            quantity=count,
            amount=int((price * count).to_integral_value()),
            vat=vat,
            method=4,
            kind=1,
            measure=measure,
        )
        for name, price, count, vat, measure in GOODS
    )


def make_scene(world: World) -> Scene:
    shop = staffed(world, "owner@example.com", display_name="Гүлжамал Өмүрзакова-Константинопольская")
    decidable = _lost(world)
    device = world.add_register()
    device_in_trouble = world.add_register(start=False)
    basket = items()
    total = sum(item.amount for item in basket)
    sold = [
        world.sell(f"order-{1041 + number}", items=basket, total=total, payments=Payments(electronic=total))
        for number in range(6)
    ]
    refund = world.sell(LONG_NUMBER, operation=2, buyer=Buyer(contact="buyer@example.com"))
    world.turn(device)
    wait_for(lambda: world.turn(device) == 0 and world.state(refund).state == "confirmed")
    refused, doubtful, waiting = world.sell("order-1050"), world.sell("order-1051"), world.sell("order-1052")
    _move(world, device.register, refused.receipt_id, "refused")
    _move(world, device.register, doubtful.receipt_id, "in_doubt")
    _trouble(world, device_in_trouble.register)
    _callback(world, sold[-1].receipt_id)
    return Scene(
        shop=shop,
        confirmed=sold[-1].receipt_id,
        waiting=waiting.receipt_id,
        refused=refused.receipt_id,
        doubtful=doubtful.receipt_id,
        decidable=decidable,
        channel=_channel(world),
        register=device.register.id,
        troubled=device_in_trouble.register.id,
    )


def _lost(world: World) -> uuid.UUID:
    """A receipt in doubt at a register that was given up."""
    device = world.add_register(start=False)
    with within(world.organisation_id):
        CashRegister.objects.filter(id=device.register.id).update(state="working")
        RegisterStatus.objects.filter(register_id=device.register.id).update(problem="unreachable", last_fd=4_210)
    sold = world.sell("order-1053")
    attempts_open(
        organisation_id=world.organisation_id,
        register_id=device.register.id,
        pool_id=world.pool.id,
        fn=device.fn,
        fence=0,
        next_fd=4_211,
        limit=1,
        at=now(),
    )
    register_give_up(
        organisation_id=world.organisation_id, register_id=device.register.id, reason="сгорела", by=uuid7()
    )
    return sold.receipt_id


def _channel(world: World) -> uuid.UUID:
    """A channel with a key in use and a revoked one."""
    channel = channel_create(
        organisation_id=world.organisation_id,
        kind="atol",
        code="internet-magazin-vostok_4821",
        name="Интернет-магазин «Восток»",
        pool_id=world.pool.id,
        callback_url="https://shop.example.com/integrations/openkassa/callback",
    )
    for login, secret in (("shop-4k2v9t7qzd", "0" * 22), ("shop-m3x8w1rc5n", "1" * 22)):
        key = channel_key_create(channel=channel, login=login, secret=secret)
    channel_by_login("atol", "shop-4k2v9t7qzd", "0" * 22)
    channel_key_revoke(organisation_id=world.organisation_id, key_id=key.id)
    return channel.id


def _move(world: World, register: CashRegister, receipt_id: uuid.UUID, state: str) -> None:
    text = "Код маркировки товара «Вода питьевая» уже выведен из оборота." if state == "refused" else ""
    reason = "ответ регистратора потерян: обрыв связи"
    with within(world.organisation_id):
        mine = ReceiptState.objects.filter(receipt_id=receipt_id)
        mine.update(state="assigned", register_id=register.id, changed_at=now())
        mine.update(
            state=state, changed_at=now(), error_code="mark_withdrawn" if text else None, error_text=text or None
        )
        steps = {"assigned": {"register": str(register.id)}, state: {"text": text} if text else {"reason": reason}}
        for name, data in steps.items():
            ReceiptEvent.objects.create(
                organisation_id=world.organisation_id, receipt_id=receipt_id, state=name, at=now(), data=data
            )


def _trouble(world: World, register: CashRegister) -> None:
    with within(world.organisation_id):
        CashRegister.objects.filter(id=register.id).update(state="working")
        RegisterStatus.objects.filter(register_id=register.id).update(
            problem="unreachable",
            problem_text="Устройство не отвечает: соединение отклонено. Проверьте, что оно включено и доступно.",
            problem_since=now() - dt.timedelta(hours=2),
            retry_at=now() + dt.timedelta(seconds=55),
            shift=87,
            shift_open=True,
            shift_opened_at=now() - dt.timedelta(hours=23, minutes=20),
            last_fd=10_482,
            acknowledged_fd=10_211,
            first_undelivered_at=now() - dt.timedelta(days=3, hours=4),
            fn_documents_left=3_912,
            fn_valid_until=now() + dt.timedelta(days=21, hours=3),
            clock_difference=-147,
            seen_at=now() - dt.timedelta(hours=2),
        )


def _callback(world: World, receipt_id: uuid.UUID) -> None:
    with within(world.organisation_id):
        callback = Callback.objects.create(
            id=uuid7(),
            organisation_id=world.organisation_id,
            receipt_id=receipt_id,
            event="fiscalised",
            url="https://shop.example.com/integrations/openkassa/callback?order=1046",
            next_at=now(),
            give_up_at=now() + dt.timedelta(days=3),
            created_at=now(),
        )
        Callback.objects.filter(id=callback.id).update(state="failed", attempts=3)
        for status, error, took in ((None, "timeout: no answer within 10 s", 10_003), (502, "", 412), (500, "", 96)):
            CallbackDelivery.objects.create(
                organisation_id=world.organisation_id,
                callback_id=callback.id,
                at=now(),
                status=status,
                error=error,
                milliseconds=took,
            )
