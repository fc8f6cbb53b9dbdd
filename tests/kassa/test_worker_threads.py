"""Devices that hang hold no thread that another register needs."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator

import pytest
from tests.support.world import wait_for

from openkassa.kassa.fiscalisation import worker as module

ORGANISATION = uuid.uuid4()


@pytest.fixture
def given(monkeypatch) -> Iterator[Callable[[int], set[uuid.UUID]]]:
    """A worker's threads over registers whose turns don't end; gives those that got a turn within `looks` looks."""
    worker = module.Worker()
    registers = [(ORGANISATION, uuid.uuid4(), uuid.uuid4(), 1) for _ in range(module.REGISTER_THREADS + 1)]
    began: set[uuid.UUID] = set()
    over = threading.Event()

    def hang(*, register_id: uuid.UUID, **_: object) -> int:
        began.add(register_id)
        over.wait(20)
        return 0

    monkeypatch.setattr(module, "register_turn", hang)
    monkeypatch.setattr(module.sql, "registers_with_work", lambda **_: registers)
    monkeypatch.setattr(worker, "_dead_holders", list)
    monkeypatch.setattr(module, "HANGING_SECONDS", 0.1)

    def look(looks: int) -> set[uuid.UUID]:
        for _ in range(looks):
            worker._give_turns()
            over.wait(0.15)
        return began

    yield look
    over.set()
    worker._registers.shutdown(wait=True)


def test_another_register_gets_a_thread_while_all_hang(given):
    assert len(given(1)) == module.REGISTER_THREADS, "no more turns at once than there are threads"
    wait_for(lambda: len(given(1)) == module.REGISTER_THREADS + 1, 5)
    assert len(given(3)) == module.REGISTER_THREADS + 1, "and those that hang are not given a second turn"


def test_without_the_extra_threads_it_waits(given, monkeypatch):
    monkeypatch.setattr(module, "EXTRA_THREADS", 0)
    assert len(given(4)) == module.REGISTER_THREADS
