"""Every write to receipts but their fiscalisation."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from dataclasses import dataclass

import msgspec
import structlog

from openkassa.core import doorbell
from openkassa.core.clock import now
from openkassa.core.db import atomic
from openkassa.core.ids import uuid7
from openkassa.core.tenancy import within
from openkassa.fiscal.draft import ReceiptDraft
from openkassa.fiscal.ffd.control import check_and_render
from openkassa.fiscal.ffd.findings import errors
from openkassa.fiscal.prepaying import prepaid_in
from openkassa.kassa.marking.check import codes_of, draft_check, noted, refusals
from openkassa.kassa.marking.check import warnings as marking_warnings
from openkassa.kassa.marking.service import Checked
from openkassa.kassa.receipts import sql
from openkassa.kassa.receipts.alike import alike_warnings
from openkassa.kassa.receipts.callbacks import callbacks_enqueue
from openkassa.kassa.receipts.channels import ChannelContext, channels_with_expiry
from openkassa.kassa.receipts.models import ReceiptEvent, ReceiptState, State

log = structlog.get_logger(__name__)
_encode = msgspec.json.Encoder().encode


class DraftRefused(Exception):
    """The draft can't become a fiscal document; `findings` name each fault. Nothing was stored."""

    def __init__(self, findings: list) -> None:
        super().__init__("; ".join(finding.text for finding in findings))
        self.findings = findings


