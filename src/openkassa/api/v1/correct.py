"""Putting a wrong receipt right over v1: what would be made, and making it."""

from __future__ import annotations

import uuid

from openkassa.api.v1 import drafts
from openkassa.api.v1.making import check_texts, digest_of, named
from openkassa.api.v1.problems import Refused, of_faults
from openkassa.api.v1.wire_corrections import CorrectionOrder, CorrectionPlan
from openkassa.fiscal.draft import ReceiptDraft
from openkassa.kassa.receipts.channels import ChannelContext
from openkassa.kassa.receipts.corrections import (
    Build,
    Corrected,
    CorrectionImpossible,
    correction_accept,
    correction_preview,
)
from openkassa.kassa.receipts.models import Receipt
from openkassa.kassa.receipts.services import Accepted, DraftRefused


def preview(plan: CorrectionPlan, wrong_id: uuid.UUID, channel: ChannelContext) -> Corrected:
    """Raises `Refused`."""
    try:
        return correction_preview(channel=channel, wrong_id=wrong_id, build=_build(plan, channel), order=plan.order)
    except (CorrectionImpossible, DraftRefused, Receipt.DoesNotExist) as error:
        raise _refused(error) from None


def issue(order: CorrectionOrder, body: bytes, wrong_id: uuid.UUID, channel: ChannelContext) -> list[Accepted]:
    """Raises `Refused`."""
    check_texts(order.external_id, None)
    try:
        made = correction_accept(
            channel=channel,
            wrong_id=wrong_id,
            build=_build(order, channel),
            order=order.order,
            external_id=order.external_id,
            body=body,
            body_digest=digest_of((str(wrong_id), order)),
        )
    except (CorrectionImpossible, DraftRefused, Receipt.DoesNotExist) as error:
        raise _refused(error) from None
    for one in made:
        if not one.same_body:
            raise Refused(
                "external_id_taken", "под этим external_id принято другое", "external_id", receipt_id=one.receipt_id
            )
    return made


def _build(plan: CorrectionPlan, channel: ChannelContext) -> Build:
    def build(wrong: ReceiptDraft) -> ReceiptDraft | None:
        return drafts.map_changes(plan.right, wrong, channel.profile) if plan.right is not None else None

    return build


def _refused(error: Exception) -> Refused:
    if isinstance(error, DraftRefused):
        return of_faults([(finding.code, f"right.{named(finding.path)}", finding.text) for finding in error.findings])
    if isinstance(error, CorrectionImpossible):
        return Refused("correction_impossible", str(error))
    return Refused("receipt_unknown", "нет чека с таким id")
