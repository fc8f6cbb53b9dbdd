"""The same sale many times: one receipt, and every caller hears its id."""

from __future__ import annotations

import os
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import structlog
from django.db import connection
from tests.support.children import Child, kill_children
from tests.support.guards import weakened, without_index
from tests.support.world import World, make_world

from openkassa.core.db import atomic
from openkassa.core.tenancy import within
from openkassa.kassa.receipts import services, sql
from openkassa.kassa.receipts.models import Receipt, ReceiptContent, ReceiptEvent, ReceiptState
from openkassa.kassa.receipts.services import DraftRefused

CALLERS = 64


@pytest.fixture
def shop(transactional_db):
    """An organisation that sells; it needs no register."""
    yield make_world()
    kill_children()


def _all_at_once(shop: World, callers: int = CALLERS) -> list:
    start = threading.Barrier(callers)

    def call(_: int):
        connection.ensure_connection()
        start.wait(60)
        try:
            return shop.sell("order-1")
        finally:
            connection.close()

    with ThreadPoolExecutor(callers) as callers_at_once:
        return list(callers_at_once.map(call, range(callers)))


def test_64_callers_with_one_sale_get_one_receipt(shop):
    answers = _all_at_once(shop)
    assert len({answer.receipt_id for answer in answers}) == 1
    assert [answer.repeat for answer in answers].count(False) == 1
    assert all(answer.same_body for answer in answers)
    with within(shop.organisation_id):
        assert [table.objects.count() for table in (Receipt, ReceiptState, ReceiptContent, ReceiptEvent)] == [1] * 4


def test_without_the_unique_key_they_get_several(shop, superuser, monkeypatch):
    weakened(
        monkeypatch, sql, "ACCEPT", ("    ON CONFLICT (organisation_id, channel_id, external_key) DO NOTHING\n", "")
    )
    with without_index(superuser, "receipt_key_once"):
        assert len({answer.receipt_id for answer in _all_at_once(shop, 8)}) == 8


def test_a_key_with_another_body_is_answered_with_the_first_and_logged(shop, monkeypatch):
    first = shop.sell("order-1")
    monkeypatch.setattr(services, "log", structlog.get_logger())  # one that remembers no configuration
    with structlog.testing.capture_logs() as logs:
        second = shop.sell("order-1", operation=2)
    assert (second.receipt_id, second.repeat, second.same_body) == (first.receipt_id, True, False)
    assert [(line["event"], line["log_level"]) for line in logs] == [("receipt_key_conflict", "warning")]
    with within(shop.organisation_id):
        assert Receipt.objects.get().operation == 1


def test_keys_are_of_a_tenant_and_channel(shop):
    other = make_world(name="ООО «Другая»")
    first, second = shop.sell("order-1"), other.sell("order-1")
    assert first.receipt_id != second.receipt_id
    assert not second.repeat
    with within(other.organisation_id):
        assert Receipt.objects.get().id == second.receipt_id


def test_without_the_tenant_in_the_key_another_shops_sale_is_taken_for_a_repeat(shop, superuser, monkeypatch):
    weakened(monkeypatch, sql, "ACCEPT", ("ON CONFLICT (organisation_id, channel_id, external_key)", "ON CONFLICT"))
    weakened(
        monkeypatch, sql, "EXISTING", ("organisation_id = %(organisation_id)s AND channel_id = %(channel_id)s AND ", "")
    )
    superuser.execute("CREATE UNIQUE INDEX key_of_everybody ON kassa_receipts_receipt (external_key)")
    try:
        first, second = shop.sell("order-1"), make_world(name="ООО «Другая»").sell("order-1")
        assert (second.receipt_id, second.repeat) == (first.receipt_id, True)
    finally:
        superuser.execute("DROP INDEX key_of_everybody")


def test_a_refused_draft_stores_nothing_and_keeps_no_key(shop):
    with pytest.raises(DraftRefused):
        shop.sell("order-1", total=5)
    with within(shop.organisation_id):
        assert not Receipt.objects.exists()
    assert not shop.sell("order-1").repeat


def test_a_caller_killed_while_it_holds_the_key_frees_it(shop):
    """Killed between INSERT and commit: the retry waits for the dead one's connection, and is then the first."""
    ready, tell = _pipe()

    def hold() -> None:
        with atomic():
            shop.sell("order-1")
            tell()
            threading.Event().wait()

    holder = Child(hold)
    ready()
    retry = ThreadPoolExecutor(1).submit(lambda: (shop.sell("order-1"), connection.close())[0])
    with pytest.raises(TimeoutError):
        retry.result(0.3)  # the key is held
    holder.kill()
    assert not retry.result(10).repeat
    with within(shop.organisation_id):
        assert Receipt.objects.count() == 1


def test_a_caller_killed_before_its_answer_hears_the_result_when_it_asks_again(shop):
    ready, tell = _pipe()

    def die() -> None:
        shop.sell("order-1")
        tell()
        threading.Event().wait()

    caller = Child(die)
    ready()
    assert caller.kill() == -9
    retry = shop.sell("order-1")
    assert (retry.repeat, retry.same_body) == (True, True)
    with within(shop.organisation_id):
        assert Receipt.objects.get().id == retry.receipt_id


def _pipe():
    """(wait for the child's word, say it)."""
    reading, writing = os.pipe()
    return (lambda: os.read(reading, 1)), (lambda: os.write(writing, b"!"))


def test_sales_of_one_moment_keep_their_order(shop):
    ids = [shop.sell(uuid.uuid4().hex).receipt_id for _ in range(20)]
    assert ids == sorted(ids)
