"""Versions of the protocol that are served, by the part of the path that names them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from openkassa.api.atol import v4, v5
from openkassa.api.atol.words import OPERATIONS, OPERATIONS_V5, Operation
from openkassa.api.mapped import Mapped
from openkassa.fiscal.ffd.tags import FFD_1_2, FFD_NAMES
from openkassa.kassa.receipts.channels import ChannelContext


class Version(NamedTuple):
    """`formats`: FFD of the pools that it can be spoken with."""

    operations: Mapping[str, Operation]
    mapped: Callable[[bytes, Operation, ChannelContext, dt.date], Mapped]
    formats: frozenset[int]


VERSIONS: Final = {
    "v4": Version(OPERATIONS, v4.mapped, frozenset(FFD_NAMES)),
    "v5": Version(OPERATIONS_V5, v5.mapped, frozenset({FFD_1_2})),
}
