"""Journal of one register: the only place where its documents are kept, written before anything is answered.

A file that only grows. First 8 bytes `MAGIC`, then records:

    4  marker
    4  LE length of the body
    4  LE CRC-32 of the next field and the body
    8  LE how many bytes of the file were known to be on disk when this record was written
       body: MessagePack of an `Opened`, `Recorded`, `Confirmed`, `Fenced` or `Notified`

A batch of documents is written at once and one fdatasync follows; only then are they answered. Confirmations of the
operator get no sync of their own: the next one covers them, and a lost one means that the document is sent again.

At start the records are read; what is broken at the end was being written when the power went, was never answered, and
is cut. A break before bytes that a later whole record knows to have been on disk is damage, not an end: the journal
is left as it is and its register does not start.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from struct import Struct
from typing import Union

import msgspec

from openkassa.fiscal.fn import Made

from .files import replace_file

MAGIC = b"OKFNJ1\r\n"
MARKER = b"\xf5OKR"
MAX_BODY = 160 * 1024  # a document and the notifications of 128 marking codes

_HEADER = Struct("<4sIIQ")
_READ_SIZE = 1 << 20


class JournalError(Exception):
    """The journal can't be used; the text says what to do."""


class JournalDamaged(JournalError):
    """Bytes that were on disk have changed."""


class Opened(msgspec.Struct, array_like=True, frozen=True, tag=0):
    """First record: whose journal this is, and the storage's limits."""

    fn: str
    serial: str
    days: int
    documents_limit: int
    undelivered_limit: int


class Recorded(msgspec.Struct, array_like=True, frozen=True, tag=1):
    task: bytes | None  # 16 bytes of the task's UUID
    utc_time: int  # seconds of the device's clock
    fence: int
    made: Made


class Confirmed(msgspec.Struct, array_like=True, frozen=True, tag=2):
    fd: int
    code: int  # tag 1022
    at: int  # UTC seconds of the device's clock
    container: bytes


class Fenced(msgspec.Struct, array_like=True, frozen=True, tag=3):
    """Callers with a lower fence are refused from here on, over restarts too."""

    fence: int


class Notified(msgspec.Struct, array_like=True, frozen=True, tag=4):
    """The marking service has taken a notification."""

    number: int
    code: int  # tag 2111
    at: int  # UTC seconds of the device's clock


Record = Union[Opened, Recorded, Confirmed, Fenced, Notified]

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Record).decode


class Journal:
    """An open journal. `size` is its end, `durable` how much of it is known to be on disk, `last` its last record."""

    def __init__(self, path: Path) -> None:
        """Open an existing journal; call `replay` before anything is appended."""
        self.path = path
        self._fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        self.size = os.fstat(self._fd).st_size
        self.durable = 0
        self.last = len(MAGIC)

    @classmethod
    def create(cls, path: Path, opened: Opened) -> Journal:
        """New journal with its first record on disk; a crash on the way leaves no file of this name."""
        replace_file(path, MAGIC + _pack(opened, 0))
        return cls(path)

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    # -- writing -------------------------------------------------------------------------------------

    def append(self, records: Sequence[Recorded | Confirmed | Fenced | Notified]) -> list[int]:
        """Write records at the end, give their offsets. Not on disk before `sync`. OSError leaves `size` as it was."""
        offsets, pieces, end = [], [], self.size
        for record in records:
            piece = _pack(record, self.durable)
            offsets.append(end)
            pieces.append(piece)
            end += len(piece)
        self._write(b"".join(pieces))
        self.size = end
        self.last = offsets[-1]
        return offsets

    def append_torn(self, records: Sequence[Recorded | Confirmed]) -> None:
        """Half of the bytes of `append`, as a power cut would leave them (a fault to be tested, see `faults`)."""
        data = b"".join(_pack(record, self.durable) for record in records)
        self._write(data[: len(data) // 2])

    def sync(self) -> None:
        """Put everything written so far on disk. May run in a thread."""
        size = self.size
        os.fdatasync(self._fd)
        self.durable = size

    def cut(self, size: int) -> None:
        """Drop what lies behind `size`, on disk too."""
        os.ftruncate(self._fd, size)
        os.fsync(self._fd)
        self.size = self.durable = size

    def _write(self, data: bytes) -> None:
        view, offset = memoryview(data), self.size
        while view:
            written = os.pwrite(self._fd, view, offset)
            view, offset = view[written:], offset + written

    # -- reading -------------------------------------------------------------------------------------

    def header(self, offset: int) -> bytes:
        """Header of the record at an offset, with its CRC: enough to tell it from any other record."""
        return os.pread(self._fd, _HEADER.size, offset)

    def read(self, offset: int) -> Record:
        """Record at an offset that `append` or `replay` gave. JournalDamaged when it is no longer what was written."""
        head = self.header(offset)
        record = None
        if len(head) == _HEADER.size:
            length = min(_HEADER.unpack(head)[1], MAX_BODY)
            record = _unpack(head, os.pread(self._fd, length, offset + _HEADER.size))
        if record is None:
            raise JournalDamaged(
                f"{self.path}: the record at byte {offset} has changed; restore the file from a backup"
            )
        return record

    def replay(self, start: int = 0) -> Iterator[tuple[int, Record]]:
        """(offset, record) from `start` on, 0 for all; at the end a torn tail is cut. JournalDamaged on damage."""
        position = max(start, len(MAGIC))
        with self.path.open("rb", buffering=_READ_SIZE) as file:
            if file.read(len(MAGIC)) != MAGIC:
                raise JournalDamaged(f"{self.path} is not a journal of this version")
            file.seek(position)
            while position < self.size:
                head = file.read(_HEADER.size)
                length = _HEADER.unpack(head)[1] if len(head) == _HEADER.size else 0
                record = _unpack(head, file.read(length)) if length <= MAX_BODY else None
                if record is None:
                    self._check_tail(position)
                    break
                self.last = position
                yield position, record
                position += _HEADER.size + length
        self.cut(position)

    def _check_tail(self, broken: int) -> None:
        """JournalDamaged when a whole record behind `broken` says that these bytes had been on disk."""
        tail = os.pread(self._fd, self.size - broken, broken)
        place = tail.find(MARKER, 1)
        while place >= 0:
            head = tail[place : place + _HEADER.size]
            if len(head) == _HEADER.size:
                _, length, _, durable = _HEADER.unpack(head)
                body = tail[place + _HEADER.size : place + _HEADER.size + length]
                if durable > broken and _unpack(head, body) is not None:
                    raise JournalDamaged(
                        f"{self.path}: damaged at byte {broken}, though it was on disk; restore the file from a backup"
                    )
            place = tail.find(MARKER, place + 1)


def _pack(record: Record, durable: int) -> bytes:
    body = _encode(record)
    known = durable.to_bytes(8, "little")
    return _HEADER.pack(MARKER, len(body), zlib.crc32(body, zlib.crc32(known)), durable) + body


def _unpack(head: bytes, body: bytes) -> Record | None:
    if len(head) != _HEADER.size:
        return None
    marker, length, crc, _ = _HEADER.unpack(head)
    if marker != MARKER or length != len(body) or crc != zlib.crc32(body, zlib.crc32(head[12:])):
        return None
    try:
        return _decode(body)
    except msgspec.DecodeError:
        return None
