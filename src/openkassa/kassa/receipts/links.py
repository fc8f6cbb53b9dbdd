"""The public address of a receipt: ids can be guessed, so the address carries a keyed digest of the id."""

from __future__ import annotations

import hmac
import uuid

from openkassa.core import keys
from openkassa.core.settings import settings

KEY_RING = "receipt-link"
TOKEN_CHARS = 20


def receipt_token(receipt_id: uuid.UUID) -> str:
    return hmac.digest(keys.secret(KEY_RING), receipt_id.bytes, "sha256").hex()[:TOKEN_CHARS]


def receipt_token_valid(receipt_id: uuid.UUID, token: str) -> bool:
    """True for a token made under the key in use or an older one."""
    return any(
        hmac.compare_digest(hmac.digest(key, receipt_id.bytes, "sha256").hex()[:TOKEN_CHARS], token)
        for _, key in keys.secrets_of(KEY_RING)
    )


def receipt_url(receipt_id: uuid.UUID) -> str:
    return f"{settings().public_url}/r/{receipt_id}/{receipt_token(receipt_id)}"
