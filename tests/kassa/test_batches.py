"""What a turn asks of the database: as much for thirty receipts as for one, and what flows in goes together."""

from __future__ import annotations

from collections import Counter

import pytest

from openkassa.kassa.fiscalisation import sql, turn
from openkassa.kassa.fiscalisation.context import Turn
from openkassa.kassa.registers import sql as registers_sql


@pytest.fixture
def asked(monkeypatch) -> Counter[str]:
    """How many times each statement of fiscalisation and registers was sent, by its text."""
    counted: Counter[str] = Counter()
    for module in (sql, registers_sql):

        def counting(query: str, params: dict, *, inner=module.run, **options: object) -> list:
            counted[query] += 1
            return inner(query, params, **options)

        monkeypatch.setattr(module, "run", counting)
    return counted


ONCE_A_BATCH = (sql.MADE, registers_sql.RECORD_DOCUMENTS)
ONCE_A_TURN = (registers_sql.CLAIM, registers_sql.RELEASE)


@pytest.fixture
def device(world):
    """A register whose shift is open."""
    device = world.add_register()
    world.sell()
    world.turn(device)
    return device


@pytest.mark.parametrize("count", [1, 30])
def test_a_turn_asks_as_much_for_thirty_receipts_as_for_one(world, device, asked, count):
    for _ in range(count):
        world.sell()
    assert world.turn(device) == count
    assert {query: asked[query] for query in ONCE_A_BATCH + ONCE_A_TURN} == dict.fromkeys(ONCE_A_BATCH + ONCE_A_TURN, 1)


def test_with_batches_of_one_it_asks_for_each(world, device, asked, monkeypatch):
    monkeypatch.setattr(Turn, "batch_size", lambda _self: 1)
    for _ in range(5):
        world.sell()
    assert world.turn(device) == 5
    assert [asked[query] for query in ONCE_A_BATCH] == [5, 5]


def test_what_comes_while_a_turn_waits_goes_in_one_batch(world, device, asked, monkeypatch):
    """The first receipt goes at once; the seven that come in the pause after it go together, under the same lease."""
    come = iter([7])
    world.sell()

    def pause(_seconds: float) -> None:
        for _ in range(next(come, 0)):
            world.sell()

    monkeypatch.setattr(turn.time, "sleep", pause)
    assert world.turn(device) == 8
    assert [asked[query] for query in ONCE_A_BATCH] == [2, 2]
    assert [asked[query] for query in ONCE_A_TURN] == [1, 1]
