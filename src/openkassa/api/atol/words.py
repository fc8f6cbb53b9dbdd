"""Words of ATOL Online and the codes of the fiscal document formats that they mean.

Objects and units are words in v4; v5 sends the numbers of tags 1212 and 2108 themselves (`fiscal.ffd.codes`).
`docs/api` shows these tables; a test compares both.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Operation(NamedTuple):
    code: int  # tag 1054
    correction: bool = False
    old_vat: bool = False  # 18 % and 18/118 may still be named


OPERATIONS: Final = {
    "sell": Operation(1),
    "sell_refund": Operation(2, old_vat=True),
    "sell_correction": Operation(1, correction=True, old_vat=True),
    "buy": Operation(3),
    "buy_refund": Operation(4, old_vat=True),
    "buy_correction": Operation(3, correction=True, old_vat=True),
}
OPERATIONS_V5: Final = OPERATIONS | {
    "sell_refund_correction": Operation(2, correction=True, old_vat=True),
    "buy_refund_correction": Operation(4, correction=True, old_vat=True),
}

# Tag 1055.
TAXATION: Final = {"osn": 1, "usn_income": 2, "usn_income_outcome": 4, "envd": 8, "esn": 16, "patent": 32}

# Tag 1199. The codes of 18 % and 18/118 are those of 20 % before 2019; that is an assumption.
VAT: Final = {
    "vat20": 1, "vat10": 2, "vat120": 3, "vat110": 4, "vat0": 5, "none": 6, "vat5": 7, "vat7": 8, "vat105": 9,
    "vat107": 10, "vat22": 11, "vat122": 12, "vat18": 1, "vat118": 3,
}  # fmt: skip
OLD_VAT: Final = frozenset({"vat18", "vat118"})

# Tag 1214.
METHODS: Final = {
    "full_prepayment": 1, "prepayment": 2, "advance": 3, "full_payment": 4, "partial_payment": 5, "credit": 6,
    "credit_payment": 7,
}  # fmt: skip
DEFAULT_METHOD: Final = 1

# Tag 1212. "composite" was 12 before FFD 1.2, where 12 means a payout and nothing says composite: 13, "other".
OBJECTS: Final = {
    "commodity": 1, "excise": 2, "job": 3, "service": 4, "gambling_bet": 5, "gambling_prize": 6, "lottery": 7,
    "lottery_prize": 8, "intellectual_activity": 9, "payment": 10, "agent_commission": 11, "composite": 13,
    "award": 12, "another": 13, "property_right": 14, "non-operating_gain": 15, "insurance_premium": 16,
    "sales_tax": 17, "resort_fee": 18, "deposit": 19, "expense": 20, "pension_insurance_ip": 21,
    "pension_insurance": 22, "medical_insurance_ip": 23, "medical_insurance": 24, "social_insurance": 25,
    "casino_payment": 26,
}  # fmt: skip
OBJECTS_BEFORE_1_2: Final = OBJECTS | {"composite": 12, "award": 13}
DEFAULT_OBJECT: Final = 1

# Tags 1222 and 1057, bits.
AGENTS: Final = {
    "bank_paying_agent": 1, "bank_paying_subagent": 2, "paying_agent": 4, "paying_subagent": 8, "attorney": 16,
    "commission_agent": 32, "another": 64,
}  # fmt: skip

# Field of `fiscal.draft.Payments` by payment type. Types 5 to 9 are extended kinds that a seller agrees with ATOL.
PAYMENTS: Final = {0: "cash", 1: "electronic", 2: "prepaid", 3: "credit", 4: "other"}

# Fields of a draft as requests call them.
NAMES: Final = {
    "method": "payment_method", "kind": "payment_object", "amount": "sum", "supplier": "supplier_info",
    "agent": "agent_info", "declaration": "declaration_number", "country": "country_code", "extra": "user_data",
    "buyer": "client", "taxation": "company.sno", "place": "company.payment_address",
    "seller_email": "company.email", "address": "company.location", "machine_number": "device_number",
    "correction": "correction_info", "correction.date": "correction_info.base_date",
    "correction.number": "correction_info.base_number", "user_extra": "additional_user_props",
}  # fmt: skip
NAMES_V4: Final = (
    NAMES
    | {"measure": "measurement_unit", "unit": "measurement_unit"}
    | dict.fromkeys(("product_code", "mark.code", "mark.kind", "mark"), "nomenclature_code")
)
NAMES_V5: Final = NAMES | {
    "mark": "mark_code", "mark.code": "mark_code", "mark.kind": "mark_code", "mark.planned_status": "planned_status",
    "mark.processing_mode": "mark_processing_mode", "mark.numerator": "mark_quantity.numerator",
    "mark.denominator": "mark_quantity.denominator", "industry": "sectoral_check_props",
    "operating": "operating_check_props", "cashless": "cashless_payments", "time_zone": "timezone",
}  # fmt: skip

BASE64_MARKS: Final = frozenset({"gs1m", "short"})  # kinds of codes that v5 sends in base64
