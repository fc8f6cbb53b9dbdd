"""Words of МодульКасса's fiscal service and the codes of the fiscal document formats that they mean.

The names of payment methods, objects and agents are those of ATOL Online v4. `docs/integrations/modulkassa.md` shows
these tables; a test compares both.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from openkassa.api.atol.words import AGENTS, METHODS, OBJECTS, OBJECTS_BEFORE_1_2
from openkassa.api.words import table

__all__ = ["AGENTS", "METHODS", "OBJECTS", "OBJECTS_BEFORE_1_2"]


class Operation(NamedTuple):
    code: int  # tag 1054
    correction: bool = False


OPERATIONS: Final = {
    "SALE": Operation(1),
    "RETURN": Operation(2),
    "BUY": Operation(3),
    "BUY_RETURN": Operation(4),
    "SALE_CORRECTION": Operation(1, correction=True),
    "SALE_RETURN_CORRECTION": Operation(2, correction=True),
    "BUY_CORRECTION": Operation(3, correction=True),
    "BUY_RETURN_CORRECTION": Operation(4, correction=True),
}
CHECK_TYPES: Final = {operation: word for word, operation in OPERATIONS.items()}

# Tag 1055.
TAXATION: Final = {
    "COMMON": 1, "SIMPLIFIED": 2, "SIMPLIFIED_WITH_EXPENSE": 4, "ENVD": 8, "COMMON_AGRICULTURAL": 16, "PATENT": 32,
}  # fmt: skip

# Tag 1199. No source names the words of 22 % and 22/122.
FACE: Final = "modulkassa"
VAT_UNKNOWN: Final = (11, 12)
VAT: Final = table(
    FACE,
    "vat",
    {1102: 1, 1103: 2, 1106: 3, 1107: 4, 1104: 5, 1105: 6, 1109: 7, 1110: 8, 1111: 9, 1112: 10},
    unknown=VAT_UNKNOWN,
)

DEFAULT_METHOD: Final = 4  # full_payment
DEFAULT_OBJECT: Final = 1  # commodity

# Field of `fiscal.draft.Payments` by type of payment.
PAYMENTS: Final = {"CASH": "cash", "CARD": "electronic", "PREPAID": "prepaid", "POSTPAY": "credit", "OTHER": "other"}

# Whether a correction is by order (tag 1173).
REASONS: Final = {"INDEPENDENT": False, "BY_ORDER": True}
