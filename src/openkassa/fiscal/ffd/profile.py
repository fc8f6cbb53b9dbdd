"""What is fixed for a pool of registers: one FFD version and one tax profile."""

from __future__ import annotations

from ..draft import Struct
from .tags import FFD_1_2

FNS_SITE = "www.nalog.gov.ru"


class Profile(Struct, frozen=True):
    """Registers of a pool differ in their numbers only; the rest, which receipts repeat, is here."""

    inn: str  # 1018
    address: str  # 1009, address of the settlement
    place: str  # 1187, place of the settlement: name of the shop, site
    ffd: int = FFD_1_2  # 1209: 2 is 1.05, 3 is 1.1, 4 is 1.2
    user: str | None = None  # 1048
    taxation: int = 1  # 1062, bits of the taxation systems that the registers were registered with
    seller_email: str | None = None  # 1117
    fns_site: str = FNS_SITE  # 1060
    internet_only: bool = False  # 1108 (FFD 1.05 and 1.1), bit 5 of 1290 (1.2)
    machine_number: str | None = None  # 1036
