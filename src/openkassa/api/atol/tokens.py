"""Tokens of ATOL Online: signed, nothing stored. Clients ask for one before each call, so both ways are cheap.

A token is hex of: credential id (16 bytes), time of issue (8 bytes, big-endian UTC seconds), HMAC-SHA256 of
both cut to 20 bytes. The credential's row is asked through the channel cache, so a revoked one closes its tokens.
"""

from __future__ import annotations

import functools
import hmac
import struct
import uuid
from typing import Final

from openkassa.core.keys import secret, secrets_of

KEY_RING: Final = "atol-token"
VALID_SECONDS: Final = 24 * 3600
SKEW_SECONDS: Final = 120  # hosts of one installation may disagree by this much
_BODY = struct.Struct(">16sQ")
_MAC_BYTES = 20
_SIZE = _BODY.size + _MAC_BYTES


def issue(key_id: uuid.UUID, at: float) -> str:
    """A token of the credential `key_id`, issued `at` (UTC seconds)."""
    body = _BODY.pack(key_id.bytes, int(at))
    return (body + _mac(secret(KEY_RING), body)).hex()


def read(token: str, at: float) -> uuid.UUID | None:
    """The credential that a token valid `at` was issued for, None for any other text."""
    if len(token) != 2 * _SIZE:
        return None  # nor is it remembered
    signed = _signed(token, tuple(key for _, key in secrets_of(KEY_RING)))
    if signed is None:
        return None
    key_id, issued = signed
    return key_id if issued - SKEW_SECONDS <= at < issued + VALID_SECONDS else None


@functools.lru_cache(maxsize=4096)
def _signed(token: str, keys: tuple[bytes, ...]) -> tuple[uuid.UUID, int] | None:
    """What a token of ours says: credential and time of issue. Clients use one for all calls of a day."""
    try:
        raw = bytes.fromhex(token)
    except ValueError:
        return None
    if len(raw) != _SIZE:  # fromhex reads over spaces
        return None
    body, mac = raw[: _BODY.size], raw[_BODY.size :]
    if not any(hmac.compare_digest(_mac(key, body), mac) for key in keys):
        return None
    key_bytes, issued = _BODY.unpack(body)
    return uuid.UUID(bytes=key_bytes), issued


def _mac(key: bytes, body: bytes) -> bytes:
    return hmac.digest(key, body, "sha256")[:_MAC_BYTES]
