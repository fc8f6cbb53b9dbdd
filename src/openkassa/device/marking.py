"""A register and the marking service (ОИСМ): questions about codes before a receipt, notifications of sales after it.

Questions are asked one after another, each on a connection of its own, for at most `ANSWER_SECONDS`; after a failure
the service is left alone for `QUIET_SECONDS` and codes are checked by the storage alone. Notifications go in order and
each waits for its receipt; they are tried again without end, with a pause that doubles up to half a minute.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from random import Random
from typing import TYPE_CHECKING

import structlog

from openkassa.fiscal import driver, marking, wire
from openkassa.fiscal.fn import StorageError, code_check, oism

from . import kkt
from .journal import JournalError

if TYPE_CHECKING:
    from .register import Register

log = structlog.get_logger()

ANSWER_SECONDS = 2.0
QUIET_SECONDS = 10.0
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 30.0
READ_SIZE = 65536
VERSION = b"\x00\x01"  # of the application protocol


class NoAnswer(Exception):
    """The service could not be reached or said nothing that can be read; the text says why."""


FAILURES = (NoAnswer, wire.ProtocolError, oism.BadMessage, StorageError, JournalError, OSError)


class Marking:
    """`address` is (host, port) of the service; without one codes are checked by the storage alone."""

    def __init__(self, register: Register, address: tuple[str, int] | None, *, random: Random) -> None:
        self._register = register
        self._address = address
        self._random = random
        self._numbers = itertools.count(1)  # of questions, since the start of the process
        self._quiet_until = 0.0
        self._failures = 0
        self.error: str | None = None

    # -- questions -----------------------------------------------------------------------------------

    async def check(self, marks: Sequence[driver.MarkToCheck], deadline: float) -> list[driver.MarkChecked]:
        """Results of codes in order. `deadline`: time of the loop after which the service is asked no more."""
        return [await self._check(mark, deadline) for mark in marks]

    async def _check(self, mark: driver.MarkToCheck, deadline: float) -> driver.MarkChecked:
        try:
            code = marking.parse(mark.code, mark.kind)
        except marking.MarkingError:
            return driver.MarkChecked(line=mark.line, result=0, reason=code_check.OTHER)
        local = code_check.check(code)
        reply = await self._ask(mark, code, local.result, deadline) if code.kind in marking.CHECKED_KINDS else None
        return driver.MarkChecked(
            line=mark.line,
            result=code_check.result(local, reply),
            reason=local.reason,
            request=reply.request if reply else None,
            goods=reply.goods if reply else None,
        )

    async def _ask(
        self, mark: driver.MarkToCheck, code: marking.Code, checked: int, deadline: float
    ) -> oism.Reply | None:
        loop = asyncio.get_running_loop()
        left = deadline - loop.time()
        registration = self._register.storage.state.registration
        if self._address is None or registration is None or left <= 0 or loop.time() < self._quiet_until:
            return None
        number = next(self._numbers)
        fn = self._register.fn
        asked = oism.Question(
            number=number,
            code=code,
            status=mark.status,
            mode=mark.mode,
            amount=mark.amount,
            checked=checked,
            local_time=kkt.local_time(self._register.storage, self._register.now()),
        )
        try:
            data = await self._exchange(oism.question(fn, registration.inn, asked), min(left, ANSWER_SECONDS))
            reply = oism.read_answer(data, fn=fn, number=number)
        except FAILURES as error:
            self._fail(error)
            self._quiet_until = loop.time() + QUIET_SECONDS
            return None
        self.error = None
        return reply

    # -- notifications -------------------------------------------------------------------------------

    async def run(self) -> None:
        """Give notifications to the service until cancelled."""
        while True:
            notice = self._register.next_notice()
            if notice is None or self._address is None:
                self._register.notices_made.clear()
                if self._register.next_notice() is None or self._address is None:
                    await self._register.notices_made.wait()
                continue
            try:
                data = await self._exchange(notice.container, ANSWER_SECONDS)
                await self._register.accept_notice_receipt(data)
            except FAILURES as error:
                self._failures += 1
                self._fail(error)
                longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(self._failures - 1, 10))
                await asyncio.sleep(longest * self._random.uniform(0.5, 1.0))
            else:
                self._failures, self.error = 0, None

    def _fail(self, error: Exception) -> None:
        self.error = str(error) or type(error).__name__
        log.warning("device.marking_failed", serial=self._register.serial, service=self._address, error=self.error)

    async def _exchange(self, container: bytes, seconds: float) -> bytes:
        """The container that the service answers with."""
        assert self._address is not None
        try:
            async with asyncio.timeout(seconds):
                reader, writer = await asyncio.open_connection(*self._address)
                try:
                    connection = wire.Connection(wire.Role.KKT, protocol=wire.OISM)
                    writer.write(connection.send(wire.Document(self._register.fn, VERSION, container)))
                    await writer.drain()
                    while (event := connection.next_event()) is wire.NEED_DATA:
                        connection.receive_data(await reader.read(READ_SIZE))
                finally:
                    writer.close()
        except TimeoutError:
            raise NoAnswer(f"the marking service gave no answer in {seconds:g} s") from None
        if not isinstance(event, wire.Answer):
            raise NoAnswer("the marking service closed the connection without an answer")
        return event.container
