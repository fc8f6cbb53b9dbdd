"""Where a receipt's page hears of changes: the events process, which a ticket opens for this receipt alone."""

from __future__ import annotations

import uuid
from urllib.parse import urlencode

from openkassa.core.clock import now
from openkassa.core.settings import settings
from openkassa.core.tickets import make_ticket


def events_address(organisation_id: uuid.UUID, receipt_id: uuid.UUID) -> str:
    """Address of the receipt's event stream, good for the five minutes in which a stream may be opened."""
    ticket = make_ticket(organisation_id, [f"receipt:{receipt_id}"], now())
    return f"{settings().events_public_url}/events/receipts/{receipt_id}?{urlencode({'ticket': ticket})}"
