"""The same sale many times at once makes one receipt, and every caller learns its uuid."""

from __future__ import annotations

import threading

import pytest
from tests.api.atol import calls

CALLERS = 64


def at_once(shop, body) -> list[tuple[int, str | None]]:
    from django.db import connections

    token = calls.token(shop)
    answers: list[tuple[int, str | None]] = []
    start = threading.Barrier(CALLERS)

    def one() -> None:
        try:
            start.wait()
            answer = calls.post(shop, "sell", body, by=token)
            answers.append((answer.status, answer.json.get("uuid")))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one) for _ in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.django_db(transaction=True)
def test_64_identical_sells_make_one_receipt(shop):
    from openkassa.kassa.receipts.selectors import receipt_list

    answers = at_once(shop, calls.sell())
    assert sorted(status for status, _ in answers) == [200] + [400] * (CALLERS - 1)
    assert len({uuid for _, uuid in answers}) == 1
    stored = receipt_list(shop.organisation_id)
    assert [str(status.receipt_id) for status in stored] == [answers[0][1]]


@pytest.mark.django_db(transaction=True)
def test_without_the_unique_key_they_make_many(shop, monkeypatch):
    """Negative control of the test above: the race is real when each caller has a key of its own."""
    from openkassa.api import mapped
    from openkassa.core.ids import uuid7

    guarded = mapped.receipt_accept
    monkeypatch.setattr(mapped, "receipt_accept", lambda **given: guarded(**given | {"external_key": str(uuid7())}))
    answers = at_once(shop, calls.sell())
    assert len({uuid for _, uuid in answers}) == CALLERS
