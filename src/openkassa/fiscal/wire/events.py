"""What happens on a connection between a cash register and an operator.

Both roles see the same five events; who may cause which one, and when, is in `states`.
"""

from __future__ import annotations

from typing import Union

import msgspec

from .header import FLAGS_DOCUMENT, FLAGS_PING, FLAGS_PONG


class Document(msgspec.Struct, frozen=True):
    """The register sends one fiscal document. `container` is raw: `Container.parse` reads it."""

    fn: str  # number of the fiscal storage, up to 16 digits
    version: bytes  # of the application protocol, 2 bytes; an answer repeats what the register sent
    container: bytes
    flags: int = FLAGS_DOCUMENT


class Answer(msgspec.Struct, frozen=True):
    """The operator answers a document with an acknowledgement in a container."""

    fn: str
    version: bytes
    container: bytes
    flags: int = FLAGS_DOCUMENT


class Ping(msgspec.Struct, frozen=True):
    """The register asks whether the operator is there (service mode, no container)."""

    fn: str
    version: bytes
    flags: int = FLAGS_PING


class Pong(msgspec.Struct, frozen=True):
    fn: str
    version: bytes
    flags: int = FLAGS_PONG


class Closed(msgspec.Struct, frozen=True):
    """The other side has closed between messages."""


Event = Union[Document, Answer, Ping, Pong, Closed]
