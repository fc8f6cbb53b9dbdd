"""The balance of a prepayment from one end to the other: made, offset, refused by a register, offset again."""

from __future__ import annotations

import uuid
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from tests.support.common_check import common_check

from openkassa.core.tenancy import within
from openkassa.fiscal.draft import Item, Payments
from openkassa.kassa.receipts import sql
from openkassa.kassa.receipts.models import Prepayment, PrepaymentUse
from openkassa.kassa.receipts.offsets import offset_accept, offset_of
from openkassa.kassa.receipts.prepayments import prepayment_left, prepayments_open

PREPAID = Item(name="Диван", price=10000, quantity=Decimal(1), amount=10000, vat=12, method=1, kind=1)


def offset(world, prepayment, key: str = "o"):
    return offset_accept(
        channel=world.channel,
        prepayment_id=prepayment.receipt_id,
        build=offset_of,
        external_id=key,
        body=b"{}",
        body_digest=b"x",
    )


@pytest.fixture
def device(world):
    return world.add_register()


def test_what_a_register_refuses_is_open_again(world, device):
    prepayment = world.sell(items=(PREPAID,))
    world.turn(device)
    assert [one.left for one in prepayments_open(world.organisation_id)] == [10000]
    refused = offset(world, prepayment)
    assert prepayments_open(world.organisation_id) == []
    device.fault("refuse", str(0x18), times=3)
    world.drain()
    assert world.state(refused).state == "refused"
    assert [one.left for one in prepayments_open(world.organisation_id)] == [10000]
    made = offset(world, prepayment, "o2")
    world.drain()
    assert world.state(made).state == "fiscalised"
    assert prepayments_open(world.organisation_id) == []
    common_check(world)


def test_what_is_released_twice_is_given_back_once(world, device):
    prepayment = world.sell(items=(PREPAID,))
    world.turn(device)
    made = offset(world, prepayment)
    for _ in range(2):
        sql.prepayments_release(organisation_id=world.organisation_id, receipt_ids=[made.receipt_id])
        assert prepayment_left(world.organisation_id, prepayment.receipt_id) == 10000
    with within(world.organisation_id):
        assert PrepaymentUse.objects.get().released


def test_given_back_and_taken_again_by_another_leaves_nothing(world, device):
    """The refund of an offset is refused by its register after its money was offset anew: a person has to look."""
    prepayment = world.sell(items=(PREPAID,))
    world.turn(device)
    organisation_id, first = world.organisation_id, prepayment.receipt_id
    refund = world.sell(operation=2)
    sql.prepayment_take(organisation_id=organisation_id, prepayment_id=first, receipt_id=first, amount=10000)
    sql.prepayment_take(
        organisation_id=organisation_id, prepayment_id=first, receipt_id=refund.receipt_id, amount=-10000
    )
    with within(organisation_id):
        Prepayment.objects.filter(receipt_id=first).update(taken=10000)
    sql.prepayments_release(organisation_id=organisation_id, receipt_ids=[refund.receipt_id])
    assert prepayment_left(organisation_id, first) == 0


@pytest.mark.parametrize("amount", [10001, -1])
def test_the_database_refuses_more_than_was_prepaid_and_less_than_nothing(world, device, amount):
    prepayment = world.sell(items=(PREPAID,))
    with pytest.raises(IntegrityError), transaction.atomic():
        sql.prepayment_take(
            organisation_id=world.organisation_id,
            prepayment_id=prepayment.receipt_id,
            receipt_id=prepayment.receipt_id,
            amount=amount,
        )


def test_a_sale_without_prepayment_has_no_balance(world, device):
    sold = world.sell()
    with within(world.organisation_id):
        assert Prepayment.objects.count() == 0
    sql.prepayment_take(
        organisation_id=world.organisation_id, prepayment_id=sold.receipt_id, receipt_id=uuid.uuid4(), amount=5
    )
    assert prepayment_left(world.organisation_id, sold.receipt_id) == 0


def test_only_lines_before_the_goods_are_prepaid(world, device):
    paid = Item(name="Хлеб", price=500, quantity=Decimal(1), amount=500, vat=11, method=4, kind=1)
    mixed = world.sell(items=(PREPAID, paid), total=10500, payments=Payments(electronic=10500))
    assert prepayment_left(world.organisation_id, mixed.receipt_id) == 10000
    refund = world.sell(items=(PREPAID,), operation=2)
    assert prepayment_left(world.organisation_id, refund.receipt_id) == 0
