"""Checkpoint: the state of a register at some byte of its journal, so that a start need not read all of it.

Beside the journal, written whole and renamed into place. It is only a shortcut: when it is missing, broken or doesn't
fit the journal, everything is read again from the journal.
"""

from __future__ import annotations

import zlib
from pathlib import Path

import msgspec

from openkassa.fiscal.fn import Snapshot

from .journal import Journal

VERSION = 1
_encode = msgspec.msgpack.Encoder().encode


class Checkpoint(msgspec.Struct, array_like=True):
    version: int
    fn: str
    offset: int  # bytes of the journal that are in the state
    last: int  # offset of the last record among them
    header: bytes  # of that record: a journal with another history has another one there
    fence: int
    snapshot: Snapshot
    documents: bytes  # the three parts of Index.pack
    confirmations: bytes
    tasks: bytes


_decode = msgspec.msgpack.Decoder(Checkpoint).decode


def encode(checkpoint: Checkpoint) -> bytes:
    body = _encode(checkpoint)
    return zlib.crc32(body).to_bytes(4, "little") + body


def load(path: Path, fn: str, journal: Journal) -> Checkpoint | None:
    """The checkpoint, or None when there is none that can be used with this journal."""
    try:
        data = path.read_bytes()
        if int.from_bytes(data[:4], "little") != zlib.crc32(data[4:]):
            return None
        checkpoint = _decode(data[4:])
    except (OSError, msgspec.DecodeError):
        return None
    if checkpoint.version != VERSION or checkpoint.fn != fn or checkpoint.offset > journal.size:
        return None
    return checkpoint if journal.header(checkpoint.last) == checkpoint.header else None
