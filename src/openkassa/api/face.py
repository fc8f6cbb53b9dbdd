"""What a wire face is to the rest of the platform."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from openkassa.api.mapped import Mapped
from openkassa.kassa.receipts.callbacks import Message
from openkassa.kassa.receipts.channels import ChannelContext
from openkassa.kassa.receipts.models import ChannelKind
from openkassa.kassa.receipts.selectors import ReceiptStatus


@dataclass(frozen=True, kw_only=True, slots=True)
class Incoming:
    """A request to accept a sale, apart from HTTP: so that it can be tried without being stored."""

    method: str
    path: str  # with its query, as it was sent
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case
    body: bytes = b""


@dataclass(frozen=True, kw_only=True, slots=True)
class Signature:
    """What a face checks of a signature: the text that must have been signed, and whether the one given fits."""

    signed: bytes
    expected: str  # what the header should say; empty where only the client can make it
    given: str
    good: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Face:
    """`prefixes`: paths that this face answers. `refused(status, detail)`: (content type, body) of
    its 400, 404, 408, 413, 500 or 503 to a request that no view has seen.

    `preview(incoming, channel, day)` maps a request as its endpoint would on the till-local `day`, and stores nothing.
    It raises `Invalid` for faulty fields, `WrongField` or `BadBody` for what is no such request at all.
    `named(path, mapped)` is the request's field for a path of the draft, as errors of the face call it.
    """

    name: str
    title: str
    kind: ChannelKind
    prefixes: tuple[str, ...]
    refused: Callable[[int, str], tuple[str, bytes]]
    preview: Callable[[Incoming, ChannelContext, dt.date], Mapped]
    callback: Callable[[ReceiptStatus], Message | None]
    named: Callable[[str, Mapped], str] = lambda path, _mapped: path
    signature: Callable[[Incoming, ChannelContext], Signature] | None = None
