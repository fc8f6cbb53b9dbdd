"""What every request that makes a receipt goes through: its texts, its keys, its repeats."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from openkassa.api.addresses import callback_address
from openkassa.api.v1 import wire
from openkassa.api.v1.problems import Refused, of_faults
from openkassa.api.v1.request_keys import accept_once
from openkassa.kassa.receipts.channels import ChannelContext
from openkassa.kassa.receipts.services import Accepted, DraftRefused

_encode = msgspec.json.Encoder(order="deterministic").encode


class Made(NamedTuple):
    """A receipt, whether this request made it, and the answer where it is known without asking the database."""

    receipt_id: uuid.UUID
    new: bool
    answer: wire.ReceiptAnswer | None = None


def once(
    channel: ChannelContext, key: str | None, digest: bytes, at: dt.datetime, accept: Callable[[], Accepted]
) -> tuple[uuid.UUID, Accepted | None]:
    try:
        receipt_id, accepted = accept_once(channel, key, digest, at, accept)
    except DraftRefused as refused:
        raise of_faults([(finding.code, named(finding.path), finding.text) for finding in refused.findings]) from None
    if accepted is not None and accepted.repeat and not accepted.same_body:
        raise Refused(
            "external_id_taken",
            "под этим external_id принят другой чек",
            "external_id",
            receipt_id=accepted.receipt_id,
        )
    return receipt_id, accepted


_NAMES = {
    ".kind": ".object",
    ".measure": ".unit",
    "cashier_inn": "cashier.inn",
    "bso": "strict_reporting_form",
    "agent_type": "agent.type",
}


def named(path: str) -> str:
    """A place in the draft by the name that the request has for it."""
    for ours, theirs in _NAMES.items():
        path = path.replace(ours, theirs)
    return path


def check_texts(external_id: str, callback_url: str | None) -> None:
    if "\0" in external_id or not external_id.strip():
        raise Refused("field_invalid", "нужен хотя бы один печатный символ", "external_id")
    if callback_url and not callback_address(callback_url):
        raise Refused("field_invalid", "нужен адрес http или https", "callback_url")


def digest_of(request: object) -> bytes:
    """What tells a repeat from another request: the fields, however they were spaced and ordered."""
    return hashlib.sha256(_encode(request)).digest()
