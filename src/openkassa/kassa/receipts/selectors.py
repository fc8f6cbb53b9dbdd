"""Reads of receipts."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

import msgspec

from openkassa.core.db import run
from openkassa.core.tenancy import within
from openkassa.fiscal.draft import ReceiptDraft, read_buyer, read_draft
from openkassa.fiscal.ffd.qr import ReceiptQR
from openkassa.kassa.receipts.models import (
    Callback,
    CallbackDelivery,
    Channel,
    ChannelKey,
    Receipt,
    ReceiptContact,
    ReceiptContent,
    ReceiptEvent,
    ReceiptRequest,
    ReceiptState,
    State,
)

GONE = (State.REFUSED, State.WITHDRAWN)


class DocumentFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The fiscal document that a receipt became."""

    fn: str
    fd: int
    shift: int
    number: int
    fiscal_sign: int
    local_time: int  # seconds of till-local time
    made_at: dt.datetime
    rnm: str
    serial: str
    register_id: uuid.UUID


class ReceiptStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt and what became of it."""

    receipt_id: uuid.UUID
    organisation_id: uuid.UUID
    channel_id: uuid.UUID
    channel_kind: str
    channel_code: str
    external_id: str
    form: int
    operation: int
    total: int
    taxation: int
    lines: int
    refers_to_id: uuid.UUID | None
    callback_url: str
    warnings: tuple[str, ...]
    accepted_at: dt.datetime
    state: str
    changed_at: dt.datetime
    error_code: str | None
    error_text: str | None
    acknowledgement: int | None
    document: DocumentFacts | None
    marks: int = 0  # lines with a marking code

    @property
    def is_fiscalised(self) -> bool:
        return self.state in ("fiscalised", "confirmed")

    @property
    def qr(self) -> str:
        """What the receipt's QR code says; empty before there is a document."""
        document = self.document
        if document is None:
            return ""
        return str(
            ReceiptQR(
                local_time=document.local_time,
                total=self.total,
                fn=document.fn,
                fd=document.fd,
                fiscal_sign=document.fiscal_sign,
                operation=self.operation,
            )
        )


STATUS = """
SELECT r.id, r.organisation_id, r.channel_id, c.kind, c.code, r.external_id, r.form, r.operation, r.total, r.taxation,
    r.lines, r.refers_to_id, r.callback_url, r.warnings, r.accepted_at,
    s.state, s.changed_at, s.error_code, s.error_text, s.acknowledgement,
    d.fn, d.fd, d.shift, d.number, d.fiscal_sign, d.local_time, d.made_at, k.rnm, k.serial, d.register_id,
    r.marks
FROM kassa_receipts_receipt r
JOIN kassa_receipts_receiptstate s ON s.receipt_id = r.id AND s.organisation_id = r.organisation_id
JOIN kassa_receipts_channel c ON c.id = r.channel_id AND c.organisation_id = r.organisation_id
LEFT JOIN kassa_registers_fiscaldocument d ON d.id = s.document_id AND d.organisation_id = r.organisation_id
LEFT JOIN kassa_registers_cashregister k ON k.id = d.register_id AND k.organisation_id = r.organisation_id
WHERE r.organisation_id = %(organisation_id)s
"""
# One arm for each partial index: together they hold the receipts that are not fiscalised.
COUNTS = """
SELECT state, count(*) FROM kassa_receipts_receiptstate
WHERE organisation_id = %(organisation_id)s AND state = 'accepted' GROUP BY state
UNION ALL
SELECT state, count(*) FROM kassa_receipts_receiptstate
WHERE organisation_id = %(organisation_id)s AND state IN ('assigned', 'in_doubt') GROUP BY state
UNION ALL
SELECT state, count(*) FROM kassa_receipts_receiptstate
WHERE organisation_id = %(organisation_id)s AND state IN ('refused', 'withdrawn') GROUP BY state
"""
LIST_LIMIT = 200
# Receipts by a condition on their documents. Each OFFSET 0 keeps a step to the few rows that it finds by their keys:
# the planner, which takes a third of all documents for unconfirmed, would else read whole tables.
_BY_DOCUMENT = """r.id = ANY(ARRAY(
    SELECT a.receipt_id FROM kassa_registers_cashregister g
    JOIN kassa_registers_registerstatus h ON h.register_id = g.id AND h.organisation_id = g.organisation_id
    CROSS JOIN LATERAL (SELECT task_id FROM kassa_registers_fiscaldocument
        WHERE organisation_id = g.organisation_id AND register_id = g.id AND {} OFFSET 0) f
    CROSS JOIN LATERAL (SELECT receipt_id FROM kassa_fiscalisation_attempt
        WHERE id = f.task_id AND organisation_id = g.organisation_id OFFSET 0) a
    WHERE g.organisation_id = %(organisation_id)s))"""
