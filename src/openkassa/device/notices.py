"""What a cash register tells its storage of sold marked goods for the notification of the marking service (B7h)."""

from __future__ import annotations

from struct import Struct

from openkassa.fiscal import driver, marking
from openkassa.fiscal.fn.check_results import LINE, fields
from openkassa.fiscal.fn.documents import byte, raw

GOODS_AT_ONCE = 60  # of one notification, which holds at most 32 KB
_OF_LINE = (2106, 1023, 2108, 1291, 2102, 1214, 1030, 1226, 1222, 1223, 1224, 1079, 1043, 1199, 1260)
_OF_RECEIPT = (1009, 1055, 1261, 1084, 1011, 1125)
_KIND_OF_OPERATION = 0  # 2116: what its bits mean is unconfirmed
_HEADER = Struct("<HH")


def fields_of(task: driver.MakeReceipt, content: bytes) -> list[bytes]:
    """Fields of each notification of a receipt whose `content` already has the results of its checks."""
    level = list(fields(content))
    lines = [field[_HEADER.size :] for tag, field in level if tag == LINE]
    common = b"".join(field for tag, field in level if tag in _OF_RECEIPT) + byte(2116, _KIND_OF_OPERATION)
    goods = [_goods(mark, lines[mark.line]) for mark in task.marks if 0 <= mark.line < len(lines)]
    return [common + b"".join(goods[start : start + GOODS_AT_ONCE]) for start in range(0, len(goods), GOODS_AT_ONCE)]


def _goods(mark: driver.MarkToCheck, line: bytes) -> bytes:
    """2007: one line."""
    try:
        code = marking.parse(mark.code, mark.kind)
    except marking.MarkingError:
        code = marking.parse(mark.code, "unknown")
    inside = raw(2000, code.text.encode("ascii")) + byte(2100, code.code_type)
    inside += raw(2101, code.product.encode("ascii")) + raw(2115, code.control.encode("ascii"))
    inside += byte(2110, mark.status) + b"".join(field for tag, field in fields(line) if tag in _OF_LINE)
    return raw(2007, inside)
