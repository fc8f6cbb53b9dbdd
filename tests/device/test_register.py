"""One register in this process: batches, idempotence, fences, clocks, disk failures, checkpoints."""

import asyncio
import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.device.device_process import receipt, registration, task_id
from tests.fiscal.fn.fn_samples import DAY, FN, SERIAL, START

from openkassa.device import register as register_module
from openkassa.device.faults import Faults
from openkassa.device.journal import Journal, Opened
from openkassa.device.register import InDoubt, Register
from openkassa.fiscal import driver
from openkassa.fiscal.fn import ErrorCode, make_acknowledgement
from openkassa.fiscal.wire import Container

UTC = START - 3 * 3600
EXECUTOR = ThreadPoolExecutor(1)


class Bench:
    """A register with a clock of its own; `ask` runs one verb."""

    def __init__(self, directory, **kwargs) -> None:
        self.path = directory / f"{FN}.journal"
        self.now = UTC
        self.kwargs = kwargs
        if not self.path.exists():
            Journal.create(self.path, Opened(FN, SERIAL, 410, 250_000, 250_000)).close()
        self.open()

    def open(self) -> None:
        self.register = Register(
            self.path, serial=SERIAL, fn=FN, clock=lambda: self.now, executor=EXECUTOR, **self.kwargs
        )

    def reopen(self, *, clean: bool) -> None:
        if clean:
            self.register.close()
        else:
            self.register._journal.close()
        self.open()

    def ask(self, coroutine):
        return asyncio.run(coroutine)

    def execute(self, *tasks, fd=None, fence=1):
        expected = self.register.storage.next_fd if fd is None else fd
        verb = driver.Execute(serial=SERIAL, fence=fence, expected_fd=expected, tasks=list(tasks))
        return self.ask(self.register.execute(verb))

    def made(self, *tasks, **kwargs) -> list[int]:
        return [document.fd for document in self.execute(*tasks, **kwargs).results]

    def status(self) -> driver.Status:
        return self.ask(self.register.status())

    def find(self, task: str, fence=None):
        return self.ask(self.register.find_task(driver.FindTask(serial=SERIAL, id=task, fence=fence))).document

    def documents(self, from_fd=1, limit=500) -> list[driver.Document]:
        verb = driver.ListDocuments(serial=SERIAL, from_fd=from_fd, limit=limit)
        return self.ask(self.register.list_documents(verb)).documents

    def fault(self, name: str, value: str | None = "", times=None) -> None:
        assert self.register.faults.set(driver.SetFault(serial=SERIAL, name=name, value=value, times=times)) is None

    def confirm(self, count: int, code: int = 0) -> None:
        for _ in range(count):
            container = Container.parse(self.register.next_undelivered().made.container)
            data = make_acknowledgement(container, operator_inn="7704358518", code=code, local_time=START)
            self.ask(self.register.accept_acknowledgement(data))


@pytest.fixture
def bench(tmp_path) -> Bench:
    bench = Bench(tmp_path)
    assert bench.made(registration(), driver.OpenShift(id=task_id())) == [1, 2]
    return bench


def failed(reply) -> str:
    assert isinstance(reply, driver.Failed), reply
    return reply.code


def test_a_repeated_task_gives_the_document_it_made_the_first_time(bench):
    task = receipt()
    first = bench.execute(task).results[0]
    for expected in (3, 4, 99):
        assert bench.execute(task, fd=expected).results == [first]
    assert bench.status().last_fd == 3
    assert bench.find(task.id) == first


def test_a_repeated_batch_goes_on_where_it_ended(bench):
    tasks = [receipt() for _ in range(4)]
    bench.execute(*tasks[:2])
    assert bench.made(*tasks, fd=3) == [3, 4, 5, 6]
    assert [document.task_id for document in bench.documents(3)] == [task.id for task in tasks]


def test_a_task_twice_in_a_batch_is_one_document(bench):
    task = receipt()
    assert bench.made(task, receipt(), task) == [3, 4, 3]


def test_nothing_is_made_under_another_number_than_expected(bench):
    for expected in (2, 4):
        reply = bench.execute(receipt(), fd=expected)
        assert (failed(reply), reply.next_fd) == ("unexpected_fd", 3)
    task = receipt()
    bench.execute(task)
    assert failed(bench.execute(task, receipt(), fd=5)) == "unexpected_fd"
    assert bench.made(task, receipt(), fd=4) == [3, 4]


