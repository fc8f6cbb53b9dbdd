"""Fiscal storage (фискальный накопитель, ФН) as a state machine without I/O, clock or randomness.

`FiscalStorage` takes the commands of a storage and returns the documents that it makes, or refuses with a
`StorageError` that carries the storage's own code. Signs are emulated (see `emulation`): the numbers of such storages
begin with 9999 and neither a real storage nor the tax service would take their documents.
Source: the protocol between a cash register and a fiscal storage, v1.1, and FFD order ЕД-7-20/662@.
"""

from .acknowledgement import Acknowledgement, make_acknowledgement
from .errors import AcknowledgementFault, ErrorCode, StorageError
from .state import Made, Registration, Snapshot
from .storage import FiscalStorage

__all__ = [
    "Acknowledgement",
    "AcknowledgementFault",
    "ErrorCode",
    "FiscalStorage",
    "Made",
    "Registration",
    "Snapshot",
    "StorageError",
    "make_acknowledgement",
]
