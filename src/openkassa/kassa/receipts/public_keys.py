"""Public keys of clients that sign their requests: read as PEM or as the XML of .NET, kept as DER."""

from __future__ import annotations

import base64
import binascii
import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)

LEAST_BITS = 2048
LIMIT = 10_000  # characters
_XML = re.compile(r"<(Modulus|Exponent)>\s*([A-Za-z0-9+/=\s]+?)\s*</\1>")
_PRIVATE_XML = re.compile(r"<(?:P|Q|DP|DQ|InverseQ|D)>")


class BadPublicKey(ValueError):
    """`code` is stable: "private", "unreadable", "kind", "short"."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def read_public_key(text: str) -> bytes:
    """DER (SubjectPublicKeyInfo) of an RSA key given as PEM or as <RSAKeyValue>. Raises `BadPublicKey`."""
    text = text.strip()
    if len(text) > LIMIT:
        raise BadPublicKey("unreadable")
    if "PRIVATE KEY" in text or _PRIVATE_XML.search(text):
        raise BadPublicKey("private")
    try:
        key = _from_xml(text) if "<" in text else load_pem_public_key(text.encode())
    except (ValueError, TypeError, binascii.Error):
        raise BadPublicKey("unreadable") from None
    if not isinstance(key, rsa.RSAPublicKey):
        raise BadPublicKey("kind")
    if key.key_size < LEAST_BITS:
        raise BadPublicKey("short")
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _from_xml(text: str) -> rsa.RSAPublicKey:
    parts = {name: int.from_bytes(base64.b64decode(value), "big") for name, value in _XML.findall(text)}
    if parts.keys() != {"Modulus", "Exponent"}:
        raise ValueError(text)
    return rsa.RSAPublicNumbers(parts["Exponent"], parts["Modulus"]).public_key()


def is_signed(public_key: bytes, body: bytes, signature: str) -> bool:
    """Whether `signature` is base64 of the RSA-SHA256 (PKCS #1 1.5) of `body` by the key, DER as kept."""
    try:
        given = base64.b64decode(signature, validate=True)
        key = load_der_public_key(public_key)
    except (ValueError, binascii.Error):
        return False
    if not isinstance(key, rsa.RSAPublicKey):
        return False
    try:
        key.verify(given, body, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True
