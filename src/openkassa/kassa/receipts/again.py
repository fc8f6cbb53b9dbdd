"""A receipt that came to nothing is tried once more, and whatever a client repeats, each attempt is made once.

Only a refused or withdrawn receipt may be tried again: both states are final and say that no document was made. An
attempt is a receipt of its own with the same content; its key is the first one's and its number, so two callers that
want the next attempt at once get the same receipt.
"""

from __future__ import annotations

import uuid
from typing import Final

import msgspec

from openkassa.core.tenancy import within
from openkassa.kassa.marking.check import without_permissions
from openkassa.kassa.receipts.channels import ChannelContext
from openkassa.kassa.receipts.models import Receipt, ReceiptContact, ReceiptRequest
from openkassa.kassa.receipts.selectors import GONE, ReceiptStatus, receipt_by_external, receipt_draft
from openkassa.kassa.receipts.services import Accepted, receipt_accept

ATTEMPTS: Final = 20


class NotFailed(Exception):
    """The last attempt is waiting, being made or made: there is nothing to try again."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


class CannotTryAgain(Exception):
    """The text says why, in Russian."""


def attempt_key(external_id: str, number: int) -> str:
    """Key of an attempt; the first has the client's own. No id may hold a line feed, so the rest collide with none."""
    return external_id if number == 1 else f"{external_id}\n{number}"


def latest_attempt(
    organisation_id: uuid.UUID, channel_id: uuid.UUID, external_id: str
) -> tuple[ReceiptStatus, int] | None:
    """(the last attempt at a sale, its number), None for an unknown one."""
    status = receipt_by_external(organisation_id, channel_id, external_id)
    if status is None:
        return None
    number = 1
    while status.state in GONE:
        later = receipt_by_external(organisation_id, channel_id, attempt_key(external_id, number + 1))
        if later is None:
            break
        status, number = later, number + 1
    return status, number


def receipt_accept_again(*, channel: ChannelContext, external_id: str) -> Accepted:
    """Accepts the same sale once more. Raises `Receipt.DoesNotExist`, `NotFailed`, `CannotTryAgain`, `DraftRefused`."""
    organisation_id = channel.organisation_id
    found = latest_attempt(organisation_id, channel.channel_id, external_id)
    if found is None:
        raise Receipt.DoesNotExist
    status, number = found
    if status.state not in GONE:
        raise NotFailed(status.state)
    if number >= ATTEMPTS:
        raise CannotTryAgain(f"попыток уже {number}: исправьте документ и пришлите его под новым id")
    draft = receipt_draft(organisation_id, status.receipt_id)
    if draft is None:
        raise CannotTryAgain("содержание чека больше не хранится")
    if channel.marking_key:  # asked about anew, since the answer may be the reason of the refusal
        draft = msgspec.structs.replace(draft, items=tuple(without_permissions(item) for item in draft.items))
    with within(organisation_id):
        first = Receipt.objects.get(id=status.receipt_id)
        contact = ReceiptContact.objects.filter(receipt_id=status.receipt_id).first()
        body = ReceiptRequest.objects.filter(receipt_id=status.receipt_id).values_list("body", flat=True).first()
    return receipt_accept(
        channel=channel,
        draft=draft,
        external_id=external_id,
        external_key=attempt_key(external_id, number + 1),
        body=bytes(body or b""),
        body_digest=bytes(first.body_digest),
        refers_to_id=first.refers_to_id,
        callback_url=first.callback_url,
        email=contact.email if contact else "",
        phone=contact.phone if contact else "",
        language=contact.language if contact else "ru",
        warnings=tuple(first.warnings or ()),
    )
