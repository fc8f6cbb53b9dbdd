"""A sale of marked goods on its whole way: asked about, checked by the register, sold at the marking service."""

from __future__ import annotations

from tests.fiscal.test_marking import MILK, SHOES
from tests.support.marking_service import ask_before_sales, marked, sell
from tests.support.world import make_world, wait_for

from openkassa.core.tenancy import within
from openkassa.fiscal.ffd.marks import ALL_RIGHT
from openkassa.fiscal.fn.check_results import with_results
from openkassa.fiscal.fn.content import OWN_TAGS
from openkassa.kassa.fiscalisation.adoption import content_digest
from openkassa.kassa.receipts.marks import receipt_marks
from openkassa.kassa.receipts.models import ReceiptContent
from openkassa.kassa.receipts.refunds import refund_accept, refund_draft
from openkassa.kassa.receipts.selectors import receipt_status


def a_shop(marking):
    """An organisation with a register, both of which know the sandbox's marking service."""
    world = make_world()
    world.oism = marking.exchange
    world.add_register()
    return ask_before_sales(world, marking.key)


def marks(world, accepted):
    return [(one.line, one.code, one.result, one.sign) for one in receipt_marks(status(world, accepted))]


def status(world, accepted):
    return receipt_status(world.organisation_id, accepted.receipt_id)


def test_a_marked_sale_and_its_refund(transactional_db, marking):
    marking.put(SHOES)
    marking.put(MILK)
    world = a_shop(marking)
    try:
        accepted = sell(world, marked(), marked(MILK), key="order-1")
        assert marks(world, accepted) == [(0, SHOES, None, None), (1, MILK, None, None)]
        world.drain()
        assert marks(world, accepted) == [(0, SHOES, ALL_RIGHT, "[М+]"), (1, MILK, ALL_RIGHT, "[М+]")]
        assert marking.asked()[0]["codes"] == 2 and world.channel.marking_fn == world.devices[0].fn
        wait_for(lambda: marking.state(SHOES) == "sold" and marking.state(MILK) == "sold")

        again = sell(world, marked(), marked(MILK), key="order-1")
        assert again.repeat and again.receipt_id == accepted.receipt_id

        refund = refund_accept(
            channel=world.channel,
            original_id=accepted.receipt_id,
            external_id="refund-1",
            body=b"refund-1",
            body_digest=b"d" * 32,
            build=refund_draft,
        )
        assert not [text for text in refund.warnings if "не проверен" in text]
        world.drain()
        assert [result for *_, result, _ in marks(world, refund)] == [ALL_RIGHT, ALL_RIGHT]
        wait_for(lambda: marking.state(SHOES) == "in_circulation" and marking.state(MILK) == "in_circulation")
    finally:
        world.close()


def test_a_register_that_finds_a_code_wrong_says_so_in_the_receipt(transactional_db, marking):
    wrong = SHOES.replace("\x1d92aB+/", "\x1d92BAD!")
    marking.put(wrong)
    world = a_shop(marking)
    try:
        accepted = sell(world, marked(wrong))
        world.drain()
        assert marks(world, accepted) == [(0, wrong, 13, "[М-]")]
    finally:
        world.close()


def test_a_receipt_is_known_by_its_content_though_the_register_adds_results(transactional_db, marking):
    marking.put(SHOES)
    world = a_shop(marking)
    try:
        accepted = sell(world)  # no register has it yet
        with within(world.organisation_id):
            content = bytes(ReceiptContent.objects.get(receipt_id=accepted.receipt_id).content)
        for result in (ALL_RIGHT, 1):
            made = with_results(content, {0: result})
            assert made != content
            assert content_digest(3, 1, 1000, made) == content_digest(3, 1, 1000, content)
        assert content_digest(3, 1, 1000, content[:-1]) != content_digest(3, 1, 1000, content)
        assert not {2106, 2107} & OWN_TAGS
    finally:
        world.close()