class NotWaiting(Exception):
    """The receipt is already with a register or finished, so it can't be withdrawn."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepted:
    receipt_id: uuid.UUID
    repeat: bool  # the key was known: this is the first receipt's id and nothing was stored
    same_body: bool  # of a repeat: whether it asked for the same
    accepted_at: dt.datetime
    warnings: tuple[str, ...]


def receipt_preview(*, channel: ChannelContext, draft: ReceiptDraft) -> tuple[str, ...]:
    """What `receipt_accept` would warn of; nothing is stored. Raises `DraftRefused`."""
    return _rendered(channel, draft, now())[1]


def _rendered(channel: ChannelContext, draft: ReceiptDraft, at: dt.datetime) -> tuple[bytes, tuple[str, ...]]:
    """(content for the storage, warnings)."""
    local_day = (at + dt.timedelta(minutes=channel.utc_offset)).date()
    findings, content = check_and_render(draft, channel.profile, local_day)
    if content is None:
        raise DraftRefused(errors(findings))
    return content, tuple(f"{finding.path}: {finding.text}" for finding in findings)


def receipt_accept(
    *,
    channel: ChannelContext,
    draft: ReceiptDraft,
    external_id: str,
    body: bytes,
    external_key: str | None = None,
    body_digest: bytes | None = None,
    refers_to_id: uuid.UUID | None = None,
    callback_url: str = "",
    email: str = "",
    phone: str = "",
    language: str = "ru",
    warnings: tuple[str, ...] = (),
    checked: Checked | None = None,
    warn_of_alike: bool = False,
) -> Accepted:
    """Stores a sale to be fiscalised: checked and rendered now, so that nothing accepted can fail later for its form.

    One statement, one commit. A key that is known answers with the first receipt. Raises `DraftRefused`.

    Marking codes are asked about before (see `kassa.marking`), unless `checked` says what came of it: a caller in a
    transaction has asked before it.
    """
    at = now()
    content, found = _rendered(channel, draft, at)
    warnings += found
    digest = body_digest or hashlib.sha256(body).digest()
    key = external_key or external_id
    if channel.marking_key and codes_of(draft):
        if _is_known(channel, key):
            return _repeat(channel, key, digest)
        checked = checked or draft_check(channel.marking_key, draft, fn=channel.marking_fn)
        if checked is not None:
            draft, content, more = _with_marks(draft, checked, channel, at)
            warnings += more
    if warn_of_alike:
        warnings += alike_warnings(channel=channel, draft=draft, content=content, external_key=key, at=at)
    receipt_id = uuid7()
    stored = sql.receipt_insert(
        organisation_id=channel.organisation_id,
        row={
            "id": receipt_id,
            "channel_id": channel.channel_id,
            "pool_id": channel.pool_id,
            "external_key": key,
            "external_id": external_id,
            "body_digest": digest,
            "form": draft.form,
            "operation": draft.operation,
            "total": draft.total,
            "taxation": draft.taxation,
            "lines": len(draft.items),
            "marks": sum(item.mark is not None for item in draft.items) or None,
            "refers_to_id": refers_to_id,
            "callback_url": callback_url or channel.callback_url,
            "warnings": _encode(warnings).decode() if warnings else None,
            "at": at,
            "content": content,
            "draft": _encode(msgspec.structs.replace(draft, buyer=None)),
            "body": body,
            "event_id": uuid7(),
            "email": email,
            "phone": phone,
            "buyer": _encode(draft.buyer) if draft.buyer is not None else b"",
            "language": language,
            "has_contact": bool(email or phone or draft.buyer),
            "prepaid": prepaid_in(draft),
        },
    )
    if stored:
        doorbell.ring("receipts")
        return Accepted(receipt_id=receipt_id, repeat=False, same_body=True, accepted_at=at, warnings=warnings)
    return _repeat(channel, key, digest)


def _is_known(channel: ChannelContext, key: str) -> bool:
    return (
        sql.receipt_existing(organisation_id=channel.organisation_id, channel_id=channel.channel_id, external_key=key)
        is not None
    )


def _with_marks(
    draft: ReceiptDraft, checked: Checked, channel: ChannelContext, at: dt.datetime
) -> tuple[ReceiptDraft, bytes, tuple[str, ...]]:
    """(draft with what was said of its codes, content, warnings). Raises `DraftRefused` for what may not be sold."""
    refused = refusals(draft, checked, at)
    if refused:
        log.info(
            "marking_refused",
            organisation_id=str(channel.organisation_id),
            channel_id=str(channel.channel_id),
            checks=[finding.code for finding in refused],
        )
        raise DraftRefused(refused)
    draft, more = noted(draft, checked), marking_warnings(draft, checked)
    if more:
        log.warning("marking_not_checked", channel_id=str(channel.channel_id), problem=checked.problem, codes=len(more))
    content, _ = _rendered(channel, draft, at)
    return draft, content, more


def _repeat(channel: ChannelContext, key: str, digest: bytes) -> Accepted:
    first = sql.receipt_existing(
        organisation_id=channel.organisation_id, channel_id=channel.channel_id, external_key=key
    )
    if first is None:
        raise RuntimeError("the key was refused as taken, yet no receipt has it")
    receipt_id, first_digest, accepted_at, first_warnings = first
    same = bytes(first_digest) == digest
    if not same:
        log.warning(
            "receipt_key_conflict",
            organisation_id=str(channel.organisation_id),
            channel_id=str(channel.channel_id),
            receipt_id=str(receipt_id),
        )
    return Accepted(
        receipt_id=receipt_id,
        repeat=True,
        same_body=same,
        accepted_at=accepted_at,
        warnings=tuple(msgspec.json.decode(first_warnings)) if first_warnings else (),
    )


def receipt_withdraw(*, organisation_id: uuid.UUID, receipt_id: uuid.UUID, reason: str) -> None:
    """Takes a waiting receipt back, under the lock by which a worker would claim it.

    Raises `NotWaiting` when a register has it already, `ReceiptState.DoesNotExist` for an unknown one.
    """
    at = now()
    with atomic(), within(organisation_id):
        state = ReceiptState.objects.select_for_update().get(receipt_id=receipt_id)
        if state.state != State.ACCEPTED:
            raise NotWaiting(state.state)
        ReceiptState.objects.filter(receipt_id=receipt_id).update(
            state=State.WITHDRAWN, error_code="withdrawn", error_text=reason[:500], changed_at=at
        )
        ReceiptEvent.objects.create(
            organisation_id=organisation_id,
            receipt_id=receipt_id,
            state=State.WITHDRAWN,
            at=at,
            data={"reason": reason[:500]},
        )
        sql.prepayments_release(organisation_id=organisation_id, receipt_ids=[receipt_id])
        callbacks_enqueue(organisation_id=organisation_id, receipt_ids=[receipt_id], event="withdrawn", at=at)


def receipts_expire(limit: int = 100) -> int:
    """Withdraws receipts that have waited longer than their channel allows; returns how many."""
    at = now()
    count = 0
    for organisation_id, channel_id, seconds in channels_with_expiry():
        with atomic():
            withdrawn = sql.receipts_withdraw_expired(
                organisation_id=organisation_id,
                channel_id=channel_id,
                before=at - dt.timedelta(seconds=seconds),
                at=at,
                text=f"Ждал регистратора дольше {seconds} с",
                limit=limit,
            )
            with within(organisation_id):
                ReceiptEvent.objects.bulk_create(
                    ReceiptEvent(organisation_id=organisation_id, receipt_id=receipt_id, state=State.WITHDRAWN, at=at)
                    for receipt_id in withdrawn
                )
            sql.prepayments_release(organisation_id=organisation_id, receipt_ids=withdrawn)
            callbacks_enqueue(organisation_id=organisation_id, receipt_ids=withdrawn, event="withdrawn", at=at)
        count += len(withdrawn)
    return count
