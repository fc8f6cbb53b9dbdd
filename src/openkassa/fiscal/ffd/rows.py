"""Rows of a printed document."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - till-local time has no zone


class Row(NamedTuple):
    """`kind`: "center", "text" (left), "pair" (left and right) or "rule" (a line across)."""

    kind: str
    left: str = ""
    right: str = ""
    strong: bool = False


def center(line: str, *, strong: bool = False) -> Row:
    return Row("center", plain(line), strong=strong)


def text(line: str) -> Row:
    return Row("text", plain(line))


def pair(left: str, right: str, *, strong: bool = False) -> Row:
    return Row("pair", plain(left), plain(right), strong)


def rule() -> Row:
    return Row("rule")


def plain(line: str) -> str:
    """`line` with a space for each character that isn't printed: real documents have line ends inside addresses, and
    escape sequences of a terminal or printer must not come through."""
    return line if line.isprintable() else "".join(one if one.isprintable() else " " for one in line)


def local_time(seconds: int) -> dt.datetime:
    """Till-local seconds as a time without a zone."""
    return _EPOCH + dt.timedelta(seconds=seconds)