def test_a_lower_fence_is_refused_after_a_restart_too(bench):
    bench.execute(receipt(), fence=7)
    assert failed(bench.execute(receipt(), fence=6)) == "stale_fence"
    bench.reopen(clean=False)
    assert failed(bench.execute(receipt(), fence=6)) == "stale_fence"
    assert bench.made(receipt(), fence=7) == [4]


def test_asking_for_a_task_with_a_fence_shuts_out_the_request_in_doubt(bench):
    task = receipt()
    assert bench.find(task.id, fence=2) is None
    assert failed(bench.execute(task, fence=1)) == "stale_fence"
    assert bench.made(task, fence=2) == [3]


def test_a_fence_raised_in_the_middle_ends_a_paced_batch(tmp_path):
    bench = Bench(tmp_path, pace=50)
    bench.execute(registration(), driver.OpenShift(id=task_id()))
    tasks = [receipt() for _ in range(20)]

    async def interrupted():
        verb = driver.Execute(serial=SERIAL, fence=1, expected_fd=3, tasks=tasks)
        batch = asyncio.create_task(bench.register.execute(verb))
        await asyncio.sleep(0.1)
        asked = await bench.register.find_task(driver.FindTask(serial=SERIAL, id=tasks[-1].id, fence=2))
        return asked.document, (await batch).results

    asked, results = asyncio.run(interrupted())
    assert asked is None
    assert 0 < len(results) < 20
    assert bench.find(tasks[-1].id) is None


def test_a_paced_register_keeps_its_pace_and_answers_what_is_made_at_once(tmp_path):
    bench = Bench(tmp_path, pace=20)
    tasks = [registration(), driver.OpenShift(id=task_id()), *(receipt() for _ in range(3))]

    async def timed():
        loop = asyncio.get_running_loop()
        verb = driver.Execute(serial=SERIAL, fence=1, expected_fd=1, tasks=tasks)
        start = loop.time()
        await bench.register.execute(verb)
        middle = loop.time()
        await bench.register.execute(verb)
        return middle - start, loop.time() - middle

    slow, fast = asyncio.run(timed())
    assert slow >= 4 / 20
    assert fast < 1 / 20


def test_a_batch_ends_at_its_first_refusal(bench):
    tasks = [receipt(), receipt(operation=9), receipt()]
    made, refused = bench.execute(*tasks).results
    assert (made.fd, refused.task_id, refused.code) == (3, tasks[1].id, ErrorCode.WRONG_PARAMETERS)
    assert bench.find(tasks[2].id) is None
    assert bench.made(tasks[2], fd=4) == [4]


@pytest.mark.parametrize("bad", ["", "xyz", "00" * 15, "00" * 16])
def test_a_task_without_a_uuid_is_a_bad_request(bench, bad):
    assert failed(bench.execute(receipt(), receipt(id=bad))) == "bad_request"
    assert bench.status().last_fd == 2
    assert bench.find(bad) is None


def test_an_empty_or_too_long_batch_is_a_bad_request(bench):
    assert failed(bench.execute()) == "bad_request"
    assert failed(bench.execute(*[receipt() for _ in range(driver.MAX_BATCH + 1)])) == "bad_request"


def test_the_whole_life_of_a_storage(bench):
    life = [receipt(), driver.ReportSettlements(id=task_id()), driver.CloseShift(id=task_id())]
    life.append(driver.CloseStorage(id=task_id()))
    assert bench.made(*life) == [3, 4, 5, 6]
    assert [document.form for document in bench.documents()] == [1, 2, 3, 21, 5, 6]
    assert bench.status().phase == 7
    bench.confirm(6, code=14)
    status = bench.status()
    assert (status.phase, status.undelivered, status.acknowledged_fd) == (15, 0, 6)
    verb = driver.ListAcknowledgements(serial=SERIAL, after_fd=2, limit=3)
    listed = bench.ask(bench.register.list_acknowledgements(verb)).acknowledgements
    assert [(ack.fd, ack.code) for ack in listed] == [(3, 14), (4, 14), (5, 14)]


def test_status_says_how_the_register_is(bench):
    status = bench.status()
    assert (status.serial, status.fn, status.phase, status.ffd, status.shift) == (SERIAL, FN, 3, 4, 1)
    assert (status.shift_open, status.shift_opened_at) == (True, START)
    assert (status.undelivered, status.first_undelivered_fd, status.first_undelivered_at) == (2, 1, START)
    assert status.valid_until == UTC + 410 * DAY
    assert (status.clock, status.documents_left) == (UTC, 250_000 - 2)


