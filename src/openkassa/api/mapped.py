"""What a wire face makes of a request, and how it becomes an accepted receipt: the same for every face."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from openkassa.api.fields import field_of
from openkassa.fiscal.draft import ReceiptDraft
from openkassa.fiscal.ffd.findings import Finding
from openkassa.kassa.receipts.channels import ChannelContext
from openkassa.kassa.receipts.services import Accepted, receipt_accept

_digest_of = msgspec.msgpack.Encoder(decimal_format="string").encode


@dataclass(frozen=True, kw_only=True, slots=True)
class Mapped:
    """A request in terms of the fiscal formats.

    `external_id` is the shop's name of the sale; `external_key` what must be unique in the channel where that is more
    than the name (a sale and its refund that share one order number). `root` and `names` say what the request calls the
    fields of the draft (`fields.field_of`).
    """

    draft: ReceiptDraft
    external_id: str
    external_key: str | None = None
    callback_url: str = ""
    email: str = ""
    phone: str = ""
    warnings: tuple[str, ...] = ()
    root: str = ""
    names: Mapping[str, str] = field(default_factory=dict)

    def field_of(self, path: str) -> str:
        """The request's field for a path of the draft."""
        return field_of(path, self.names, self.root)

    def faults(self, findings: Iterable[Finding]) -> list[tuple[str, str]]:
        """Findings about the draft as faults of the request's fields."""
        return [(self.field_of(finding.path), finding.text) for finding in findings]


def accept(mapped: Mapped, channel: ChannelContext, body: bytes) -> Accepted:
    """Stores the sale to be fiscalised. `body` is the request as it came. Raises `DraftRefused`."""
    return receipt_accept(
        channel=channel,
        draft=mapped.draft,
        external_id=mapped.external_id,
        external_key=mapped.external_key,
        body=body,
        body_digest=_meaning(mapped),
        callback_url=mapped.callback_url,
        email=mapped.email,
        phone=mapped.phone,
        warnings=mapped.warnings,
    )


def _meaning(mapped: Mapped) -> bytes:
    """What tells a repeat from another request under the same key: the sale itself, not the time of sending."""
    return hashlib.sha256(_digest_of((mapped.draft, mapped.callback_url))).digest()
