"""Login and password that a client gets for itself with the cabinet password of a person (`associate`).

Pairs that were given before stay good: shops that share a channel must not cut each other off. A channel has at most
`PAIRS` of them; when there are more, those longest out of use are revoked.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.db.models.functions import Coalesce

from openkassa.core.clock import now
from openkassa.core.keys import random_password
from openkassa.core.tenancy import within
from openkassa.kassa.receipts.channels import channel_key_create, forget_channels
from openkassa.kassa.receipts.models import Channel, ChannelKey

PAIRS: Final = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    login: str
    password: str
    kept: int  # pairs given before that go on opening the channel
    revoked: int  # of those longest out of use, that no longer do


@transaction.atomic
def pair_create(*, channel: Channel) -> Pair:
    """A new pair for a channel. The password is shown here and never again."""
    with within(channel.organisation_id):
        Channel.objects.select_for_update().get(id=channel.id)
    used = Coalesce("last_used_at", "created_at")
    mine = ChannelKey.objects.filter(organisation_id=channel.organisation_id, channel_id=channel.id, revoked_at=None)
    ids = list(mine.order_by(used.desc(), "-id").values_list("id", flat=True))
    surplus = ids[PAIRS - 1 :]
    ChannelKey.objects.filter(id__in=surplus).update(revoked_at=now())
    login, password = str(uuid.uuid4()), random_password()
    channel_key_create(channel=channel, login=login, secret=password)
    return Pair(login=login, password=password, kept=len(ids) - len(surplus), revoked=len(surplus))


@transaction.atomic
def pairs_revoke(*, channel: Channel) -> int:
    """Closes every pair of a channel; returns how many."""
    mine = ChannelKey.objects.filter(organisation_id=channel.organisation_id, channel_id=channel.id, revoked_at=None)
    revoked = mine.update(revoked_at=now())
    forget_channels()
    return revoked
