"""Signatures of Komtet Kassa: HMAC-MD5 over method, whole public address and raw body, in X-HMAC-Signature.

The address is the one that the client built, so it is made anew from `KASSA_PUBLIC_URL`: behind a proxy the request
itself names another host or scheme.
"""

from __future__ import annotations

import hmac

from openkassa.api.face import Incoming, Signature
from openkassa.core.settings import settings
from openkassa.kassa.receipts.channels import ChannelContext

HEADER = "x-hmac-signature"


def sign(secret: bytes, method: str, url: str, body: bytes) -> str:
    return hmac.new(secret, signed_text(method, url, body), "md5").hexdigest()


def signed_text(method: str, url: str, body: bytes) -> bytes:
    return f"{method}{url}".encode() + body


def public_address(path: str) -> str:
    """What a client that was given our public address calls for `path` with its query."""
    return settings().public_url + path


def is_right(given: str, secret: bytes, method: str, path: str, body: bytes) -> bool:
    """Compared in constant time. Nothing is right for an empty secret."""
    expected = sign(secret, method, public_address(path), body)
    return hmac.compare_digest(given.strip().lower().encode("utf-8", "replace"), expected.encode()) and bool(secret)


def signature(incoming: Incoming, channel: ChannelContext) -> Signature:
    """What had to be signed and what was, for a developer who asks why a request is refused."""
    url = public_address(incoming.path)
    given = incoming.headers.get(HEADER, "")
    return Signature(
        signed=signed_text(incoming.method, url, incoming.body),
        expected=sign(channel.signing, incoming.method, url, incoming.body),
        given=given,
        good=is_right(given, channel.signing, incoming.method, incoming.path, incoming.body),
    )
