"""Words of CloudKassir (CloudPayments) and the codes of the fiscal document formats that they mean.

Objects, methods and units of measure are sent as the codes themselves. `docs/integrations/cloudkassir.md` shows these
tables; a test compares both.
"""

from __future__ import annotations

from typing import Final

from openkassa.api.words import table
from openkassa.fiscal.ffd import codes

FACE: Final = "cloudkassir"

TYPES: Final = {"Income": 1, "IncomeReturn": 2, "Expense": 3, "ExpenseReturn": 4}  # tag 1054
CORRECTION_TYPES: Final = {1: 1, 2: 2, 3: 3, 4: 4}  # tag 1054
REASONS: Final = {0: False, 1: True}  # tag 1173: by order

# Tag 1055.
TAXATION: Final = {0: 1, 1: 2, 2: 4, 3: 8, 4: 16, 5: 32}

# Tag 1199; null and no vat mean "without VAT". No source names the word of 22/122.
NO_VAT: Final = 6
VAT_UNKNOWN: Final = (12,)
VAT: Final = table(
    FACE, "vat", {0: 5, 5: 7, 7: 8, 10: 2, 20: 1, 22: 11, 105: 9, 107: 10, 110: 4, 120: 3}, unknown=VAT_UNKNOWN
)

# Tag 1214. 0 is "unknown" there.
METHODS: Final = {code: code for code in codes.METHODS}
DEFAULT_METHOD: Final = 4

# Tag 1212. 0 is "unknown" there and goes to the operator as goods.
OBJECTS: Final = {code: code for code in codes.KINDS}
DEFAULT_OBJECT: Final = 1

MEASURES: Final = {code: code for code in codes.MEASURES}  # tag 2108

AGENTS: Final = {sign: 1 << sign for sign in range(7)}  # tag 1222, bits

# Field of `fiscal.draft.Payments` by the field of amounts. `cash` is in none of the sources that we have.
AMOUNTS: Final = {
    "electronic": "electronic", "advancepayment": "prepaid", "credit": "credit", "provision": "other", "cash": "cash",
}  # fmt: skip
AMOUNT_NAMES: Final = {
    "electronic": "Electronic", "advancepayment": "AdvancePayment", "credit": "Credit", "provision": "Provision",
    "cash": "Cash",
}  # fmt: skip

# Our states of a receipt by status. "Error" is said only of what was certainly not made.
STATES: Final = {
    "Queued": ("accepted", "assigned", "in_doubt"),
    "Processed": ("fiscalised", "confirmed"),
    "Error": ("refused", "withdrawn"),
}
STATUSES: Final = {state: status for status, states in STATES.items() for state in states}
NOT_FOUND: Final = "NotFound"
