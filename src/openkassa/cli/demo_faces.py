"""Channels of the demo business for the wire faces besides ATOL v4 and v1, and how they are told of."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from openkassa.core.settings import Settings

if TYPE_CHECKING:
    from openkassa.kassa.registers.models import Pool


class DemoFace(NamedTuple):
    """`create(organisation, pool)` makes the channel and returns its secrets and numbers, which the home keeps;
    `info(settings, kept)` is the face's part of `kassa demo-info --json`."""

    name: str
    create: Callable[[uuid.UUID, Pool], dict[str, str]]
    info: Callable[[Settings, dict[str, str]], dict[str, str]]


DEMO_FACES: tuple[DemoFace, ...] = ()
