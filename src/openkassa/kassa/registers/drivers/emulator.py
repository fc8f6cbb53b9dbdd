"""Driver of emulated cash registers: blocking calls over one kept connection to a device process."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Sequence
from typing import TypeVar

import msgspec

from openkassa.fiscal import driver

from .base import AnswerLost, DeviceRefused, DeviceUnreachable

CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 30.0
READ_SIZE = 1 << 20

R = TypeVar("R")


class DeviceConnection:
    """Connection to one device process ("host:port" or "unix:/path"), opened when needed.

    Several drivers may share it, but not several threads.
    """

    def __init__(
        self,
        address: str,
        secret: str,
        *,
        connect_seconds: float = CONNECT_SECONDS,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._address = address
        self._secret = secret
        self._connect_seconds = connect_seconds
        self._answer_seconds = answer_seconds
        self._socket: socket.socket | None = None
        self._last_id = 0

    def ask(self, verb: driver.Verb, wanted: type[R], *, answer_seconds: float | None = None) -> R:
        """Send a verb, give its reply of type `wanted`. Raises the errors of `base`."""
        self._last_id += 1
        try:
            data = driver.frame(driver.Request(secret=self._secret, verb=verb, id=self._last_id))
        except driver.FrameTooLong as error:
            raise DeviceUnreachable(str(error)) from None
        self._send(data)
        try:
            reply = self._receive(time.monotonic() + (answer_seconds or self._answer_seconds))
        except (OSError, ValueError, msgspec.DecodeError) as error:
            self.close()
            raise AnswerLost(f"no answer from {self._address}: {error or type(error).__name__}") from error
        if isinstance(reply, driver.Failed):
            raise DeviceRefused(reply)
        if not isinstance(reply, wanted):
            self.close()
            raise AnswerLost(f"{self._address} answered {type(reply).__name__} instead of {wanted.__name__}")
        return reply

    def ask_again(self, verb: driver.Verb, wanted: type[R]) -> R:
        """`ask` for verbs that change nothing: a lost answer is asked for once more on a new connection."""
        try:
            return self.ask(verb, wanted)
        except AnswerLost:
            return self.ask(verb, wanted)

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _send(self, data: bytes) -> None:
        """A frame that did not go out whole is never executed, so every error here is DeviceUnreachable."""
        if self._socket is not None and self._is_stale(self._socket):
            self.close()
        try:
            if self._socket is None:
                self._socket = self._connect()
            self._socket.settimeout(self._answer_seconds)
            self._socket.sendall(data)
        except OSError as error:
            self.close()
            raise DeviceUnreachable(f"{self._address}: {error}") from error

    def _is_stale(self, connection: socket.socket) -> bool:
        """Whether the device has closed, or said something that nobody asked for, since the last answer."""
        poll = select.poll()
        poll.register(connection, select.POLLIN)
        return bool(poll.poll(0))

    def _connect(self) -> socket.socket:
        if self._address.startswith("unix:"):
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                connection.settimeout(self._connect_seconds)
                connection.connect(self._address.removeprefix("unix:"))
            except OSError:
                connection.close()
                raise
            return connection
        host, _, port = self._address.rpartition(":")
        connection = socket.create_connection((host.strip("[]"), int(port)), self._connect_seconds)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def _receive(self, deadline: float) -> driver.Reply:
        """The answer to the last request; answers to earlier ones are dropped."""
        while True:
            length = driver.frame_length(self._read(driver.LENGTH_SIZE, deadline))
            answer = driver.decode_answer(self._read(length, deadline))
            if answer.id in (self._last_id, 0):
                return answer.reply

    def _read(self, size: int, deadline: float) -> bytes:
        assert self._socket is not None
        data = bytearray()
        while len(data) < size:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("the time for the answer is over")
            self._socket.settimeout(left)
            piece = self._socket.recv(min(size - len(data), READ_SIZE))
            if not piece:
                raise ConnectionError("the device closed the connection")
            data += piece
        return bytes(data)


class EmulatorDriver:
    """`CashRegisterDriver` for one register (`serial`) of a device process."""

    def __init__(self, connection: DeviceConnection, serial: str) -> None:
        self._connection = connection
        self.serial = serial

    def execute(
        self, tasks: Sequence[driver.Task], *, expected_fd: int, fence: int, answer_seconds: float | None = None
    ) -> list[driver.Document | driver.Refused]:
        """See `CashRegisterDriver`. A paced register needs `answer_seconds` for a whole batch at its pace."""
        verb = driver.Execute(serial=self.serial, fence=fence, expected_fd=expected_fd, tasks=list(tasks))
        return self._connection.ask(verb, driver.Executed, answer_seconds=answer_seconds).results

    def find_task(self, task_id: str, *, fence: int | None = None) -> driver.Document | None:
        verb = driver.FindTask(serial=self.serial, id=task_id, fence=fence)
        return self._connection.ask_again(verb, driver.Found).document

    def documents(self, *, from_fd: int, limit: int = 100) -> list[driver.Document]:
        verb = driver.ListDocuments(serial=self.serial, from_fd=from_fd, limit=limit)
        return self._connection.ask_again(verb, driver.Documents).documents

    def acknowledgements(self, *, after_fd: int, limit: int = 500) -> list[driver.Acknowledgement]:
        verb = driver.ListAcknowledgements(serial=self.serial, after_fd=after_fd, limit=limit)
        return self._connection.ask_again(verb, driver.Acknowledgements).acknowledgements

    def check_marks(self, marks: Sequence[driver.MarkToCheck]) -> list[driver.MarkChecked]:
        verb = driver.CheckMarks(serial=self.serial, marks=list(marks))
        return self._connection.ask_again(verb, driver.MarksChecked).results

    def status(self) -> driver.Status:
        return self._connection.ask_again(driver.GetStatus(serial=self.serial), driver.Status)

    def replace_storage(self, fn: str) -> None:
        add_register(self._connection, self.serial, fn)

    def close(self) -> None:
        self._connection.close()


def add_register(
    connection: DeviceConnection,
    serial: str,
    fn: str,
    *,
    documents_per_second: float | None = None,
    documents_limit: int | None = None,
    days: int | None = None,
) -> None:
    """Make a new emulated register in a device process; done already when it is there with this storage."""
    verb = driver.AddRegister(
        serial=serial, fn=fn, documents_per_second=documents_per_second, documents_limit=documents_limit, days=days
    )
    connection.ask_again(verb, driver.Done)


def set_fault(
    connection: DeviceConnection, serial: str, name: str, value: str | None = "", times: int | None = None
) -> None:
    """Switch a fault on, or off with `value` None; the names are in `device.faults`."""
    connection.ask(driver.SetFault(serial=serial, name=name, value=value, times=times), driver.Done)
