"""The operator's cryptographic module (ПКЗ): which storages it serves, checks of their signs, acknowledgements.

The default serves emulated storages alone, numbers beginning with 9999. An operator with a certified module gives a
class of its own: `KASSA_OFD_VERIFIER=package.module:Class`, called without arguments.
"""

from __future__ import annotations

import datetime as dt
import importlib
import os
from typing import Protocol

from openkassa.core.settings import WrongSetting
from openkassa.fiscal import fn
from openkassa.fiscal.fn import emulation
from openkassa.fiscal.wire import Container

VARIABLE = "KASSA_OFD_VERIFIER"
MOSCOW = dt.timezone(dt.timedelta(hours=3))


class Verifier(Protocol):
    def accepts(self, fn: str) -> bool:
        """Whether signs of this storage can be checked at all; documents of others are refused."""
        ...

    def message_sign_holds(self, container: Container) -> bool: ...

    def fiscal_sign_holds(self, container: Container) -> bool: ...

    def acknowledge(self, container: Container, *, code: int, now: dt.datetime) -> bytes:
        """Container of the acknowledgement (form 7) with the code of tag 1022: 0, 11 or 14."""
        ...


class EmulationVerifier:
    """Signs and acknowledgements of the emulation (`openkassa.fiscal.fn.emulation`)."""

    def __init__(self, operator_inn: str = emulation.OPERATOR_INN, time_zone: dt.tzinfo = MOSCOW) -> None:
        self._operator_inn = operator_inn
        self._time_zone = time_zone

    def accepts(self, fn: str) -> bool:
        return len(fn) == 16 and fn.startswith(emulation.EMULATED_PREFIX)

    def message_sign_holds(self, container: Container) -> bool:
        return emulation.message_sign_holds(container)

    def fiscal_sign_holds(self, container: Container) -> bool:
        return emulation.fiscal_sign_holds(container)

    def acknowledge(self, container: Container, *, code: int, now: dt.datetime) -> bytes:
        offset = self._time_zone.utcoffset(now) or dt.timedelta()
        local_time = int(now.timestamp() + offset.total_seconds())
        return fn.make_acknowledgement(container, operator_inn=self._operator_inn, code=code, local_time=local_time)


def configured_verifier() -> Verifier:
    """The one that the environment names, else the emulation. Raises `WrongSetting`."""
    path = os.environ.get(VARIABLE)
    if not path:
        return EmulationVerifier()
    module, _, name = path.partition(":")
    try:
        return getattr(importlib.import_module(module), name)()
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        raise WrongSetting(VARIABLE, f"«{path}» can't be made: {error}; give package.module:Class") from error
