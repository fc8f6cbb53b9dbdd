"""Links of Russia's faster payments (СБП): `https://qr.nspk.ru/AS…` of a sticker, `AD…` of one sale.

Ids are given out by НСПК through a bank; nobody makes their own but the sandbox. The checksum `crc` is
CRC-16/CCITT-FALSE of the text before `&crc=`, four upper-case hex digits; confirmed on published links.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from typing import Final, Literal

from openkassa.payqr.elqr import WrongQr

HOST: Final = "https://qr.nspk.ru/"
KINDS: Final[dict[str, Literal["static", "dynamic"]]] = {"AS": "static", "AD": "dynamic"}
TYPES: Final = {"static": "01", "dynamic": "02"}
_LINK: Final = re.compile(
    r"https://qr\.nspk\.ru/(?P<id>A[SD][0-9A-Z]{30})"
    r"(?:\?type=(?P<type>\d\d)&bank=(?P<bank>\d{12})(?:&sum=(?P<sum>\d{1,12})&cur=(?P<cur>[A-Z]{3}))?"
    r"&crc=(?P<crc>[0-9A-Fa-f]{4}))?"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sbp:
    id: str  # 32 characters
    bank: str | None = None  # 12 digits; None in the short form, which says nothing but the id
    amount: int | None = None  # kopecks

    @property
    def kind(self) -> Literal["static", "dynamic"]:
        return KINDS[self.id[:2]]


def read(link: str) -> Sbp:
    """What a link says. Raises `WrongQr`."""
    found = _LINK.fullmatch(link.strip())
    if found is None:
        raise WrongQr("form", "not a link of the form https://qr.nspk.ru/AS… or AD…")
    qr = Sbp(id=found["id"], bank=found["bank"], amount=int(found["sum"]) if found["sum"] else None)
    if qr.bank is None:
        return qr
    if found["type"] != TYPES[qr.kind]:
        raise WrongQr("value", f"type={found['type']} of an id that begins with {qr.id[:2]}", "type")
    if found["cur"] not in (None, "RUB"):
        raise WrongQr("value", f"cur={found['cur']}, not RUB", "cur")
    if crc(link.strip().rpartition("&crc=")[0]) != found["crc"].upper():
        raise WrongQr("checksum", "crc is not that of the text before it", "crc")
    return qr


def link(qr: Sbp) -> str:
    """The link that a bank gives for a code. Raises `WrongQr`."""
    if not re.fullmatch("A[SD][0-9A-Z]{30}", qr.id):
        raise WrongQr("value", "an id is AS or AD and 30 digits and capital letters", "id")
    if qr.bank is None:
        return HOST + qr.id
    if qr.kind == "dynamic" and not qr.amount:
        raise WrongQr("value", "a code of one sale names an amount above zero", "sum")
    money = f"&sum={qr.amount}&cur=RUB" if qr.amount else ""
    text = f"{HOST}{qr.id}?type={TYPES[qr.kind]}&bank={qr.bank}{money}"
    return f"{text}&crc={crc(text)}"


def crc(text: str) -> str:
    """CRC-16/CCITT-FALSE: polynomial 1021, from FFFF, not reflected; four upper-case hex digits."""
    return f"{binascii.crc_hqx(text.encode(), 0xFFFF):04X}"
