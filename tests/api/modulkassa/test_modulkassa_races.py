"""The same document many times at once makes one receipt, and so does the same second attempt."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from tests.api.modulkassa import calls
from tests.api.modulkassa.test_modulkassa_states import move, requeue

CALLERS = 64


def at_once(ask: Callable[[], int]) -> list[int]:
    from django.db import connections

    answers: list[int] = []
    start = threading.Barrier(CALLERS)

    def one() -> None:
        try:
            start.wait()
            answers.append(ask())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one) for _ in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.django_db(transaction=True)
def test_64_identical_documents_make_one_receipt(shop):
    till = calls.connect(shop)
    assert at_once(lambda: calls.post(till, calls.document()).status) == [200] * CALLERS
    assert len(calls.stored(till)) == 1


@pytest.mark.django_db(transaction=True)
def test_64_second_attempts_make_one_receipt(shop):
    till = calls.connect(shop)
    calls.post(till, calls.document())
    move(till, str(calls.stored(till)[0].receipt_id), "withdrawn")
    answers = at_once(lambda: requeue(till).status)
    assert set(answers) <= {200, 409} and answers.count(200) >= 1
    assert len(calls.stored(till)) == 2


@pytest.mark.django_db(transaction=True)
def test_without_the_unique_key_they_make_many(shop, monkeypatch):
    """Negative control of the tests above: the races are real when each caller has a key of its own."""
    from openkassa.api import mapped
    from openkassa.core.ids import uuid7
    from openkassa.kassa.receipts import again

    till = calls.connect(shop)
    calls.post(till, calls.document())
    move(till, str(calls.stored(till)[0].receipt_id), "withdrawn")
    guarded = mapped.receipt_accept

    def unguarded(**given):
        return guarded(**given | {"external_key": str(uuid7())})

    monkeypatch.setattr(again, "receipt_accept", unguarded)
    at_once(lambda: requeue(till).status)
    assert len(calls.stored(till)) == 1 + CALLERS
    monkeypatch.setattr(mapped, "receipt_accept", unguarded)
    at_once(lambda: calls.post(till, calls.document("order-2")).status)
    assert len(calls.stored(till)) == 1 + 2 * CALLERS
