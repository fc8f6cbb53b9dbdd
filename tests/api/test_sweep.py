"""Bad input, one field after another: each body is accepted, or refused in the face's form, and nothing of it stays."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable
from typing import Any

import pytest
from tests.api.atol import calls as atol
from tests.api.atol.test_atol_bad_input import FULL as ATOL_FULL
from tests.api.http import Answer
from tests.api.shops import Shop
from tests.api.sweep import changed
from tests.api.v1 import calls as v1
from tests.api.v1.test_v1_bad_input import FULL as V1_FULL

from openkassa.api.v1 import drafts
from openkassa.core.tenancy import within
from openkassa.kassa.receipts.models import Receipt

CORRECTION = V1_FULL | {"correction": {"date": "2026-01-01", "by_order": True, "number": "1"}}
Send = Callable[[Any], Answer]


def stored(shop: Shop) -> int:
    with within(shop.organisation_id):
        return Receipt.objects.count()


def faults_of(shop: Shop, body: dict[str, Any], send: Send, is_refusal: Callable[[Answer], bool]) -> list[str]:
    """What was neither accepted nor refused as it should be, and accepted bodies that are not exactly those stored."""
    faults, accepted, numbers = [], 0, itertools.count()
    for change, odd in changed(body):
        if isinstance(odd, dict) and not change.startswith("external_id"):
            odd["external_id"] = f"sweep-{next(numbers)}"
        answer = send(odd)
        if answer.status in (200, 201):
            accepted += answer.status == 201 or answer.json.get("status") == "wait"
        elif not is_refusal(answer):
            faults.append(f"{change}: {answer.status} {answer.body[:200]!r}")
    if stored(shop) != accepted:
        faults.append(f"{stored(shop)} receipts are stored, {accepted} were accepted")
    return faults


def problem(answer: Answer) -> bool:
    return 400 <= answer.status < 500 and bool(answer.json["code"] and answer.json["what_to_do"])


def error_of_atol(answer: Answer) -> bool:
    error = answer.json["error"]
    return answer.status == 400 and error["code"] in (32, 40) and bool(error["text"]) and "uuid" not in answer.json


@pytest.mark.parametrize("body", [V1_FULL, CORRECTION], ids=["sale", "correction"])
@pytest.mark.slow
def test_v1_answers_every_odd_field(shop, body):
    assert not faults_of(shop, body, lambda odd: v1.send(shop, "POST", "/receipts", odd), problem)


@pytest.mark.parametrize(("operation", "body"), [("sell", ATOL_FULL), ("sell_correction", atol.correction())])
@pytest.mark.slow
def test_atol_answers_every_odd_field(shop, operation, body):
    token = atol.token(shop)
    assert not faults_of(shop, body, lambda odd: atol.post(shop, operation, odd, by=token), error_of_atol)


@pytest.mark.slow
def test_control_an_overflow_that_is_not_guarded_is_found(shop, monkeypatch):
    guarded = drafts._operating

    def unguarded(given, utc_offset, faults):
        if given is not None and given.at.tzinfo is not None:
            given.at.astimezone(dt.timezone(dt.timedelta(minutes=utc_offset)))
        return guarded(given, utc_offset, faults)

    monkeypatch.setattr(drafts, "_operating", unguarded)
    found = faults_of(shop, V1_FULL, lambda odd: v1.send(shop, "POST", "/receipts", odd), problem)
    assert [fault.split(": 500 ")[0] for fault in found] == [
        "operating.at = '0001-01-01T00:00:00+14:00'",
        "operating.at = '9999-12-31T23:59:59-14:00'",
    ]
