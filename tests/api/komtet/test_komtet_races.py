"""The same check many times at once makes one receipt, and every caller is told of the same task."""

from __future__ import annotations

import threading

import pytest
from tests.api.komtet import calls

CALLERS = 64


def at_once(queue, bodies: list, kind: str = "task") -> list[tuple[int, object]]:
    from django.db import connections

    answers: list[tuple[int, object]] = []
    start = threading.Barrier(len(bodies))

    def one(body) -> None:
        try:
            start.wait()
            answer = calls.send(queue, "POST", f"{queue.path}/{kind}", body)
            answers.append((answer.status, answer.json))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.django_db(transaction=True)
def test_64_identical_checks_make_one_receipt(queue):
    from openkassa.kassa.receipts.selectors import receipt_list

    answers = at_once(queue, [calls.check()] * CALLERS)
    assert [status for status, _ in answers] == [200] * CALLERS
    made = {task["id"] for _, task in answers}
    assert [str(status.receipt_id) for status in receipt_list(queue.shop.organisation_id)] == list(made)


@pytest.mark.django_db(transaction=True)
def test_without_the_unique_key_they_make_many(queue, monkeypatch):
    """Negative control of the test above: the race is real when each caller has a key of its own."""
    from openkassa.api import mapped
    from openkassa.core.ids import uuid7

    guarded = mapped.receipt_accept
    monkeypatch.setattr(mapped, "receipt_accept", lambda **given: guarded(**given | {"external_key": str(uuid7())}))
    answers = at_once(queue, [calls.check()] * CALLERS)
    assert len({task["id"] for _, task in answers}) == CALLERS


@pytest.mark.django_db(transaction=True)
def test_overlapping_lots_in_opposite_orders_make_each_receipt_once(queue):
    from openkassa.kassa.receipts.selectors import receipt_list

    names = [f"order-{number}" for number in range(10)]
    lots = [[calls.check(name) for name in (names if turn % 2 else reversed(names))] for turn in range(16)]
    answers = at_once(queue, lots, "multi-tasks")
    assert [status for status, _ in answers] == [200] * len(lots)
    assert len({tuple(sorted((name, task["id"]) for name, task in tasks.items())) for _, tasks in answers}) == 1
    assert len(receipt_list(queue.shop.organisation_id)) == len(names)
