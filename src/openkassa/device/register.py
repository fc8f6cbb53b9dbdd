"""One emulated cash register: storage, journal, index and faults behind the verbs of the driver protocol.

A batch is made in memory, written, synced, and only then entered into the index and answered. When the journal can't
be written, the memory is thrown away and the register is read again from its journal, so that state and disk can't
differ; until that works every verb is answered `journal_failed`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from openkassa.fiscal import driver
from openkassa.fiscal.ffd.tags import FFD_1_2
from openkassa.fiscal.fn import StorageError

from . import answers, checkpoint, kkt, recovery
from .clock import Clock
from .faults import Faults
from .files import replace_file
from .journal import Confirmed, Fenced, Journal, JournalDamaged, Notified, Recorded

if TYPE_CHECKING:
    from openkassa.fiscal.fn import Acknowledgement
    from openkassa.fiscal.fn.state import Notice

    from .marking import Marking

log = structlog.get_logger()

_Task = tuple[bytes, driver.Task]
_Checked = dict[bytes, list[driver.MarkChecked]]

CHECKPOINT_EVERY = 5000  # documents; reading as many at a start takes a tenth of a second


class InDoubt(Exception):
    """Documents may or may not have been kept: the caller must get no answer and ask again by task."""


class Register:
    """`serial` is the cash register's number, `fn` that of the storage in it, `pace` documents a second or None.

    One whose journal is damaged is made all the same and answers every verb with what is wrong.
    """

    def __init__(
        self, path: Path, *, serial: str, fn: str, clock: Clock, executor: Executor, pace: float | None = None
    ) -> None:
        self.serial = serial
        self.fn = fn
        self._path = path
        self._clock = clock
        self._executor = executor
        self.pace = pace
        self.faults = Faults()
        self.documents_made = asyncio.Event()  # delivery sleeps on it
        self.notices_made = asyncio.Event()  # the marking service's part sleeps on it
        self.marking: Marking | None = None
        self._notice_kept = 0  # number of the last notification that is on disk
        self.delivery_error: str | None = None
        self._turn = asyncio.Lock()  # one batch at a time
        self._writing = asyncio.Lock()  # state and disk may differ while it is held
        self._next_slot = 0.0
        self.fence = 0
        self._checkpointed = 0
        self._checkpoint_write: asyncio.Future[None] | None = None
        self._opened: Journal | None = None
        self.broken: driver.Failed | None = None  # why the register can't work now
        self._try_load()

    # -- verbs ---------------------------------------------------------------------------------------

    async def execute(self, verb: driver.Execute) -> driver.Reply:
        """Make the documents of a batch; see the rules in `fiscal.driver`."""
        tasks = _with_ids(verb)
        if isinstance(tasks, driver.Failed):
            return tasks
        async with self._turn:
            async with self._usable() as failed:
                failed = failed or self._check_turn(verb, tasks)
            if failed:
                return failed
            size = 1 if self.pace else len(tasks)
            deadline = asyncio.get_running_loop().time() + driver.MARKS_SECONDS
            results: list[driver.Document | driver.Refused] = []
            for start in range(0, len(tasks), size):
                part = tasks[start : start + size]
                await self._wait_for_slot(part)
                checked = await self._check_marks(part, deadline)
                async with self._writing:
                    made = self._check_fence(verb) or await self._make(part, checked)
                if isinstance(made, driver.Failed):
                    return driver.Executed(results=results) if results else made
                results += made
                if isinstance(results[-1], driver.Refused):
                    break
            return driver.Executed(results=results)

    async def find_task(self, verb: driver.FindTask) -> driver.Reply:
        async with self._usable() as failed:
            task_id = answers.task_bytes(verb.id)
            failed = failed or await self._raise_fence(verb.fence or 0)
            return failed or driver.Found(document=self._known(task_id) if task_id else None)

    async def check_marks(self, verb: driver.CheckMarks) -> driver.Reply:
        """Results of codes that nobody sells yet."""
        async with self._usable() as failed:
            if failed:
                return failed
        if len(verb.marks) > driver.MAX_MARKS:
            return driver.Failed(code="bad_request", text=f"at most {driver.MAX_MARKS} codes are checked at once")
        if self.marking is None or not self._checks_marks():
            return driver.MarksChecked(results=[])
        deadline = asyncio.get_running_loop().time() + driver.MARKS_SECONDS
        return driver.MarksChecked(results=await self.marking.check(verb.marks, deadline))

    async def list_documents(self, verb: driver.ListDocuments) -> driver.Reply:
        async with self._usable() as failed:
            if failed:
                return failed
            numbers = answers.page(verb.from_fd, verb.limit, self._index.last_fd)
            return driver.Documents(documents=[answers.document(self._recorded(fd)) for fd in numbers])

    async def list_acknowledgements(self, verb: driver.ListAcknowledgements) -> driver.Reply:
        async with self._usable() as failed:
            if failed:
                return failed
            numbers = answers.page(verb.after_fd + 1, verb.limit, self._index.last_confirmed)
            offsets = [self._index.confirmation(fd) for fd in numbers]
            records = [self._journal.read(offset) for offset in offsets if offset]
            return driver.Acknowledgements(
                acknowledgements=[
                    answers.acknowledgement(record) for record in records if isinstance(record, Confirmed)
                ]
            )

    async def status(self) -> driver.Reply:
        async with self._usable() as failed:
            return failed or answers.status(self, self._clock())

    # -- for the delivery ----------------------------------------------------------------------------

    def next_undelivered(self) -> Recorded | None:
        """The first document that the operator has not acknowledged and that is on disk."""
        if self.broken or not self.storage.undelivered:
            return None
        fd = self.storage.undelivered[0].fd
        return self._recorded(fd) if fd <= self._index.last_fd else None

    async def accept_acknowledgement(self, data: bytes) -> Acknowledgement:
        """Check the operator's answer to that document and keep it. StorageError, or OSError when it can't be kept."""
        async with self._writing:
            acknowledgement = self.storage.accept_acknowledgement(data)
            record = Confirmed(acknowledgement.fd, acknowledgement.code, self._clock(), data)
            try:
                (offset,) = self._journal.append([record])
            except OSError as error:
                self._fall(error)
                raise
            self._index.add_confirmation(acknowledgement.fd, offset)
            return acknowledgement

    # -- for the marking service ---------------------------------------------------------------------

    def now(self) -> int:
        """UTC seconds of the device's clock."""
        return self._clock()

    def next_notice(self) -> Notice | None:
        """The first notification that the service has not taken and that is on disk."""
        if self.broken or not self.storage.notices:
            return None
        first = self.storage.notices[0]
        return first if first.number <= self._notice_kept else None

    async def accept_notice_receipt(self, data: bytes) -> None:
        """Check the service's receipt for the first notification and keep it."""
        async with self._writing:
            number = self.storage.notices[0].number if self.storage.notices else 0
            code = self.storage.accept_notice_receipt(data)
            try:
                self._journal.append([Notified(number, code, self._clock())])
            except OSError as error:
                self._fall(error)
                raise

    def _checks_marks(self) -> bool:
        registration = self.storage.state.registration
        return registration is not None and registration.ffd == FFD_1_2

    async def _check_marks(self, tasks: list[_Task], deadline: float) -> _Checked:
        """Results by task, of those whose document is not made yet."""
        checked: _Checked = {}
        if self.marking is None or self.broken or not self._checks_marks():
            return checked
        for task_id, task in tasks:
            if isinstance(task, driver.MakeReceipt) and task.marks and self._index.task(task_id) is None:
                checked[task_id] = await self.marking.check(task.marks[: driver.MAX_MARKS], deadline)
        return checked

    def close(self) -> None:
        """Leave a checkpoint and close the journal."""
        if self._opened is None:
            return
        if not self.broken and self._index.last_fd == self.storage.state.fd:
            try:
                self._journal.sync()
                replace_file(self._checkpoint_path, self._checkpoint())
            except OSError as error:
                log.warning("device.checkpoint_failed", serial=self.serial, error=str(error))
        self._journal.close()

    # -- making documents ----------------------------------------------------------------------------

    @asynccontextmanager
    async def _usable(self) -> AsyncIterator[driver.Failed | None]:
        """State and disk agree inside; gives what to answer when the journal can't be used, after trying again."""
        async with self._writing:
            if self.broken:
                self._try_load()
            yield self.broken

    def _check_fence(self, verb: driver.Execute) -> driver.Failed | None:
        """Also asked between the documents of a paced batch: somebody may have come with a higher fence meanwhile."""
        if verb.fence < self.fence:
            return driver.Failed(code="stale_fence", text=f"a caller with fence {self.fence} has been here")
        return None

    async def _raise_fence(self, fence: int) -> driver.Failed | None:
        """On disk before the answer: "no document" must stay final when the device has been restarted."""
        if fence <= self.fence:
            return None
        try:
            self._journal.append([Fenced(fence)])
            await asyncio.get_running_loop().run_in_executor(self._executor, self._journal.sync)
        except OSError as error:
            self._fall(error)
            return driver.Failed(code="journal_failed", text=f"the fence can't be kept: {error.strerror}")
        self.fence = fence
        return None

    def _check_turn(self, verb: driver.Execute, tasks: list[_Task]) -> driver.Failed | None:
        stale = self._check_fence(verb)
        if stale:
            return stale
        self.fence = verb.fence
        expected = verb.expected_fd
        for task_id, _ in tasks:
            fd = self._index.task(task_id)
            if fd is None:
                break
            if fd == expected:
                expected += 1
        else:
            return None  # everything is made already
        if expected != self.storage.next_fd:
            return driver.Failed(
                code="unexpected_fd",
                text=f"the next document is {self.storage.next_fd}, not {expected}",
                next_fd=self.storage.next_fd,
            )
        return None

    async def _make(
        self, tasks: list[_Task], checked: _Checked
    ) -> list[driver.Document | driver.Refused] | driver.Failed:
        if self.broken:
            return self.broken
        try:
            results, records = self._perform(tasks, checked)
        except Exception:
            self._try_load()  # the memory may be ahead of the disk
            raise
        failed = await self._keep(records) if records else None
        return failed or results

    def _perform(
        self, tasks: list[_Task], checked: _Checked
    ) -> tuple[list[driver.Document | driver.Refused], list[Recorded]]:
        """Make documents in memory, up to the first refusal."""
        now = self._clock()
        results: list[driver.Document | driver.Refused] = []
        records: list[Recorded] = []
        fresh: dict[bytes, driver.Document] = {}
        for task_id, task in tasks:
            known = fresh.get(task_id) or self._known(task_id)
            if known:
                results.append(known)
                continue
            code = self.faults.refusal()
            if code is not None:
                results.append(driver.Refused(task_id=task.id, code=code, text="a fault refuses this task"))
                break
            try:
                made = kkt.perform(self.storage, task, self.serial, now, checked.get(task_id, ()))
            except StorageError as error:
                results.append(driver.Refused(task_id=task.id, code=error.code, text=error.text))
                break
            record = Recorded(task_id, now, self.fence, made)
            records.append(record)
            fresh[task_id] = answers.document(record)
            results.append(fresh[task_id])
        return results, records

    async def _keep(self, records: list[Recorded]) -> driver.Failed | None:
        """Write and sync; then, and not before, the documents exist for everybody else."""
        self.faults.die("die_before_journal")
        try:
            if self.faults.is_on("die_mid_journal"):
                self._journal.append_torn(records)
                self.faults.die("die_mid_journal")
            self.faults.fail_write()
            offsets = self._journal.append(records)
            await asyncio.get_running_loop().run_in_executor(self._executor, self._journal.sync)
        except OSError as error:
            if not self._fall(error):
                raise InDoubt(str(error)) from error
            text = f"the journal can't be written, nothing was made: {error.strerror}"
            return driver.Failed(code="journal_failed", text=text)
        self.faults.die("die_after_journal")
        for offset, record in zip(offsets, records, strict=True):
            self._index.add_document(offset, record.task)
        self.documents_made.set()
        if self.storage.state.notice != self._notice_kept:
            self._notice_kept = self.storage.state.notice
            self.notices_made.set()
        self._checkpoint_sometimes()
        return None

    async def _wait_for_slot(self, tasks: list[_Task]) -> None:
        """Keep the pace of a real register; tasks that are made already cost no time."""
        if not self.pace or all(self._index.task(task_id) for task_id, _ in tasks):
            return
        loop = asyncio.get_running_loop()
        wait = self._next_slot - loop.time()
        if wait > 0:
            await asyncio.sleep(wait)
        self._next_slot = max(loop.time(), self._next_slot) + 1 / self.pace

    # -- loading -------------------------------------------------------------------------------------

    def _fall(self, error: OSError) -> bool:
        """The journal could not be written: cut what isn't known to be on disk and begin again from it.

        False when even that failed, so that what was written may or may not be there at the next start.
        """
        log.error("device.journal_failed", serial=self.serial, error=str(error))
        self.broken = driver.Failed(code="journal_failed", text=f"the journal can't be written: {error.strerror}")
        try:
            self._journal.cut(self._journal.durable)
        except OSError as second:
            log.error("device.journal_not_cut", serial=self.serial, error=str(second))
            return False
        self._try_load()
        return True

    def _try_load(self) -> None:
        """Read the register from its journal; `broken` says whether that went well."""
        try:
            self._load()
        except JournalDamaged as error:
            self.broken = driver.Failed(code="journal_damaged", text=str(error))
        except (OSError, ValueError) as error:
            self.broken = driver.Failed(code="journal_failed", text=f"the journal can't be used: {error}")
        else:
            self.broken = None
            return
        log.error("device.register_broken", serial=self.serial, error=self.broken.text)

    def _load(self) -> None:
        if self._opened is not None:
            self._opened.close()
        self._opened = Journal(self._path)
        loaded = recovery.load(self._opened, self._checkpoint_path, serial=self.serial, fn=self.fn)
        self.storage, self._index, self.fence = loaded.storage, loaded.index, loaded.fence
        self._checkpointed = self._index.last_fd
        self._notice_kept = self.storage.state.notice

    # -- reading -------------------------------------------------------------------------------------

    @property
    def _journal(self) -> Journal:
        assert self._opened is not None, "only a register that isn't broken is asked for its journal"
        return self._opened

    def _recorded(self, fd: int) -> Recorded:
        offset = self._index.document(fd)
        record = self._journal.read(offset) if offset is not None else None
        if not isinstance(record, Recorded) or record.made.fd != fd:
            raise JournalDamaged(f"{self._path}: document {fd} is not where the index has it")
        return record

    def _known(self, task: bytes) -> driver.Document | None:
        fd = self._index.task(task)
        return answers.document(self._recorded(fd)) if fd else None

    # -- checkpoints ---------------------------------------------------------------------------------

    @property
    def _checkpoint_path(self) -> Path:
        return self._path.with_suffix(".checkpoint")

    def _checkpoint(self) -> bytes:
        """All of this must be on disk: call it right after a sync."""
        documents, confirmations, tasks = self._index.pack()
        return checkpoint.encode(
            checkpoint.Checkpoint(
                checkpoint.VERSION,
                self.fn,
                self._journal.durable,
                self._journal.last,
                self._journal.header(self._journal.last),
                self.fence,
                self.storage.snapshot(),
                documents,
                confirmations,
                tasks,
            )
        )

    def _checkpoint_sometimes(self) -> None:
        if self._index.last_fd - self._checkpointed < CHECKPOINT_EVERY or self._journal.durable != self._journal.size:
            return
        if self._checkpoint_write is None or self._checkpoint_write.done():
            self._checkpointed = self._index.last_fd
            loop = asyncio.get_running_loop()
            data = self._checkpoint()
            self._checkpoint_write = loop.run_in_executor(
                self._executor, _write_checkpoint, self._checkpoint_path, data
            )


def _write_checkpoint(path: Path, data: bytes) -> None:
    try:
        replace_file(path, data)
    except OSError as error:
        log.warning("device.checkpoint_failed", path=str(path), error=str(error))


def _with_ids(verb: driver.Execute) -> list[_Task] | driver.Failed:
    """Tasks with their ids as bytes."""
    if not 0 < len(verb.tasks) <= driver.MAX_BATCH:
        return driver.Failed(code="bad_request", text=f"a batch has 1 to {driver.MAX_BATCH} tasks")
    tasks = []
    for task in verb.tasks:
        task_id = answers.task_bytes(task.id)
        if task_id is None:
            return driver.Failed(code="bad_request", text=f"task id {task.id!r} is not the hex of a UUID")
        tasks.append((task_id, task))
    return tasks
