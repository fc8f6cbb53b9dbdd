"""Secrets and numbers of a new business, apart from the databases that keep them."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

FN_PREFIX = "9999"  # numbers of emulated storages: nothing made with them can be taken for real


class AtolAccess(msgspec.Struct, kw_only=True):
    login: str
    password: str
    group: str


@dataclass(frozen=True, kw_only=True)
class NewRegister:
    serial: str
    fn: str
    sequence: int  # of the test registration number