# -- clock -----------------------------------------------------------------------------------------------


def test_a_clock_put_back_by_minutes_gives_the_time_of_the_last_document(bench):
    bench.now += 3600
    bench.execute(receipt())
    bench.now -= 240
    (document,) = bench.execute(receipt()).results
    assert (document.local_time, document.utc_time) == (START + 3600, UTC + 3360)
    bench.now -= 120
    assert bench.execute(receipt()).results[0].code == ErrorCode.WRONG_TIME


def test_a_callers_time_may_be_past_but_not_future(bench):
    bench.now += 7200
    assert bench.execute(receipt(local_time=START + 60)).results[0].local_time == START + 60
    assert bench.execute(receipt(local_time=START)).results[0].code == ErrorCode.WRONG_TIME
    assert bench.execute(receipt(local_time=START + 7200 + 300)).results[0].fd == 4
    assert bench.execute(receipt(local_time=START + 7200 + 360)).results[0].code == ErrorCode.CLOCKS_DIFFER


# -- disk ------------------------------------------------------------------------------------------------


def test_a_full_disk_refuses_the_batch_leaves_nothing_and_heals(bench):
    bench.fault("disk_full", times=1)
    tasks = [receipt(), receipt()]
    size = bench.path.stat().st_size
    assert failed(bench.execute(*tasks)) == "journal_failed"
    assert bench.path.stat().st_size == size
    assert (bench.status().last_fd, bench.find(tasks[0].id)) == (2, None)
    assert bench.made(*tasks) == [3, 4]


def test_a_failed_sync_takes_the_documents_back(bench, monkeypatch):
    def no_sync(self) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "sync", no_sync)
        assert failed(bench.execute(receipt())) == "journal_failed"
    assert bench.status().last_fd == 2
    bench.reopen(clean=False)
    assert bench.made(receipt()) == [3]


def test_a_batch_costs_one_sync(bench, monkeypatch):
    synced = []
    real_sync = Journal.sync
    monkeypatch.setattr(Journal, "sync", lambda journal: (synced.append(journal.size), real_sync(journal)))
    bench.execute(*[receipt() for _ in range(50)])
    assert synced == [bench.path.stat().st_size]
    bench.confirm(10)
    assert len(synced) == 1, "acknowledgements have no sync of their own"


def test_an_unforeseen_error_in_a_batch_takes_its_documents_back(bench, monkeypatch):
    real_perform = register_module.kkt.perform
    calls = []

    def perform(*args):
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("unforeseen")
        return real_perform(*args)

    monkeypatch.setattr(register_module.kkt, "perform", perform)
    tasks = [receipt(), receipt()]
    with pytest.raises(RuntimeError):
        bench.execute(*tasks)
    assert bench.status().last_fd == 2
    assert bench.made(*tasks) == [3, 4]
    bench.reopen(clean=False)
    assert bench.status().last_fd == 4


def test_stopping_in_the_middle_of_a_sync_leaves_a_register_that_starts(bench, monkeypatch):
    task = receipt()
    real_sync = Journal.sync

    def slow_sync(journal) -> None:
        time.sleep(0.1)
        real_sync(journal)

    async def stopped():
        verb = driver.Execute(serial=SERIAL, fence=1, expected_fd=3, tasks=[task])
        batch = asyncio.create_task(bench.register.execute(verb))
        await asyncio.sleep(0.02)
        batch.cancel()
        await asyncio.gather(batch, return_exceptions=True)

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "sync", slow_sync)
        asyncio.run(stopped())
    EXECUTOR.submit(int).result()
    bench.reopen(clean=True)
    assert (bench.status().last_fd, bench.find(task.id).fd) == (3, 3)
    assert bench.made(receipt()) == [4]


def test_when_even_the_cut_fails_there_is_no_answer(bench, monkeypatch):
    def broken(self, *args) -> None:
        raise OSError(5, "Input/output error")

    task = receipt()
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "sync", broken)
        patch.setattr(Journal, "cut", broken)
        with pytest.raises(InDoubt):
            bench.execute(task)
        assert failed(bench.execute(receipt(), fd=3)) == "journal_failed"
    document = bench.find(task.id)  # what was written did stay, and is found by its task
    assert (document.fd, bench.status().last_fd) == (3, 3)


