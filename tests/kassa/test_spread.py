"""Which registers get a turn."""

from __future__ import annotations

import uuid

from openkassa.kassa.fiscalisation.spread import SHARE, registers_chosen

ORGANISATION, POOL, OTHER_POOL = uuid.UUID(int=1), uuid.UUID(int=2), uuid.UUID(int=3)
REGISTERS = [uuid.UUID(int=number) for number in range(10, 15)]


def work(waiting: int | None, pool: uuid.UUID = POOL, registers: list[uuid.UUID] = REGISTERS) -> list:
    return [(ORGANISATION, register, pool, waiting) for register in registers]


def chosen(rows, *, busy=None, given=None, batch=100) -> list[uuid.UUID]:
    found = registers_chosen(rows, busy=busy or {}, given=given or {}, batch=lambda register: batch)
    return [register for _, register, _, _ in found]


def test_few_receipts_go_to_one_register():
    assert len(chosen(work(1))) == 1
    assert len(chosen(work(SHARE))) == 1


def test_many_receipts_go_to_as_many_registers_as_they_need():
    assert len(chosen(work(SHARE + 1))) == 2
    assert len(chosen(work(10_000))) == len(REGISTERS)


def test_paced_registers_work_side_by_side():
    assert len(chosen(work(3), batch=1)) == 3


def test_the_longest_idle_comes_first():
    given = {register: float(number) for number, register in enumerate(reversed(REGISTERS))}
    assert chosen(work(1), given=given) == [REGISTERS[-1]]


def test_what_busy_registers_will_take_is_not_given_out_again():
    assert chosen(work(SHARE), busy={REGISTERS[0]: POOL}) == []
    assert len(chosen(work(SHARE + 1), busy={REGISTERS[0]: POOL})) == 1
    assert len(chosen(work(SHARE), busy={REGISTERS[0]: OTHER_POOL})) == 1


def test_a_register_that_is_due_gets_its_turn_once():
    rows = work(None, registers=REGISTERS[:1]) + work(1)
    assert chosen(rows) == REGISTERS[:1]  # and takes the receipt that waits
