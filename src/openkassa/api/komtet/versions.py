"""Versions of the protocol that are served, by the part of the path that names them."""

from __future__ import annotations

import datetime as dt
from typing import Final, NamedTuple

import msgspec

from openkassa.api.body import decode
from openkassa.api.komtet import v1, v2, wire
from openkassa.api.komtet.checks import Own, map_check
from openkassa.api.mapped import Mapped
from openkassa.kassa.receipts.channels import ChannelContext


class Version(NamedTuple):
    check: msgspec.json.Decoder
    many: msgspec.json.Decoder
    own: Own

    def mapped(self, body: bytes, channel: ChannelContext, day: dt.date) -> Mapped:
        """What a check asks for. Raises `BadBody`, `WrongField`, `Invalid`."""
        return map_check(decode(body, self.check), channel, day, self.own)


VERSIONS: Final = {
    "v1": Version(wire.check_v1, wire.many_v1, v1.OWN),
    "v2": Version(wire.check_v2, wire.many_v2, v2.OWN),
}
