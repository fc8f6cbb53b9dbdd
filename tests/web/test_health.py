"""What the register page says of a status: each limit, just before it and at it."""

from __future__ import annotations

import datetime as dt

import pytest

from openkassa.web.health import findings, undelivered, worst_tone

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)


def status(**changes):
    from openkassa.kassa.registers.models import RegisterStatus

    return RegisterStatus(**changes)


def found(state: str = "working", **changes):
    from openkassa.kassa.registers.models import CashRegister

    return findings(CashRegister(state=state), status(**changes), NOW)


def before(**span) -> dt.datetime:
    return NOW - dt.timedelta(**span)


def test_a_fresh_working_register_is_in_order():
    assert found() == []
    assert worst_tone([]) == "good"


@pytest.mark.parametrize(
    ("changes", "tone"),
    [
        ({"shift_open": True, "shift_opened_at": before(hours=22, minutes=59)}, None),
        ({"shift_open": True, "shift_opened_at": before(hours=23)}, "warn"),
        ({"shift_open": True, "shift_opened_at": before(hours=24)}, "bad"),
        ({"shift_open": False, "shift_opened_at": before(hours=90)}, None),
        ({"fn_valid_until": NOW + dt.timedelta(days=31, hours=1)}, None),
        ({"fn_valid_until": NOW + dt.timedelta(days=30)}, "warn"),
        ({"fn_valid_until": NOW + dt.timedelta(days=3)}, "bad"),
        ({"fn_valid_until": before(days=5)}, "bad"),
        ({"fn_documents_left": 5_001}, None),
        ({"fn_documents_left": 5_000}, "warn"),
        ({"first_undelivered_at": before(hours=23)}, None),
        ({"first_undelivered_at": before(days=1)}, "warn"),
        ({"first_undelivered_at": before(days=25)}, "bad"),
        ({"clock_difference": -119}, None),
        ({"clock_difference": -120}, "warn"),
        ({"clock_difference": 300}, "bad"),
        ({"problem": "unreachable", "problem_text": "Проверьте."}, "bad"),
        ({"problem": "never heard of"}, "bad"),
    ],
)
def test_each_limit_is_told_from_its_own_moment_on(changes, tone):
    assert worst_tone(found(**changes)) == (tone or "good")


@pytest.mark.parametrize(("state", "tone"), [("new", "info"), ("stopped", "warn"), ("closed", "good")])
def test_a_register_that_takes_no_receipts_says_so(state, tone):
    assert worst_tone(found(state)) == tone


def test_the_worst_comes_first():
    tones = [one.tone for one in found(problem="unreachable", clock_difference=130, fn_documents_left=1)]
    assert tones == ["bad", "warn", "warn"]


def test_undelivered_documents_are_counted_from_the_last_acknowledged_one():
    assert undelivered(status(last_fd=10, acknowledged_fd=7)) == 3
    assert undelivered(status(last_fd=7, acknowledged_fd=10)) == 0  # our copy is behind the operator
