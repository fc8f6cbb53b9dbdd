"""ReceiptDraft: one sale in the terms of the fiscal document formats (FFD), whatever wire face it came by.

Money is integer minor units (kopecks). Codes are the numbers of the order ЕД-7-20/662@; the tag that
each field becomes stands beside it. A draft says what the seller asked for; `ffd.render` turns it into
the content that a cash register hands to its fiscal storage.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import msgspec


class Struct(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    pass


class Agent(Struct):
    """Data of the agent who sells for somebody else (tags 1075, 1044, 1073, 1074, 1026, 1005, 1016)."""

    operation: str | None = None  # 1044
    paying_agent_phones: tuple[str, ...] = ()  # 1073
    receiver_phones: tuple[str, ...] = ()  # 1074
    transfer_phones: tuple[str, ...] = ()  # 1075
    transfer_name: str | None = None  # 1026
    transfer_address: str | None = None  # 1005
    transfer_inn: str | None = None  # 1016


class Supplier(Struct):
    name: str | None = None  # 1225
    inn: str | None = None  # 1226
    phones: tuple[str, ...] = ()  # 1171


class IndustryProps(Struct):
    """Sectoral requisite (1260 of an item, 1261 of a receipt)."""

    authority: str  # 1262, three digits, "030"
    date: str  # 1263, ДД.ММ.ГГГГ
    number: str  # 1264
    value: str  # 1265


class OperatingProps(Struct):
    """Operating requisite of a receipt (1270)."""

    operation_id: int  # 1271
    data: str  # 1272
    at: int  # 1273, seconds of till-local time


class Cashless(Struct):
    """One cashless payment (1235 inside 1234, since 01.09.2025)."""

    amount: int  # 1082
    method: int  # 1236
    ids: str  # 1237
    extra: str | None = None  # 1238


class Mark(Struct):
    """Marking code of one line, and what becomes of the goods (1163, 1291, 2102, 2003/2110)."""

    kind: str  # "unknown" "ean8" "ean13" "itf14" "gs10" "gs1m" "short" "fur" "egais20" "egais30"
    code: str  # the whole code as scanned, group separators as \x1d
    planned_status: int | None = None  # 2003 and 2110
    numerator: int | None = None  # 1293 in 1291, part of a package
    denominator: int | None = None  # 1294 in 1291
    processing_mode: int = 0  # 2102


class Item(Struct):
    name: str  # 1030
    price: int  # 1079, kopecks for one unit, discounts already taken off
    quantity: Decimal  # 1023
    amount: int  # 1043, kopecks
    # 1199: 1 20 %, 2 10 %, 3 20/120, 4 10/110, 5 0 %, 6 none, 7 5 %, 8 7 %, 9 5/105, 10 7/107, 11 22 %, 12 22/122
    vat: int
    method: int  # 1214, 1..7
    kind: int  # 1212, 1..33
    measure: int = 0  # 2108 (FFD 1.2)
    unit: str | None = None  # 1197 (FFD 1.05)
    excise: int | None = None  # 1229, kopecks
    country: str | None = None  # 1230
    declaration: str | None = None  # 1231
    extra: str | None = None  # 1191
    agent_type: int = 0  # 1222, bits
    agent: Agent | None = None  # 1223
    supplier: Supplier | None = None  # 1224 and 1226
    industry: tuple[IndustryProps, ...] = ()  # 1260
    product_code: str | None = None  # 1162 (FFD 1.05), hex
    mark: Mark | None = None  # 1163, 1291, 2102 … (FFD 1.2)
    wholesale: bool = False  # sold to an organisation that will sell it on


class Payments(Struct):
    """How the total was paid; the five sums make the total."""

    cash: int = 0  # 1031
    electronic: int = 0  # 1081
    prepaid: int = 0  # 1215
    credit: int = 0  # 1216
    other: int = 0  # 1217

    @property
    def total(self) -> int:
        return self.cash + self.electronic + self.prepaid + self.credit + self.other


class Buyer(Struct):
    contact: str | None = None  # 1008, e-mail or phone in +7… form
    name: str | None = None  # 1227
    inn: str | None = None  # 1228
    birthdate: str | None = None  # 1243, ДД.ММ.ГГГГ
    citizenship: str | None = None  # 1244, three digits
    document_code: str | None = None  # 1245
    document_data: str | None = None  # 1246
    address: str | None = None  # 1254


class Correction(Struct):
    """What a correction receipt corrects (1173, 1174)."""

    by_order: bool  # 1173: False on the seller's own accord (0), True by order (1)
    date: dt.date  # 1178, the day of the settlement that is corrected
    number: str | None = None  # 1179, number of the order


class ReceiptDraft(Struct):
    operation: int  # 1054: 1 приход, 2 возврат прихода, 3 расход, 4 возврат расхода
    taxation: int  # 1055: 1, 2, 4, 16, 32
    items: tuple[Item, ...]
    payments: Payments
    total: int  # 1020, kopecks
    bso: bool = False  # form 4/41 in place of 3/31
    correction: Correction | None = None
    correction_vat: tuple[tuple[int, int], ...] = ()  # (1199 code, kopecks) of a correction without items (FFD 1.05)
    buyer: Buyer | None = None
    seller_email: str | None = None  # 1117
    address: str | None = None  # 1009; the register's own when None
    place: str | None = None  # 1187; the register's own when None
    internet: bool = False  # 1125
    time_zone: int | None = None  # 1011, 1..11
    cashier: str | None = None  # 1021
    cashier_inn: str | None = None  # 1203
    machine_number: str | None = None  # 1036
    extra: str | None = None  # 1192
    user_extra: tuple[str, str] | None = None  # 1084: name 1085, value 1086
    agent_type: int = 0  # 1057 (FFD 1.05), 1222 of each line without its own in 1.2; bits
    agent: Agent | None = None  # of the receipt; a line's own agent comes first
    supplier: Supplier | None = None  # of the receipt (1171 in FFD 1.05), of each line that names none
    industry: tuple[IndustryProps, ...] = ()  # 1261
    operating: OperatingProps | None = None  # 1270
    cashless: tuple[Cashless, ...] = ()  # 1234

    @property
    def form(self) -> int:
        """Code of the document form: 3, 31, 4 or 41."""
        if self.correction is None:
            return 4 if self.bso else 3
        return 41 if self.bso else 31


# Made here, not where they are used: two threads that let msgspec learn a shape at once end the process.
read_draft = msgspec.json.Decoder(ReceiptDraft).decode
read_buyer = msgspec.json.Decoder(Buyer).decode
