"""Content of reports, as a register hands it to its storage: registration (1) and its change (11), shift open (2) and
close (5), settlements (21), closing of the storage (6). What `fiscal.fn.documents` writes stands in front of each.

Each builder is a struct of the report's fields with the tag beside each; `content(ffd)` encodes it for a
version. A storage counts documents and sums itself and writes them into its reports, so those fields are None for the
content that a register hands over; given, they make the report whole (an archive, a storage without counters).
"""

from __future__ import annotations

from ..draft import Struct
from .counters import SettlementCounters, TotalCounters
from .profile import FNS_SITE
from .tags import FFD_1_05, FFD_1_2
from .tlv import Pairs, Value, encode

KKT_VERSION = "openkassa"[:8]  # 1188, at most eight characters


def _present(*pairs: tuple[int, Value | None]) -> Pairs:
    return [(tag, value) for tag, value in pairs if value is not None]


def _counters(*pairs: tuple[int, TotalCounters | SettlementCounters | None]) -> Pairs:
    return [(tag, value.pairs()) for tag, value in pairs if value is not None]


class Cashier(Struct, frozen=True):
    name: str  # 1021
    inn: str | None = None  # 1203

    def pairs(self) -> Pairs:
        return _present((1021, self.name), (1203, self.inn))


class RegistrationContent(Struct, frozen=True):
    """Forms 1 and 11 (`reasons` given). FFD 1.2 has 1290 where 1.05 and 1.1 have a sign of their own for each bit."""

    user: str  # 1048
    address: str  # 1009
    place: str  # 1187
    serial: str  # 1013
    cashier: Cashier
    key_resource: int  # 1213, days
    taxation: int = 1  # 1062
    automatic: bool = False  # 1001
    offline: bool = False  # 1002
    encryption: bool = False  # 1056
    machine_number: str | None = None  # 1036
    conditions: int = 0  # 1290, bits
    agent: int = 0  # 1057, FFD 1.05 and 1.1
    ofd_inn: str | None = None  # 1017
    ofd_name: str | None = None  # 1046
    seller_email: str | None = None  # 1117
    fns_site: str = FNS_SITE  # 1060
    kkt_version: str = KKT_VERSION  # 1188
    reasons: int | None = None  # 1205 of form 11
    reason_code: int | None = None  # 1101 of form 11 in FFD 1.05
    totals: TotalCounters | None = None  # 1157 of form 11 that replaces the storage

    def content(self, ffd: int) -> bytes:
        pairs = _present(
            (1048, self.user),
            (1062, self.taxation),
            (1002, int(self.offline)),
            (1056, int(self.encryption)),
            (1001, int(self.automatic)),
            (1036, self.machine_number),
            (1013, self.serial),
        )
        pairs += self.cashier.pairs()
        pairs += self._conditions(ffd)
        pairs += _present(
            (1009, self.address),
            (1187, self.place),
            (1060, self.fns_site),
            (1117, self.seller_email),
            (1017, self.ofd_inn),
            (1046, self.ofd_name),
            (1188, self.kkt_version),
            (1189, ffd),
            (1213, self.key_resource),
        )
        if self.reasons is not None and ffd != FFD_1_05:
            pairs.append((1205, self.reasons))
        if self.reason_code is not None and ffd == FFD_1_05:
            pairs.append((1101, self.reason_code))
        if self.totals is not None and ffd != FFD_1_05:
            pairs.append((1157, self.totals.pairs()))
        return encode(pairs)

    def _conditions(self, ffd: int) -> Pairs:
        if ffd == FFD_1_2:
            return [(1290, self.conditions)]
        signs: Pairs = [(tag, self.conditions >> bit & 1) for tag, bit in CONDITION_SIGNS]
        return signs + ([(1057, self.agent)] if self.agent else [])


# Signs of FFD 1.05 and 1.1 and the bits of 1290 that took their place.
CONDITION_SIGNS = ((1221, 1), (1110, 2), (1108, 5), (1207, 6), (1109, 9), (1193, 10), (1126, 11))


