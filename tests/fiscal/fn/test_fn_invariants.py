"""Any sequence of commands: numbers without gaps, counters equal to sums, replay gives the same storage."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fiscal.fn.fn_samples import DAY, FN, SERIAL, START, fields, receipt_content, registration

from openkassa.fiscal.fn import FiscalStorage, Snapshot, StorageError, make_acknowledgement
from openkassa.fiscal.fn.state import State
from openkassa.fiscal.wire import Container

receipts = st.tuples(
    st.just("receipt"),
    st.sampled_from([3, 31, 4, 41, 99]),
    st.integers(0, 4),
    st.integers(0, 10**9),
    st.integers(0, 10**9),
)
others = st.tuples(
    st.sampled_from(["open_shift", "close_shift", "report_settlements", "acknowledge", "register", "close"])
)
commands = st.lists(
    st.tuples(st.one_of(receipts, receipts, others), st.sampled_from([-60, 0, 30, 3600, 13 * 3600, 9 * DAY])),
    max_size=60,
)


class Model:
    """What happened, kept the slow way: every document in a list."""

    def __init__(self) -> None:
        self.storage = FiscalStorage(State(fn=FN, documents_limit=40))
        self.journal = [("made", self.storage.register(registration(), SERIAL, b"", START))]
        self.receipts: list[tuple[int, int, int, int, int]] = []  # shift, form, operation, cash, card
        self.delivered = 0

    def run(self, command: tuple, time: int) -> None:
        storage = self.storage
        name, *args = command
        if name == "acknowledge":
            if storage.undelivered:
                made = self.documents()[storage.undelivered[0].fd - 1]
                container = Container.parse(made.container)
                data = make_acknowledgement(container, operator_inn="7704358518", code=0, local_time=time)
                self.journal.append(("acknowledged", storage.accept_acknowledgement(data).fd))
            return
        if name == "receipt":
            form, operation, cash, card = args
            made = storage.receipt(form, operation, cash + card, receipt_content(cash, card), time)
            self.receipts.append((made.shift, form, operation, cash, card))
        elif name == "register":
            made = storage.register(registration(), SERIAL, b"", time, reasons=8)
        else:
            made = getattr(storage, name)(b"", time)
        self.journal.append(("made", made))

    def documents(self) -> list:
        return [value for kind, value in self.journal if kind == "made"]


@settings(max_examples=150, deadline=None)
@given(commands)
def test_numbers_have_no_gaps_and_counters_are_sums(sequence):
    model = Model()
    time = START
    for command, step in sequence:
        time += step
        try:
            model.run(command, time)
        except StorageError:
            time = max(time, model.storage.state.local_time)
    check_numbers(model)
    check_counters(model)
    check_replay(model)


def check_numbers(model: Model) -> None:
    made = model.documents()
    assert [m.fd for m in made] == list(range(1, len(made) + 1))
    assert [m.local_time for m in made] == sorted(m.local_time for m in made)
    assert [m.shift for m in made if m.form == 2] == list(range(1, model.storage.state.shift + 1))
    for shift in range(1, model.storage.state.shift + 1):
        numbers = [m.number for m in made if m.shift == shift and m.number]
        assert numbers == list(range(1, len(numbers) + 1))
    assert len(made) <= 40


def check_counters(model: Model) -> None:
    made = model.documents()
    closes = [m for m in made if m.form == 5]
    for close in closes:
        inside = dict(fields(close.container))
        shift = [r for r in model.receipts if r[0] == close.shift]
        so_far = [r for r in model.receipts if r[0] <= close.shift]
        for tag, receipts in ((1194, shift), (1157, so_far)):
            counters = dict(inside[tag])
            assert counters[1134] == len(receipts)
            for i, operation_tag in enumerate((1129, 1130, 1131, 1132), 1):
                plain = [r for r in receipts if r[1] in (3, 4) and r[2] == i]
                assert sums_in(counters[operation_tag]) == slow_sums(plain)
            for i, operation_tag in enumerate((1145, 1232, 1146, 1233), 1):
                corrections = [r for r in receipts if r[1] in (31, 41) and r[2] == i]
                assert sums_in(dict(counters[1133])[operation_tag]) == slow_sums(corrections)
    if not model.storage.undelivered:
        assert not any(model.storage.state.undelivered_counters)


def slow_sums(receipts: list) -> tuple[int, int, int, int]:
    cash, card = sum(r[3] for r in receipts), sum(r[4] for r in receipts)
    return len(receipts), cash, card, cash + card


def sums_in(pairs: list) -> tuple[int, int, int, int]:
    values = dict(pairs)
    return values[1135], values[1136], values[1138], values[1201]


def check_replay(model: Model) -> None:
    replayed = FiscalStorage(State(fn=FN, documents_limit=40))
    for kind, value in model.journal:
        if kind == "made":
            replayed.apply(value)
        else:
            replayed.apply_acknowledged(value)
    wanted = msgspec.msgpack.encode(model.storage.snapshot())
    assert msgspec.msgpack.encode(replayed.snapshot()) == wanted
    restored = FiscalStorage.restore(msgspec.msgpack.decode(wanted, type=Snapshot))
    assert msgspec.msgpack.encode(restored.snapshot()) == wanted
