"""A receipt as its buyer sees it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import msgspec

from openkassa.core.models import Organisation
from openkassa.core.settings import settings
from openkassa.core.tenancy import all_tenants, within
from openkassa.fiscal.draft import ReceiptDraft
from openkassa.kassa.outlets.models import Outlet
from openkassa.kassa.receipts.models import Receipt
from openkassa.kassa.receipts.selectors import ReceiptStatus, receipt_draft, receipt_status
from openkassa.kassa.registers.models import CashRegister, Pool


@dataclass(frozen=True, kw_only=True, slots=True)
class PublicReceipt:
    """What the page, the print view and the PDF are made of."""

    status: ReceiptStatus
    draft: ReceiptDraft  # without the buyer: the address of the page may be passed on
    seller: str
    inn: str
    currency: str
    address: str
    place: str
    utc_offset: int
    sender_email: str

    @property
    def operator_url(self) -> str:
        """The operator's own page about the document; empty before there is one."""
        document = self.status.document
        if document is None:
            return ""

        return f"{settings().ofd_public_url}/receipt/{document.fn}/{document.fd}/{document.fiscal_sign}"


def public_receipt(receipt_id: uuid.UUID) -> PublicReceipt | None:
    """The receipt with this id, whoever's it is; the caller has checked the token of its address."""
    with all_tenants("the address of a public receipt names no organisation"):
        organisation_id = Receipt.objects.filter(id=receipt_id).values_list("organisation_id", flat=True).first()
    if organisation_id is None:
        return None
    status = receipt_status(organisation_id, receipt_id)
    draft = receipt_draft(organisation_id, receipt_id)
    if status is None or draft is None:
        return None
    draft = msgspec.structs.replace(draft, buyer=None)
    organisation = Organisation.objects.get(id=organisation_id)
    with within(organisation_id):
        pool = Pool.objects.get(id=Receipt.objects.values_list("pool_id", flat=True).get(id=receipt_id))
        outlet = Outlet.objects.get(id=pool.outlet_id)
        register = CashRegister.objects.filter(id=status.document.register_id).first() if status.document else None
    return PublicReceipt(
        status=status,
        draft=draft,
        seller=organisation.name,
        inn=organisation.inn,
        currency=organisation.currency,
        address=draft.address or outlet.address,
        place=draft.place or outlet.place,
        utc_offset=register.utc_offset if register else outlet.utc_offset,
        sender_email=draft.seller_email or pool.sender_email,
    )