_BY_FD = _BY_DOCUMENT.format("fd = %(fd)s")
# Fiscalised and not confirmed are few, and no index is kept of them: they are what the operator owes an answer to.
_UNCONFIRMED = _BY_DOCUMENT.format("fn = g.fn AND fd > h.acknowledged_fd")


def receipt_status(
    organisation_id: uuid.UUID, receipt_id: uuid.UUID, channel_id: uuid.UUID | None = None
) -> ReceiptStatus | None:
    """A receipt of the organisation (and channel, when given); None for an unknown one and for another's alike."""
    query, params = (
        STATUS + " AND r.id = %(receipt_id)s",
        {"organisation_id": organisation_id, "receipt_id": receipt_id},
    )
    if channel_id is not None:
        query, params = query + " AND r.channel_id = %(channel_id)s", {**params, "channel_id": channel_id}
    rows = run(query, params, again=True)
    return _status(rows[0]) if rows else None


def receipt_by_external(organisation_id: uuid.UUID, channel_id: uuid.UUID, external_key: str) -> ReceiptStatus | None:
    rows = run(
        STATUS + " AND r.channel_id = %(channel_id)s AND r.external_key = %(external_key)s",
        {"organisation_id": organisation_id, "channel_id": channel_id, "external_key": external_key},
        again=True,
    )
    return _status(rows[0]) if rows else None


# Two indexes: of receipts whose key is not their name, and of the keys.
NAMED = """(
    (r.external_id = ANY(%(names)s) AND r.external_id <> r.external_key)
    OR (r.external_key = ANY(%(names)s) AND r.external_id = r.external_key)
)"""


def receipt_list(
    organisation_id: uuid.UUID,
    *,
    channel_id: uuid.UUID | None = None,
    after: uuid.UUID | None = None,
    limit: int = 50,
    state: str | None = None,
    operation: int | None = None,
    accepted_from: dt.datetime | None = None,
    accepted_to: dt.datetime | None = None,
    external_id: str | None = None,
    names: Sequence[str] | None = None,
    states: Sequence[str] | None = None,
    fd: int | None = None,
    total: int | None = None,
) -> list[ReceiptStatus]:
    """Receipts newest first, at most `LIST_LIMIT`; `after` is the id of the last one of the page before.

    `names`: what the shop calls the receipts, in channels whose keys are more than the name; or just it, by chance.
    Ids grow with time, so the primary key is the order of the list and a date is a bound on the id.
    """
    query = STATUS
    params: dict[str, Any] = {"organisation_id": organisation_id, "limit": min(limit, LIST_LIMIT)}
    conditions = {
        "r.channel_id = %(channel_id)s": channel_id,
        "r.id < %(after)s": after,
        "r.id >= %(id_from)s": _first_id(accepted_from) if accepted_from else None,
        "r.id < %(id_to)s": _first_id(accepted_to) if accepted_to else None,
        "r.external_id = %(external_id)s": external_id,
        NAMED: list(names) if names else None,
        "s.state = ANY(%(states)s)": list(states) if states else None,
        "r.total = %(total)s": total,
    }
    for condition, value in conditions.items():
        if value is not None:
            query += " AND " + condition
            params[condition.split("%(")[1].split(")")[0]] = value
    if fd is not None:
        query += " AND " + _BY_FD
        params["fd"] = fd
    if state is not None:
        # As words of the statement, so that partial indexes answer to them.
        query += f" AND s.state = '{State(state).value}'"
        if state == State.FISCALISED:
            query += " AND " + _UNCONFIRMED
    if operation is not None:
        query += f" AND r.operation = {int(operation)}"
    rows = run(query + " ORDER BY r.id DESC LIMIT %(limit)s", params, again=True)
    return [_status(row) for row in rows]


def receipt_counts(organisation_id: uuid.UUID) -> dict[str, int]:
    """How many receipts are in each state that is not the usual end."""
    return dict(run(COUNTS, {"organisation_id": organisation_id}, again=True))


def receipt_draft(organisation_id: uuid.UUID, receipt_id: uuid.UUID) -> ReceiptDraft | None:
    """What the seller asked for, with the buyer while their data is kept."""
    with within(organisation_id):
        content = ReceiptContent.objects.filter(receipt_id=receipt_id).values_list("draft", flat=True).first()
        if content is None:
            return None
        draft = read_draft(bytes(content))
        buyer = ReceiptContact.objects.filter(receipt_id=receipt_id).values_list("buyer", flat=True).first()
    if buyer:
        return msgspec.structs.replace(draft, buyer=read_buyer(bytes(buyer)))
    return draft