def test_a_damaged_journal_stops_the_register_and_says_so(bench):
    bench.execute(receipt())
    bench.execute(receipt())
    bench.register._journal.close()
    data = bytearray(bench.path.read_bytes())
    data[len(data) // 2] ^= 1
    bench.path.write_bytes(data)
    bench.open()
    assert failed(bench.status()) == "journal_damaged"
    assert failed(bench.execute(receipt(), fd=5)) == "journal_damaged"
    assert bench.path.read_bytes() == data


def test_a_journal_of_another_register_is_refused(bench):
    other = Register(bench.path, serial="2", fn=FN, clock=lambda: UTC, executor=EXECUTOR)
    assert other.broken.code == "journal_damaged"


# -- checkpoints -----------------------------------------------------------------------------------------


def test_a_checkpoint_gives_the_same_register_as_the_journal(bench):
    tasks = [receipt() for _ in range(5)]
    bench.execute(*tasks, fence=3)
    bench.confirm(3)
    before, documents = bench.status(), bench.documents()
    bench.reopen(clean=True)
    assert bench.path.with_suffix(".checkpoint").exists()
    assert (bench.status(), bench.documents()) == (before, documents)
    assert bench.execute(*tasks, fd=3, fence=3).results == documents[2:]
    bench.execute(receipt(), fence=3)
    bench.confirm(1)
    before, documents = bench.status(), bench.documents()
    bench.reopen(clean=False)
    assert (bench.status(), bench.documents()) == (before, documents)
    bench.path.with_suffix(".checkpoint").unlink()
    bench.reopen(clean=False)
    assert (bench.status(), bench.documents()) == (before, documents)


def test_a_broken_checkpoint_is_not_used(bench):
    bench.execute(receipt())
    bench.reopen(clean=True)
    checkpoint = bench.path.with_suffix(".checkpoint")
    checkpoint.write_bytes(checkpoint.read_bytes()[:-1] + b"x")
    bench.reopen(clean=False)
    assert bench.status().last_fd == 3


def test_a_checkpoint_of_another_history_is_not_used(bench):
    saved = bench.path.read_bytes()
    bench.execute(receipt(), receipt())
    bench.reopen(clean=True)  # leaves a checkpoint behind document 4
    bench.register._journal.close()
    bench.path.write_bytes(saved)  # the journal comes back from a backup, and other documents are made
    bench.open()
    tasks = [receipt(total=99) for _ in range(5)]
    assert bench.made(*tasks) == [3, 4, 5, 6, 7]
    bench.reopen(clean=False)
    assert bench.status().last_fd == 7
    assert bench.find(tasks[0].id).fd == 3


def test_checkpoints_are_left_while_working(bench, monkeypatch):
    monkeypatch.setattr(register_module, "CHECKPOINT_EVERY", 2)
    bench.execute(receipt(), receipt())
    EXECUTOR.submit(int).result()  # the one thread has written it by then
    assert bench.path.with_suffix(".checkpoint").exists()


def test_a_document_is_found_only_when_it_is_on_disk(bench, monkeypatch):
    """Without the lock around make and sync this finds a document that a power cut would take back."""
    task = receipt()
    synced = []

    def slow_sync(journal) -> None:
        time.sleep(0.1)
        os.fdatasync(journal._fd)
        journal.durable = journal.size
        synced.append(True)

    monkeypatch.setattr(Journal, "sync", slow_sync)

    async def both():
        batch = asyncio.create_task(
            bench.register.execute(driver.Execute(serial=SERIAL, fence=1, expected_fd=3, tasks=[task]))
        )
        await asyncio.sleep(0.02)
        assert bench.register.next_undelivered().made.fd == 1
        found = await bench.register.find_task(driver.FindTask(serial=SERIAL, id=task.id))
        was_synced = bool(synced)
        await batch
        return found.document, was_synced

    document, was_synced = asyncio.run(both())
    assert document.fd == 3 and was_synced


def test_faults_are_known_by_name_and_wear_off():
    faults = Faults()
    assert "no fault" in faults.set(driver.SetFault(serial="1", name="flood", value=""))
    assert "seconds" in faults.set(driver.SetFault(serial="1", name="delay", value="soon"))
    assert "code" in faults.set(driver.SetFault(serial="1", name="refuse", value="no"))
    faults.set(driver.SetFault(serial="1", name="refuse", value="22", times=2))
    assert [faults.refusal() for _ in range(3)] == [22, 22, None]
    faults.set(driver.SetFault(serial="1", name="refuse", value=""))
    assert faults.refusal() == 256
    faults.set(driver.SetFault(serial="1", name="refuse", value=None))
    assert faults.refusal() is None
