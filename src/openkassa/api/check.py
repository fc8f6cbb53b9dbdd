"""Check my request: what a request of any wire face would become, each problem named, nothing stored."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import uuid
from dataclasses import dataclass

from openkassa.api.body import BadBody, WrongField
from openkassa.api.face import Face, Incoming, Signature
from openkassa.api.faults import Invalid
from openkassa.api.mapped import Mapped
from openkassa.fiscal.ffd.control import check_and_render
from openkassa.fiscal.ffd.findings import ERROR
from openkassa.fiscal.ffd.reader import Document
from openkassa.fiscal.ffd.tlv import decode as decode_tlv
from openkassa.kassa.receipts.channels import ChannelContext, channel_for_check
from openkassa.kassa.receipts.selectors import channel_find, receipt_by_external

_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001  till-local time has no zone


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """`faults` are (field, text), each of which would refuse the request. `document` is there when nothing would.

    `known_id` is the receipt that has the request's key already: sent now, the request would be answered with it.
    """

    faults: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()
    external_id: str = ""
    known_id: uuid.UUID | None = None
    signature: Signature | None = None
    document: Document | None = None

    @property
    def good(self) -> bool:
        return not self.faults and (self.signature is None or self.signature.good)


def request_check(*, face: Face, incoming: Incoming, channel: ChannelContext, at: dt.datetime) -> Checked:
    """What the face would make of the request in the channel at `at`."""
    local = (at + dt.timedelta(minutes=channel.utc_offset)).replace(tzinfo=None, second=0, microsecond=0)
    signature = face.signature(incoming, channel) if face.signature is not None else None
    try:
        mapped = face.preview(incoming, channel, local.date())
    except Invalid as invalid:
        return Checked(faults=tuple(invalid.faults), signature=signature)
    except WrongField as wrong:
        return Checked(faults=((wrong.field, str(wrong)),), signature=signature)
    except BadBody as bad:
        return Checked(faults=(("", str(bad)),), signature=signature)
    key = mapped.external_key or mapped.external_id
    known = receipt_by_external(channel.organisation_id, channel.channel_id, key)
    findings, content = check_and_render(mapped.draft, channel.profile, local.date())
    named = [(face.named(finding.path, mapped), finding) for finding in findings]
    return Checked(
        faults=tuple((path, finding.text) for path, finding in named if finding.severity == ERROR),
        warnings=mapped.warnings + tuple(f"{path}: {one.text}" for path, one in named if one.severity != ERROR),
        external_id=mapped.external_id,
        known_id=known.receipt_id if known is not None else None,
        signature=signature,
        document=_document(mapped, content, local) if content is not None else None,
    )


def channel_for(face: Face, own: ChannelContext, code: str = "") -> ChannelContext:
    """Where a request of `face` would arrive: the organisation's channel of its kind with that code, or its first one.

    Where the organisation has none, `own` stands for it: its registers are what matters.
    """
    found = channel_find(own.organisation_id, face.kind, code)
    context = channel_for_check(own.organisation_id, found.id) if found is not None else None
    return context or dataclasses.replace(own, kind=face.kind)


def local_path(address: str) -> str:
    """Path and query of an address that may be whole."""
    return re.sub(r"^https?://[^/?]*", "", address.strip()).partition("#")[0]


def _document(mapped: Mapped, content: bytes, local: dt.datetime) -> Document:
    """The document as it would be, without what only a register with its storage adds."""
    draft = mapped.draft
    head = [(1012, int((local - _EPOCH).total_seconds())), (1054, draft.operation), (1020, draft.total)]
    return Document(draft.form, [*head, *decode_tlv(content)])
