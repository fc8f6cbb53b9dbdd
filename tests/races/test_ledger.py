"""Many post at once, seal at once and take from one account at once: nothing doubled, nothing below zero."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from openkassa.core.organisations import organisation_create
from openkassa.kassa.ledger import entries, selectors, sql
from openkassa.kassa.ledger.chart import Code
from openkassa.kassa.ledger.proof import ledger_problems
from openkassa.kassa.ledger.seals import ledgers_seal
from openkassa.kassa.ledger.services import Cause, NotEnough, entry_post

CAUSE = Cause("test", uuid.UUID(int=7))
CALLERS = 16


@pytest.fixture
def shop(transactional_db: None) -> uuid.UUID:
    return organisation_create(name="Булочная", inn="7707083893").id


def at_once(work: Callable[[int], object]) -> list:
    barrier = threading.Barrier(CALLERS)

    def one(number: int) -> object:
        try:
            barrier.wait()
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(CALLERS) as pool:
        return list(pool.map(one, range(CALLERS)))


def release(shop: uuid.UUID, amount: int, key: str):
    entry = entries.released(amount, currency="RUB")
    return entry_post(organisation_id=shop, entry=entry, key=key, cause=CAUSE)


def available(shop: uuid.UUID) -> int:
    return selectors.balance(shop, Code.AVAILABLE, currency="RUB")


def test_one_key_at_once_posts_once(shop):
    """The accounts are opened at once too."""
    posted = at_once(lambda _: release(shop, 100, "k"))
    assert len({one.id for one in posted}) == 1
    assert [one.first for one in posted].count(True) == 1
    assert available(shop) == 100


def test_one_account_is_posted_to_and_sealed_at_once(shop):
    def work(number: int) -> None:
        for step in range(20):
            release(shop, 1, f"{number} {step}")
            if number % 4 == 0:
                ledgers_seal()

    at_once(work)
    assert available(shop) == CALLERS * 20
    while ledgers_seal():
        pass
    assert list(ledger_problems(shop)) == []
    assert available(shop) == CALLERS * 20


def _pay_out(shop: uuid.UUID) -> Callable[[int], bool]:
    def work(number: int) -> bool:
        entry = entries.payout_sent(30, currency="RUB")
        try:
            entry_post(
                organisation_id=shop, entry=entry, key=f"p{number}", cause=CAUSE, not_below_zero=[Code.AVAILABLE]
            )
        except NotEnough:
            return False
        return True

    return work


def test_what_there_is_is_paid_out_once(shop):
    release(shop, 100, "first")
    ledgers_seal()
    assert at_once(_pay_out(shop)).count(True) == 3
    assert available(shop) == 10


def test_without_the_lock_more_is_paid_out_than_there_is(shop, monkeypatch):
    release(shop, 130, "first")
    assert _pay_out(shop)(CALLERS)  # opens the account that payouts go to, for which the others would wait
    barrier = threading.Barrier(CALLERS)
    balances = sql.balances

    def together(**values):
        found = balances(**values)
        barrier.wait(10)
        return found

    monkeypatch.setattr(sql, "balances_lock", lambda **_: None)
    monkeypatch.setattr(sql, "balances", together)
    assert at_once(_pay_out(shop)).count(True) == CALLERS
    monkeypatch.undo()
    assert available(shop) < 0
