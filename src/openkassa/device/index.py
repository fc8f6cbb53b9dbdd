"""Where a register's documents lie in its journal: by document number, by task, and their confirmations.

Only what is on disk is entered here, so nothing can be found or delivered that a power cut could take back.
Memory: 32 bytes a document and some 170 for its task id.
"""

from __future__ import annotations

from array import array

NO_TASK = bytes(16)


class Index:
    def __init__(self, documents: bytes = b"", confirmations: bytes = b"", tasks: bytes = b"") -> None:
        """Empty, or from what `pack` gave."""
        self._documents = array("Q", documents)
        self._confirmations = array("Q", confirmations)
        self._task_ids = bytearray(tasks)
        self._tasks: dict[bytes, int] = {}
        for fd in range(1, len(self._documents) + 1):
            self._enter(tasks[(fd - 1) * 16 : fd * 16], fd)

    def pack(self) -> tuple[bytes, bytes, bytes]:
        return self._documents.tobytes(), self._confirmations.tobytes(), bytes(self._task_ids)

    @property
    def last_fd(self) -> int:
        return len(self._documents)

    @property
    def last_confirmed(self) -> int:
        return len(self._confirmations)

    def add_document(self, offset: int, task: bytes | None) -> None:
        """The next document lies at `offset`."""
        self._documents.append(offset)
        self._task_ids += task or NO_TASK
        self._enter(task or NO_TASK, len(self._documents))

    def add_confirmation(self, fd: int, offset: int) -> None:
        """Confirmations come in the order of the documents; one without an answer of its own has offset 0."""
        self._confirmations.extend([0] * (fd - 1 - len(self._confirmations)))
        self._confirmations.append(offset)

    def document(self, fd: int) -> int | None:
        return self._documents[fd - 1] if 0 < fd <= len(self._documents) else None

    def confirmation(self, fd: int) -> int | None:
        return (self._confirmations[fd - 1] or None) if 0 < fd <= len(self._confirmations) else None

    def task(self, task: bytes) -> int | None:
        """Number of the document made under a task."""
        return self._tasks.get(task)

    def _enter(self, task: bytes, fd: int) -> None:
        if task != NO_TASK:
            self._tasks[task] = fd
