"""What the platform asks of a cash register, and the three ways in which asking can fail.

The three errors differ in what is known about documents: after `DeviceUnreachable` none was made by this call, after
`DeviceRefused` none either and the device says why, after `AnswerLost` nobody knows until `find_task` has been asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from openkassa.fiscal import driver


class DriverError(Exception):
    """A call of a cash register failed."""


class DeviceUnreachable(DriverError):
    """The request did not reach the device whole, so nothing was made: trying again is safe."""


class AnswerLost(DriverError):
    """The request was sent and no answer came: documents may have been made. Ask `find_task` before anything else."""


class DeviceRefused(DriverError):
    """The device answered that it does not serve this request; nothing was made. Codes: `fiscal.driver.Failed`."""

    def __init__(self, failed: driver.Failed) -> None:
        super().__init__(f"{failed.code}: {failed.text}")
        self.code = failed.code
        self.text = failed.text
        self.next_fd = failed.next_fd


class CashRegisterDriver(Protocol):
    """One cash register. Not for several threads at once."""

    def execute(
        self, tasks: Sequence[driver.Task], *, expected_fd: int, fence: int
    ) -> list[driver.Document | driver.Refused]:
        """Make documents in order, the first under number `expected_fd`.

        Results are in the order of the tasks; they end at the first refusal, and may end earlier.
        """

    def find_task(self, task_id: str, *, fence: int | None = None) -> driver.Document | None:
        """The document made under a task (hex of a UUID), or None when the device has made none.

        None is final only with a `fence` higher than that of the request in doubt: it may still be on its way.
        """

    def documents(self, *, from_fd: int, limit: int = 100) -> list[driver.Document]:
        """Documents of the storage that is in the register, oldest first."""

    def acknowledgements(self, *, after_fd: int, limit: int = 500) -> list[driver.Acknowledgement]:
        """The operator's answers to documents after `after_fd`, oldest first."""

    def check_marks(self, marks: Sequence[driver.MarkToCheck]) -> list[driver.MarkChecked]:
        """Have codes checked by the storage and the marking service, in order; empty where the format has no codes.

        Nothing is made and nothing kept: codes of a receipt are checked when it is made (`MakeReceipt.marks`).
        """

    def status(self) -> driver.Status:
        """Counters, shift, delivery, resources and clock of the register."""

    def replace_storage(self, fn: str) -> None:
        """Have the storage `fn` in the register instead of one that is closed and delivered; done already when it is.

        A register whose storage is changed by hand has nothing to do but to see that it is there.
        """

    def close(self) -> None:
        """Give up the connection; a later call opens another."""
