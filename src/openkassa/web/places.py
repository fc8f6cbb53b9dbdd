"""Where receipts of an organisation come from and by which clock its people live."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from openkassa.core.tenancy import within
from openkassa.kassa.outlets.models import Outlet
from openkassa.kassa.receipts.models import Channel
from openkassa.kassa.registers.models import Pool

MOSCOW = 180


@dataclass(frozen=True, slots=True)
class Place:
    """A channel with the outlet that it sells for."""

    channel: str
    outlet: str
    utc_offset: int  # minutes


def places(organisation_id: uuid.UUID) -> dict[uuid.UUID, Place]:
    """By channel id. Three queries."""
    with within(organisation_id):
        outlets = {outlet.id: outlet for outlet in Outlet.objects.all()}
        pools = dict(Pool.objects.values_list("id", "outlet_id"))
        channels = list(Channel.objects.order_by("name"))
    return {
        channel.id: Place(
            channel.name, outlets[pools[channel.pool_id]].name, outlets[pools[channel.pool_id]].utc_offset
        )
        for channel in channels
    }


def offset_of(organisation_id: uuid.UUID) -> int:
    """Minutes ahead of UTC of the organisation's first outlet, by which its days are counted in lists."""
    with within(organisation_id):
        found = Outlet.objects.order_by("id").values_list("utc_offset", flat=True).first()
    return MOSCOW if found is None else found
