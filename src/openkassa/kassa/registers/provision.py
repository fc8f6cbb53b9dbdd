"""Drivers of registers: which one, found where, with which secret."""

from __future__ import annotations

import threading

from openkassa.core import keys
from openkassa.kassa.registers.drivers.base import CashRegisterDriver
from openkassa.kassa.registers.drivers.emulator import DeviceConnection, EmulatorDriver
from openkassa.kassa.registers.models import CashRegister

KEY_RING = "device"
ANSWER_SECONDS = 10.0  # less than the term of a lease
_local = threading.local()


def device_secret() -> str:
    """The secret that emulated devices of this installation are started with."""
    return keys.secret(KEY_RING).hex()


def driver_of(register: CashRegister) -> CashRegisterDriver:
    """The driver of a register; each thread keeps its own connection to each device."""
    drivers = _local.__dict__.setdefault("drivers", {})
    key = (register.endpoint, register.serial)
    if key not in drivers:
        connection = DeviceConnection(register.endpoint, device_secret(), answer_seconds=ANSWER_SECONDS)
        drivers[key] = EmulatorDriver(connection, register.serial)
    return drivers[key]
