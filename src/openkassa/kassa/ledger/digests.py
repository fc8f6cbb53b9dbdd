"""What the chain covers: the digest of an entry, the hash of a seal. Pure functions."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections.abc import Iterable, Sequence

import msgspec

from openkassa.kassa.ledger.entries import Line

START = bytes(32)  # stands before the first seal

_encode = msgspec.json.Encoder().encode


def entry_digest(
    *,
    organisation_id: uuid.UUID,
    id: uuid.UUID,
    key: str,
    kind: str,
    cause_kind: str,
    cause_id: uuid.UUID,
    currency: str,
    reverses_id: uuid.UUID | None,
    happened_at: dt.datetime,
    posted_at: dt.datetime,
    lines: Sequence[Line],
) -> bytes:
    """SHA-256 over the entry as compact JSON: fields in the order of the arguments, moments in microseconds UTC."""
    content = [
        organisation_id,
        id,
        key,
        kind,
        cause_kind,
        cause_id,
        currency,
        reverses_id,
        _microseconds(happened_at),
        _microseconds(posted_at),
        [[line.code, line.party, line.amount] for line in lines],
    ]
    return hashlib.sha256(_encode(content)).digest()


def seal_hash(*, organisation_id: uuid.UUID, number: int, before: bytes, digests: Iterable[bytes]) -> bytes:
    """SHA-256 over the hash before, the organisation, the number (8 bytes, big-endian) and the digests in order."""
    return hashlib.sha256(b"".join([before, organisation_id.bytes, number.to_bytes(8), *digests])).digest()


def _microseconds(moment: dt.datetime) -> int:
    return (moment - dt.datetime.fromtimestamp(0, dt.UTC)) // dt.timedelta(microseconds=1)