def receipt_drafts(organisation_id: uuid.UUID, receipt_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, ReceiptDraft]:
    """What the seller asked for in each of the receipts, without the buyers."""
    with within(organisation_id):
        rows = ReceiptContent.objects.filter(receipt_id__in=receipt_ids).values_list("receipt_id", "draft")
        return {receipt_id: read_draft(bytes(draft)) for receipt_id, draft in rows}


def receipt_request(organisation_id: uuid.UUID, receipt_id: uuid.UUID) -> bytes | None:
    """The request as it came, while it is kept."""
    with within(organisation_id):
        body = ReceiptRequest.objects.filter(receipt_id=receipt_id).values_list("body", flat=True).first()
    return bytes(body) if body is not None else None


def referring_drafts(organisation_id: uuid.UUID, receipt_id: uuid.UUID) -> list[tuple[uuid.UUID, ReceiptDraft]]:
    """(id, draft) of what refers to a receipt and is or will be a document, the oldest first."""
    with within(organisation_id):
        ids = list(Receipt.objects.filter(refers_to_id=receipt_id).order_by("id").values_list("id", flat=True))
        gone = set(ReceiptState.objects.filter(receipt_id__in=ids, state__in=GONE).values_list("receipt_id", flat=True))
    drafts = [(one, receipt_draft(organisation_id, one)) for one in ids if one not in gone]
    return [(one, draft) for one, draft in drafts if draft is not None]


def receipt_events(organisation_id: uuid.UUID, receipt_id: uuid.UUID) -> list[ReceiptEvent]:
    with within(organisation_id):
        return list(ReceiptEvent.objects.filter(receipt_id=receipt_id).order_by("id"))


def receipt_callbacks(
    organisation_id: uuid.UUID, receipt_id: uuid.UUID
) -> list[tuple[Callback, list[CallbackDelivery]]]:
    """Callbacks of a receipt, each with its attempts, newest first."""
    with within(organisation_id):
        callbacks = list(Callback.objects.filter(receipt_id=receipt_id).order_by("id"))
        deliveries = list(
            CallbackDelivery.objects.filter(callback_id__in=[callback.id for callback in callbacks]).order_by("-id")
        )
    return [(callback, [d for d in deliveries if d.callback_id == callback.id]) for callback in callbacks]


def callback_progress(organisation_id: uuid.UUID, receipt_id: uuid.UUID) -> tuple[str, int] | None:
    """(state, attempts) of a receipt's newest callback, None before there is one."""
    with within(organisation_id):
        newest = Callback.objects.filter(receipt_id=receipt_id).order_by("-id")
        return newest.values_list("state", "attempts").first()


def _first_id(moment: dt.datetime) -> uuid.UUID:
    """The least UUIDv7 of a moment."""
    return uuid.UUID(int=int(moment.timestamp() * 1000) << 80)


def _status(row: tuple) -> ReceiptStatus:
    document = None
    if row[20] is not None:
        document = DocumentFacts(
            fn=row[20],
            fd=row[21],
            shift=row[22],
            number=row[23],
            fiscal_sign=row[24],
            local_time=row[25],
            made_at=row[26],
            rnm=row[27],
            serial=row[28],
            register_id=row[29],
        )
    return ReceiptStatus(
        receipt_id=row[0],
        organisation_id=row[1],
        channel_id=row[2],
        channel_kind=row[3],
        channel_code=row[4],
        external_id=row[5],
        form=row[6],
        operation=row[7],
        total=row[8],
        taxation=row[9],
        lines=row[10],
        refers_to_id=row[11],
        callback_url=row[12],
        warnings=tuple(msgspec.json.decode(row[13])) if row[13] else (),  # jsonb comes as text
        accepted_at=row[14],
        state=row[15],
        changed_at=row[16],
        error_code=row[17],
        error_text=row[18],
        acknowledgement=row[19],
        document=document,
        marks=row[30] or 0,
    )


def channel_get(organisation_id: uuid.UUID, channel_id: uuid.UUID) -> Channel | None:
    with within(organisation_id):
        return Channel.objects.filter(id=channel_id).first()


def channel_find(organisation_id: uuid.UUID, kind: str, code: str = "") -> Channel | None:
    """The channel of a kind with that code; without a code the organisation's first one."""
    with within(organisation_id):
        channels = Channel.objects.filter(kind=kind).order_by("created_at", "id")
        return (channels.filter(code=code) if code else channels).first()


def channel_keys(organisation_id: uuid.UUID, channel_id: uuid.UUID) -> list[ChannelKey]:
    """Credentials of a channel: those in use first, the newest of each first."""
    keys = ChannelKey.objects.filter(organisation_id=organisation_id, channel_id=channel_id).order_by("-id")
    return sorted(keys, key=lambda key: key.revoked_at is not None)
