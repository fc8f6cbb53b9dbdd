"""Key ring of a home: random keys made once, kept in KASSA_HOME/keys with mode 0600.

`secret(name)` gives the key that is in use, `secrets_of(name)` it and the older ones that still open what
they sealed. Each key has its own file `<name>.<number>.key`; the highest number is in use.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import os
import secrets
import string
from pathlib import Path

from openkassa.core.settings import settings

KEY_BYTES = 32
LETTERS = string.ascii_letters + string.digits


def secret(name: str, home: Path | None = None) -> bytes:
    """The key in use, 32 bytes; made at the first call."""
    return secrets_of(name, home)[0][1]


def secrets_of(name: str, home: Path | None = None) -> list[tuple[int, bytes]]:
    """(number, key), the one in use first."""
    return _read(name, home or settings().home)


def add_key(name: str, home: Path | None = None) -> int:
    """A new key beside the old ones; from now on it is the one in use. Returns its number."""
    home = home or settings().home
    number = max((n for n, _ in _files(name, home)), default=0) + 1
    _write(home, name, number)
    _read.cache_clear()
    return number


def random_password(length: int = 22) -> str:
    """A random secret of letters and digits: 22 characters are 130 bits."""
    return "".join(secrets.choice(LETTERS) for _ in range(length))


def random_digits(length: int) -> str:
    """A random name of digits that doesn't begin with 0, for clients that take it for a number."""
    return str(secrets.randbelow(9 * 10 ** (length - 1)) + 10 ** (length - 1))


def digest(name: str, value: str) -> bytes:
    """Keyed SHA-256 of a machine secret that is only ever compared."""
    return hmac.digest(secret(name), value.encode(), "sha256")


def seal(name: str, plain: bytes, context: bytes) -> bytes:
    """AES-GCM under the key in use: one byte of key number, 12 of nonce, the sealed bytes. `context` is bound in."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    number, key = secrets_of(name)[0]
    nonce = os.urandom(12)
    return bytes([number]) + nonce + AESGCM(_subkey(key)).encrypt(nonce, plain, context)


def unseal(name: str, sealed: bytes, context: bytes) -> bytes:
    """Opposite of `seal`. Raises `KeyError` for an unknown key, `InvalidTag` for changed bytes."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    key = dict(secrets_of(name))[sealed[0]]
    return AESGCM(_subkey(key)).decrypt(sealed[1:13], sealed[13:], context)


def _subkey(key: bytes) -> bytes:
    return hashlib.sha256(b"openkassa-seal" + key).digest()


@functools.lru_cache(maxsize=64)
def _read(name: str, home: Path) -> list[tuple[int, bytes]]:
    found = _files(name, home)
    if not found:
        _write(home, name, 1)
        found = _files(name, home)
    return [(number, path.read_bytes()) for number, path in sorted(found, reverse=True)]


def _files(name: str, home: Path) -> list[tuple[int, Path]]:
    folder = home / "keys"
    return [(int(path.name.split(".")[-2]), path) for path in folder.glob(f"{name}.*.key")] if folder.exists() else []


def _write(home: Path, name: str, number: int) -> None:
    folder = home / "keys"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{name}.{number}.key"
    draft = folder / f".{name}.{number}.{os.getpid()}.{secrets.token_hex(4)}"
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_bytes(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # loses against a process that was first, and then uses that one's key
    except FileExistsError:
        pass
    finally:
        draft.unlink()
