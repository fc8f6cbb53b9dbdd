"""`device.json` in a device's home: where it listens, its secret, the operator, and its registers.

    {"listen": "127.0.0.1:7801" or "unix:/run/kassa/device.sock", "secret": "…", "ofd": "127.0.0.1:7777",
     "http": "127.0.0.1:7802", "registers": [{"serial": "00000001", "fn": "9999…", "documents_per_second": 1}]}

`ofd` null: nothing is delivered. `oism`, host:port of the marking service; null: codes are checked by the storage alone
and notifications of sales wait. `http` null or left out: no health page. The file is replaced whole when a register is
added while the device runs.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from openkassa.fiscal.fn import emulation, limits

from .files import replace_file

FILE = "device.json"
MAX_REGISTERS = 1000


class DeviceProblem(Exception):
    """The device can't start; the text says what is wrong and where."""


class RegisterConfig(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    serial: str
    fn: str
    documents_per_second: float | None = None  # None: unpaced
    documents_limit: int = limits.DOCUMENTS_LIMIT
    undelivered_limit: int = limits.UNDELIVERED_LIMIT
    days: int = limits.DAYS_15_MONTHS


class DeviceConfig(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    listen: str
    secret: str
    ofd: str | None = None
    oism: str | None = None
    http: str | None = None
    registers: list[RegisterConfig] = []
    answer_seconds: float = 300
    ping_seconds: float = 60


def load(home: Path) -> DeviceConfig:
    """Read and check `device.json`. DeviceProblem names the file and the field."""
    path = home / FILE
    try:
        config = msgspec.json.decode(path.read_bytes(), type=DeviceConfig)
    except OSError as error:
        raise DeviceProblem(f"{path}: {error.strerror}; the device needs this file") from None
    except msgspec.DecodeError as error:
        raise DeviceProblem(f"{path}: {error}") from None
    if len(config.secret) < 16:
        raise DeviceProblem(f"{path}: the secret has fewer than 16 characters")
    for address in (config.ofd, config.oism, config.http):
        if address is not None:
            host_and_port(address)
    if not config.listen.startswith("unix:"):
        host_and_port(config.listen)
    for number, register in enumerate(config.registers):
        problem = check_register(register, config.registers[:number])
        if problem:
            raise DeviceProblem(f"{path}: {problem}")
    return config


def save(home: Path, config: DeviceConfig) -> None:
    """Replace `device.json`; only its owner may read it, since the secret is in it."""
    replace_file(home / FILE, msgspec.json.format(msgspec.json.encode(config), indent=2))


def check_register(register: RegisterConfig, others: list[RegisterConfig]) -> str | None:
    """What is wrong with a register, or None."""
    serial = register.serial
    if not 0 < len(serial) <= 20 or not (serial.isascii() and serial.isalnum()):
        return f"serial number {serial!r} is not 1 to 20 letters and digits"
    try:
        emulation.check_number(register.fn)
    except emulation.NotEmulated as error:
        return str(error)
    pace = register.documents_per_second
    if pace is not None and not 0 < pace <= 1000:
        return f"documents_per_second of {serial} is {pace}, not above 0 and at most 1000"
    if not 0 < register.days <= 0xFFFF:
        return f"days of {serial} is {register.days}, not 1 to 65535"
    if not limits.DOCUMENTS_RESERVE < register.documents_limit <= 0xFFFFFF or register.undelivered_limit <= 0:
        return f"limits of {serial} are not positive numbers of at most 24 bits"
    if any(other.serial == serial or other.fn == register.fn for other in others):
        return f"register {serial} or storage {register.fn} is there twice"
    return None


def host_and_port(address: str) -> tuple[str, int]:
    """ "host:port" in two; DeviceProblem when it is something else."""
    host, colon, port = address.rpartition(":")
    if not colon or not host or not port.isdigit() or not 0 <= int(port) <= 0xFFFF:
        raise DeviceProblem(f"address {address!r} is not host:port")
    return host.strip("[]"), int(port)
