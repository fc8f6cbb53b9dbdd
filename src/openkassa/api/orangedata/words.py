"""Words of OrangeData v2 and the codes of the fiscal document formats that they mean.

Methods, objects, units of measure and agents are sent as the codes themselves. `docs/integrations/orangedata.md` shows
these tables; a test compares both.
"""

from __future__ import annotations

from typing import Final

from openkassa.api.words import table
from openkassa.fiscal.ffd import codes

FACE: Final = "orangedata"

FFD: Final = {2: 2, 4: 4}  # which fields a request has; the format itself is that of our pool
TYPES: Final = {1: 1, 2: 2, 3: 3, 4: 4}  # tag 1054
REASONS: Final = {0: 0, 1: 1}  # tag 1173

# Tag 1055.
TAXATION: Final = {0: 1, 1: 2, 2: 4, 3: 8, 4: 16, 5: 32}

# Tag 1199. Since 2026 their 1 and 3 mean 22 % and 22/122; with useTax20 they mean 20 % and 20/120, as before.
TAXES: Final = table(FACE, "tax", {1: 11, 2: 2, 3: 12, 4: 4, 5: 5, 6: 6, 7: 7, 8: 8, 9: 9, 10: 10})
TAXES_20: Final = TAXES | {1: 1, 3: 3}

METHODS: Final = {code: code for code in codes.METHODS}  # tag 1214
DEFAULT_METHOD: Final = 4
OBJECTS: Final = {code: code for code in codes.KINDS}  # tag 1212
DEFAULT_OBJECT: Final = 1
MEASURES: Final = {code: code for code in codes.MEASURES}  # tag 2108

# Field of `fiscal.draft.Payments`. Types 3 to 13 are further kinds whose meaning no source names.
PAYMENTS: Final = {1: "cash", 2: "electronic", 14: "prepaid", 15: "credit", 16: "other"}
PAYMENT_CODES: Final = {code: code for code in PAYMENTS}

# Fields of a correction without lines: our field of payments.
SUMS: Final = {
    "cashSum": "cash", "eCashSum": "electronic", "prepaymentSum": "prepaid", "postpaymentSum": "credit",
    "otherPaymentTypeSum": "other",
}  # fmt: skip
