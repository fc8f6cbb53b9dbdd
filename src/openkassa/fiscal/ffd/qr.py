"""The QR string of a receipt: `t=20240809T0824&s=289.96&fn=7284440700391860&i=27758&fp=283447322&n=1`."""

from __future__ import annotations

import datetime as dt
import re
from urllib.parse import parse_qsl

import msgspec

from ..identifiers import roubles

_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - till-local time has no zone
_TIME = re.compile(r"(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})?")
_SUM = re.compile(r"(\d{1,13})(?:[.,](\d{1,2}))?")
_MAX_LENGTH = 512


class ReceiptQR(msgspec.Struct, frozen=True, kw_only=True):
    """`local_time` is seconds since 1970 in till-local time, `total` kopecks."""

    local_time: int
    total: int
    fn: str
    fd: int
    fiscal_sign: int
    operation: int

    def __str__(self) -> str:
        time = _EPOCH + dt.timedelta(seconds=self.local_time)
        return (
            f"t={time:%Y%m%dT%H%M}&s={roubles(self.total)}&fn={self.fn}"
            f"&i={self.fd}&fp={self.fiscal_sign}&n={self.operation}"
        )


class NotAReceiptQR(ValueError):
    """Text that isn't the QR string of a receipt; the message says which part."""


def parse(text: str) -> ReceiptQR:
    """Read a QR string leniently: any order, seconds or not, a comma in the sum, an address in front of it."""
    text = text.strip()
    if len(text) > _MAX_LENGTH:
        raise NotAReceiptQR(f"{len(text)} characters; the QR string of a receipt is much shorter")
    parts = {name.strip().lower(): value.strip() for name, value in parse_qsl(text.rsplit("?", 1)[-1])}
    missing = [name for name in ("t", "s", "fn", "i", "fp", "n") if not parts.get(name)]
    if missing:
        raise NotAReceiptQR(f"no {', '.join(missing)} in the QR string of a receipt")
    return ReceiptQR(
        local_time=_time(parts["t"]),
        total=_sum(parts["s"]),
        fn=_digits(parts, "fn", 20),
        fd=int(_digits(parts, "i", 10)),
        fiscal_sign=int(_digits(parts, "fp", 10)),
        operation=_operation(parts["n"]),
    )


def _time(text: str) -> int:
    match = _TIME.fullmatch(text)
    try:
        if match is None:
            raise ValueError
        year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
        moment = dt.datetime(year, month, day, hour, minute, second)  # noqa: DTZ001
    except ValueError:
        raise NotAReceiptQR(f"t={text} isn't a time like 20240809T0824") from None
    return int((moment - _EPOCH).total_seconds())


def _sum(text: str) -> int:
    match = _SUM.fullmatch(text)
    if match is None or not text.isascii():
        raise NotAReceiptQR(f"s={text} isn't a sum like 289.96")
    return int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))


def _digits(parts: dict[str, str], name: str, most: int) -> str:
    text = parts[name]
    if not text.isascii() or not text.isdigit() or len(text) > most:
        raise NotAReceiptQR(f"{name}={text} isn't a number of at most {most} digits")
    return text


def _operation(text: str) -> int:
    if text not in ("1", "2", "3", "4"):
        raise NotAReceiptQR(f"n={text} isn't 1, 2, 3 or 4")
    return int(text)
