"""Reading a register from its disk: checkpoint first, then what the journal has behind it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from openkassa.fiscal.fn import FiscalStorage
from openkassa.fiscal.fn.state import State

from . import checkpoint
from .index import Index
from .journal import Confirmed, Fenced, Journal, JournalDamaged, Notified, Opened, Record, Recorded


class Loaded(msgspec.Struct):
    storage: FiscalStorage
    index: Index
    fence: int = 0


def load(journal: Journal, checkpoint_path: Path, *, serial: str, fn: str) -> Loaded:
    """State of the register whose `journal` was just opened; a torn tail of it is cut.

    JournalDamaged when it can't be trusted or belongs to another register.
    """
    records = journal.replay()
    _, opened = next(records, (0, None))
    if not isinstance(opened, Opened) or (opened.fn, opened.serial) != (fn, serial):
        raise JournalDamaged(f"{journal.path} is not the journal of register {serial} with storage {fn}")
    saved = checkpoint.load(checkpoint_path, fn, journal)
    if saved:
        records = journal.replay(saved.offset)
        index = Index(saved.documents, saved.confirmations, saved.tasks)
        loaded = Loaded(FiscalStorage.restore(saved.snapshot), index, saved.fence)
        journal.last = saved.last
    else:
        loaded = Loaded(FiscalStorage(_new_state(opened)), Index())
    try:
        for offset, record in records:
            _apply(loaded, offset, record)
    except ValueError as error:
        raise JournalDamaged(f"{journal.path}: {error}") from None
    return loaded


def _apply(loaded: Loaded, offset: int, record: Record) -> None:
    match record:
        case Recorded():
            loaded.storage.apply(record.made)
            loaded.index.add_document(offset, record.task)
            loaded.fence = max(loaded.fence, record.fence)
        case Confirmed():
            loaded.storage.apply_acknowledged(record.fd)
            loaded.index.add_confirmation(record.fd, offset)
        case Notified():
            loaded.storage.apply_notice_taken(record.number)
        case Fenced():
            loaded.fence = max(loaded.fence, record.fence)


def _new_state(opened: Opened) -> State:
    return State(
        fn=opened.fn,
        days=opened.days,
        documents_limit=opened.documents_limit,
        undelivered_limit=opened.undelivered_limit,
    )
