"""Words of the YooKassa API and the codes of the fiscal document formats that they mean.

Sources: YooKassa's reference of receipt parameters and its SDKs. `docs/integrations/yookassa.md` shows these tables; a
test compares both.
"""

from __future__ import annotations

from typing import Final

TYPES: Final = {"payment": 1, "refund": 2}  # tag 1054

# Tag 1055.
TAXATION: Final = {1: 1, 2: 2, 3: 4, 4: 8, 5: 16, 6: 32}

# Tag 1199.
VAT: Final = {1: 6, 2: 5, 3: 2, 4: 1, 5: 4, 6: 3, 7: 7, 8: 8, 9: 9, 10: 10, 11: 11, 12: 12}

# Tag 1214.
MODES: Final = {
    "full_prepayment": 1, "partial_prepayment": 2, "advance": 3, "full_payment": 4, "partial_payment": 5, "credit": 6,
    "credit_payment": 7,
}  # fmt: skip
DEFAULT_MODE: Final = 4

# Tag 1212. "composite" was 12 before FFD 1.2, where 12 means a payout and nothing says composite: 13, "other".
SUBJECTS: Final = {
    "commodity": 1, "excise": 2, "job": 3, "service": 4, "gambling_bet": 5, "gambling_prize": 6, "lottery": 7,
    "lottery_prize": 8, "intellectual_activity": 9, "payment": 10, "agent_commission": 11, "fine": 12, "another": 13,
    "composite": 13, "property_right": 14, "non_operating_gain": 15, "insurance_premium": 16, "tax": 16,
    "sales_tax": 17, "resort_fee": 18, "lien": 19, "cost": 20, "pension_insurance_without_payouts": 21,
    "pension_insurance_with_payouts": 22, "health_insurance_without_payouts": 23,
    "health_insurance_with_payouts": 24, "health_insurance": 25, "casino": 26, "agent_withdrawals": 27,
    "non_marked_excise": 30, "marked_excise": 31, "non_marked": 32, "marked": 33,
}  # fmt: skip
SUBJECTS_BEFORE_1_2: Final = SUBJECTS | {"composite": 12, "fine": 13}
DEFAULT_SUBJECT: Final = 1

# Tag 2108.
MEASURES: Final = {
    "piece": 0, "gram": 10, "kilogram": 11, "ton": 12, "centimeter": 20, "decimeter": 21, "meter": 22,
    "square_centimeter": 30, "square_decimeter": 31, "square_meter": 32, "milliliter": 40, "liter": 41,
    "cubic_meter": 42, "kilowatt_hour": 50, "gigacalorie": 51, "day": 70, "hour": 71, "minute": 72, "second": 73,
    "kilobyte": 80, "megabyte": 81, "gigabyte": 82, "terabyte": 83, "another": 255,
}  # fmt: skip
PIECE: Final = 0
OTHER_MEASURE: Final = 255

# Tag 1222, bits.
AGENTS: Final = {
    "banking_payment_agent": 1, "banking_payment_subagent": 2, "payment_agent": 4, "payment_subagent": 8,
    "attorney": 16, "commissioner": 32, "agent": 64,
}  # fmt: skip

# Field of `fiscal.draft.Payments` by the type of a settlement. There is no cash.
SETTLEMENTS: Final = {
    "cashless": "electronic", "prepayment": "prepaid", "postpayment": "credit", "consideration": "other",
}  # fmt: skip

# Kinds of `fiscal.draft.Mark` by the field of mark_code_info; mark_code_raw is a code of any kind, as scanned.
MARKS: Final = {
    "mark_code_raw": None, "unknown": "unknown", "ean_8": "ean8", "ean_13": "ean13", "itf_14": "itf14", "gs_10": "gs10",
    "gs_1m": "gs1m", "short": "short", "fur": "fur", "egais_20": "egais20", "egais_30": "egais30",
}  # fmt: skip

# Our states of a receipt by status. "canceled" tells a shop to make the receipt by hand, so it never stands for doubt.
STATES: Final = {
    "pending": ("accepted", "assigned", "in_doubt"),
    "succeeded": ("fiscalised", "confirmed"),
    "canceled": ("refused", "withdrawn"),
}
STATUSES: Final = {state: status for status, states in STATES.items() for state in states}