class StorageWarnings(Struct, frozen=True):
    """1050 to 1053: written when set."""

    resource: bool = False  # 1050, 30 days left
    replace: bool = False  # 1051, 3 days left
    memory: bool = False  # 1052
    no_answer: bool = False  # 1053, the operator hasn't answered for two days

    def pairs(self) -> Pairs:
        signs = ((1053, self.no_answer), (1051, self.replace), (1052, self.memory), (1050, self.resource))
        return [(tag, 1) for tag, is_set in signs if is_set]


class Undelivered(Struct, frozen=True):
    """Documents that the operator hasn't acknowledged."""

    count: int = 0  # 1097
    first_day: int = 0  # 1098, till-local seconds
    first_fd: int = 0  # 1116, form 21 only

    def pairs(self, *, with_number: bool = False) -> Pairs:
        if not self.count:
            return [(1097, 0)]
        number: Pairs = [(1116, self.first_fd)] if with_number else []
        return [*number, (1097, self.count), (1098, self.first_day)]


class ShiftOpenContent(Struct, frozen=True):
    """Form 2."""

    cashier: Cashier | None = None
    warnings: StorageWarnings = StorageWarnings()
    operator_message: int = 0  # 1206, bits
    kkt_version: str = KKT_VERSION  # 1188

    def content(self, ffd: int) -> bytes:
        pairs = self.cashier.pairs() if self.cashier else []
        pairs += self.warnings.pairs()
        if self.operator_message and ffd != FFD_1_05:
            pairs.append((1206, self.operator_message))
        pairs += [(1188, self.kkt_version), (1189, ffd)]
        return encode(pairs)


class ShiftCloseContent(Struct, frozen=True):
    """Form 5. FFD 1.05 has no counters (1194, 1157)."""

    cashier: Cashier | None = None
    operator_message: int = 0  # 1206
    notifications: int | None = None  # 2104, notifications of marked goods that weren't delivered
    warnings: StorageWarnings = StorageWarnings()
    receipts: int | None = None  # 1118
    documents: int | None = None  # 1111, with this one
    key_resource: int | None = None  # 1213, days
    shift_totals: TotalCounters | None = None  # 1194
    storage_totals: TotalCounters | None = None  # 1157
    undelivered: Undelivered | None = None

    def content(self, ffd: int) -> bytes:
        pairs = self.cashier.pairs() if self.cashier else []
        pairs += _present((1118, self.receipts), (1111, self.documents))
        if self.undelivered is not None:
            pairs += self.undelivered.pairs()
        if ffd == FFD_1_2:
            pairs += _present((2104, self.notifications))
        pairs += self.warnings.pairs()
        if ffd != FFD_1_05:
            if self.operator_message:
                pairs.append((1206, self.operator_message))
            pairs += _counters((1194, self.shift_totals), (1157, self.storage_totals))
        pairs += _present((1213, self.key_resource))
        return encode(pairs)


class SettlementsContent(Struct, frozen=True):
    """Form 21. Counters are of FFD 1.1 and 1.2."""

    offline: bool = False  # 1002
    notifications: int | None = None  # 2104
    key_resource: int | None = None  # 1213, FFD 1.2
    undelivered: Undelivered | None = None
    storage_totals: TotalCounters | None = None  # 1157
    undelivered_totals: SettlementCounters | None = None  # 1158

    def content(self, ffd: int) -> bytes:
        pairs: Pairs = [(1002, 1)] if self.offline else []
        if self.undelivered is not None:
            pairs += self.undelivered.pairs(with_number=True)
        if ffd == FFD_1_2:
            pairs += _present((2104, self.notifications), (1213, self.key_resource))
        if ffd != FFD_1_05:
            pairs += _counters((1157, self.storage_totals), (1158, self.undelivered_totals))
        return encode(pairs)


class StorageCloseContent(Struct, frozen=True):
    """Form 6."""

    user: str  # 1048
    address: str  # 1009
    place: str  # 1187
    cashier: Cashier | None = None
    storage_totals: TotalCounters | None = None  # 1157, from FFD 1.1 on

    def content(self, ffd: int) -> bytes:
        pairs: Pairs = [(1048, self.user)]
        pairs += self.cashier.pairs() if self.cashier else []
        pairs += [(1009, self.address), (1187, self.place)]
        if ffd != FFD_1_05:
            pairs += _counters((1157, self.storage_totals))
        return encode(pairs)
