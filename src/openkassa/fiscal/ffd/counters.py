"""Counters of a shift (1194), of a storage (1157) and of undelivered documents (1158), as tables 51-54 and 89-92 of the
order ЕД-7-20/662@ nest them. All sums are kopecks.

Unconfirmed: how a storage counts VAT of 5, 7 and 22 %; there is no tag for it, so such tax is in `total` only.
"""

from __future__ import annotations

from ..draft import Struct
from .tlv import Pairs, Value, all_of, first

OPERATION_TAGS = (1129, 1130, 1131, 1132)  # приход, возврат прихода, расход, возврат расхода: 1054 is 1..4
CORRECTION_TAGS = (1145, 1232, 1146, 1233)  # in the same order

_PAID = (1136, 1138, 1218, 1219, 1220, 1201)
_TAXED = (1139, 1140, 1141, 1142, 1143, 1183)


class OperationCounters(Struct, frozen=True):
    """Receipts with one sign of settlement (1129 to 1132)."""

    count: int = 0  # 1135
    cash: int = 0  # 1136
    electronic: int = 0  # 1138
    prepaid: int = 0  # 1218
    credit: int = 0  # 1219
    other: int = 0  # 1220
    total: int = 0  # 1201
    vat20: int = 0  # 1139
    vat10: int = 0  # 1140
    vat20_120: int = 0  # 1141
    vat10_110: int = 0  # 1142
    turnover_vat0: int = 0  # 1143
    turnover_no_vat: int = 0  # 1183

    def pairs(self) -> Pairs:
        return [(1135, self.count), *_sums(self), *self._taxes()]

    def _taxes(self) -> Pairs:
        values = (self.vat20, self.vat10, self.vat20_120, self.vat10_110, self.turnover_vat0, self.turnover_no_vat)
        return list(zip(_TAXED, values, strict=True))


class CorrectionCounters(Struct, frozen=True):
    """Corrections or undelivered receipts with one sign of settlement (1145, 1232, 1146, 1233)."""

    count: int = 0  # 1135
    cash: int = 0  # 1136
    electronic: int = 0  # 1138
    prepaid: int = 0  # 1218
    credit: int = 0  # 1219
    other: int = 0  # 1220
    total: int = 0  # 1201

    def pairs(self) -> Pairs:
        return [(1135, self.count), *_sums(self)]


def _sums(counters: OperationCounters | CorrectionCounters) -> Pairs:
    one = counters
    return list(zip(_PAID, (one.cash, one.electronic, one.prepaid, one.credit, one.other, one.total), strict=True))


_NO_CORRECTIONS = (CorrectionCounters(),) * 4


class SettlementCounters(Struct, frozen=True):
    """1133 (corrections) and 1158 (undelivered): a count and the four signs of settlement in the order of 1054."""

    count: int = 0  # 1144
    operations: tuple[CorrectionCounters, CorrectionCounters, CorrectionCounters, CorrectionCounters] = _NO_CORRECTIONS

    def pairs(self) -> Pairs:
        nested = [(tag, one.pairs()) for tag, one in zip(CORRECTION_TAGS, self.operations, strict=True) if one.count]
        return [(1144, self.count), *nested]


_NO_OPERATIONS = (OperationCounters(),) * 4


class TotalCounters(Struct, frozen=True):
    """1157 and 1194: all receipts and corrections, the four signs of settlement, corrections."""

    count: int = 0  # 1134
    operations: tuple[OperationCounters, OperationCounters, OperationCounters, OperationCounters] = _NO_OPERATIONS
    corrections: SettlementCounters = SettlementCounters()

    def pairs(self) -> Pairs:
        nested = [(tag, one.pairs()) for tag, one in zip(OPERATION_TAGS, self.operations, strict=True)]
        return [(1134, self.count), *nested, (1133, self.corrections.pairs())]


def read_totals(pairs: Pairs) -> TotalCounters:
    """The counters of an 1157 or 1194; what is left out counts as zero."""
    one, two, three, four = (_read_operation(_nested(pairs, tag)) for tag in OPERATION_TAGS)
    return TotalCounters(
        count=_number(pairs, 1134),
        operations=(one, two, three, four),
        corrections=read_settlements(_nested(pairs, 1133)),
    )


def read_settlements(pairs: Pairs) -> SettlementCounters:
    """The counters of an 1133 or 1158."""
    one, two, three, four = (CorrectionCounters(**_paid(_nested(pairs, tag))) for tag in CORRECTION_TAGS)
    return SettlementCounters(count=_number(pairs, 1144), operations=(one, two, three, four))


def _read_operation(pairs: Pairs) -> OperationCounters:
    names = ("vat20", "vat10", "vat20_120", "vat10_110", "turnover_vat0", "turnover_no_vat")
    taxes = {name: _number(pairs, tag) for name, tag in zip(names, _TAXED, strict=True)}
    return OperationCounters(**_paid(pairs), **taxes)


def _paid(pairs: Pairs) -> dict[str, int]:
    names = ("cash", "electronic", "prepaid", "credit", "other", "total")
    return {"count": _number(pairs, 1135), **{n: _number(pairs, tag) for n, tag in zip(names, _PAID, strict=True)}}


def _number(pairs: Pairs, tag: int) -> int:
    value: Value | None = first(pairs, tag, 0)
    return value if isinstance(value, int) else 0


def _nested(pairs: Pairs, tag: int) -> Pairs:
    values = all_of(pairs, tag)
    return values[0] if values and isinstance(values[0], list) else []
