"""Shapes of `POST /validate`: a request of any face is tried and nothing is stored."""

from __future__ import annotations

import uuid
from typing import Annotated

import msgspec
from msgspec import Meta

from openkassa.api.body import decoder
from openkassa.api.v1.wire import Strict

PATH_LIMIT = 2048


class RequestToCheck(Strict):
    """A request as a program would send it to a wire face of this server."""

    path: Annotated[
        str,
        Meta(max_length=PATH_LIMIT, description="Path with query, or the whole address. It says which face is meant."),
    ]
    body: Annotated[str, Meta(description="The body as it would be sent.")]
    method: Annotated[str, Meta(max_length=10)] = "POST"
    headers: Annotated[
        dict[str, str], Meta(description="What the face reads: signature, content type, idempotency key.")
    ] = msgspec.field(default_factory=dict)
    channel: Annotated[
        str, Meta(max_length=100, description="Code of the channel; the first one of the face when absent.")
    ] = ""


class CheckFault(msgspec.Struct, kw_only=True):
    field: str
    detail: str


class CheckedSignature(msgspec.Struct, kw_only=True):
    good: bool
    signed: Annotated[str, Meta(description="The text that has to be signed.")]
    given: str
    expected: Annotated[str, Meta(description="What should have been sent; empty where only the client can make it.")]


class CheckedDocument(msgspec.Struct, kw_only=True):
    form: int
    printed: Annotated[str, Meta(description="As it would be printed, 32 characters wide.")]
    fields: Annotated[str, Meta(description="Tags and values, a line each.")]


class RequestChecked(msgspec.Struct, kw_only=True):
    """`document` is what would be made when the register takes it; null when a fault would refuse the request."""

    good: bool
    face: str
    faults: list[CheckFault]
    warnings: list[str]
    external_id: str
    receipt_id: Annotated[
        uuid.UUID | None, Meta(description="The receipt that has the key already and would be answered with.")
    ]
    signature: CheckedSignature | None
    document: CheckedDocument | None


request = decoder(RequestToCheck)
