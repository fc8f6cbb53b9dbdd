"""Words of Komtet Kassa (v1 and v2) and the codes of the fiscal document formats that they mean.

`docs/api/komtet.md` shows these tables; a test compares both.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Operation(NamedTuple):
    code: int  # tag 1054
    correction: bool = False


INTENTS: Final = {
    "sell": Operation(1),
    "sellReturn": Operation(2),
    "buy": Operation(3),
    "buyReturn": Operation(4),
    "sellCorrection": Operation(1, correction=True),
    "sellReturnCorrection": Operation(2, correction=True),
    "buyCorrection": Operation(3, correction=True),
    "buyReturnCorrection": Operation(4, correction=True),
}

# Tag 1055.
TAXATION: Final = {0: 1, 1: 2, 2: 4, 4: 16, 5: 32}

# Tag 1199.
VAT: Final = {
    "20": 1, "10": 2, "120": 3, "110": 4, "0": 5, "no": 6, "5": 7, "7": 8, "105": 9, "107": 10, "22": 11, "122": 12,
}  # fmt: skip

# Tag 1214; calculation_method of v1.
METHODS: Final = {
    "pre_payment_full": 1, "pre_payment_part": 2, "advance": 3, "full_payment": 4, "credit_part": 5, "credit": 6,
    "credit_pay": 7,
}  # fmt: skip
DEFAULT_METHOD: Final = 4

# Tag 1212; calculation_subject of v1, which knows those to "resort_fee". The spelling "contributins" is the service's.
# "composite" was 12 before FFD 1.2, where 12 means a payout and nothing says composite: 13, "other".
OBJECTS: Final = {
    "product": 1, "product_practical": 2, "work": 3, "service": 4, "gambling_bet": 5, "gambling_win": 6,
    "lottery_bet": 7, "lottery_win": 8, "rid": 9, "payment": 10, "commission": 11, "composite": 13, "pay": 12,
    "other": 13, "property_right": 14, "non_operating": 15, "insurance": 16, "sales_tax": 17, "resort_fee": 18,
    "deposit": 19, "consumption": 20, "sole_proprietor_cpi_contributins": 21, "cpi_contributins": 22,
    "sole_proprietor_cmi_contributins": 23, "cmi_contributins": 24, "csi_contributins": 25, "casino_payment": 26,
    "payment_of_the_money": 27, "atnm": 30, "atm": 31, "tnm": 32, "tm": 33,
}  # fmt: skip
OBJECTS_BEFORE_1_2: Final = OBJECTS | {"composite": 12, "pay": 13}
DEFAULT_OBJECT: Final = 1

# Tags 1222 and 1057, bits.
AGENTS: Final = {
    "bank_payment_agent": 1, "bank_payment_subagent": 2, "payment_agent": 4, "payment_subagent": 8, "solicitor": 16,
    "commissionaire": 32, "agent": 64,
}  # fmt: skip

# Field of `fiscal.draft.Payments`.
PAYMENTS: Final = {
    "card": "electronic", "cash": "cash", "prepayment": "prepaid", "credit": "credit", "counter_provisioning": "other",
}  # fmt: skip

# Types of corrections, tag 1173.
BY_ORDER: Final = {"self": False, "instruction": True}
BY_ORDER_V1: Final = {"self": False, "forced": True}

# Fields of a draft as requests call them.
NAMES: Final = {
    "items": "positions", "amount": "total", "supplier": "supplier_info", "agent": "agent_info",
    "declaration": "declaration_number", "country": "country_code", "cashier": "cashier.name",
    "cashier_inn": "cashier.inn", "extra": "additional_check_props", "user_extra": "additional_user_props",
    "operation": "intent", "cashless": "cashless_payments",
}  # fmt: skip
NAMES_V2: Final = NAMES | {
    "kind": "payment_object", "method": "payment_method", "mark": "mark_code", "mark.code": "mark_code",
    "mark.kind": "mark_code", "mark.planned_status": "planned_status", "mark.numerator": "mark_quantity.numerator",
    "mark.denominator": "mark_quantity.denominator", "industry": "sectoral_check_props",
    "operating": "operating_check_props", "time_zone": "timezone", "buyer": "client", "taxation": "company.sno",
    "place": "company.payment_address", "address": "company.place_address", "unit": "measure",
    "correction": "correction_info", "correction.date": "correction_info.base_date",
    "correction.number": "correction_info.base_number",
}  # fmt: skip
NAMES_V1: Final = NAMES | {
    "kind": "calculation_subject", "method": "calculation_method", "measure": "measure_name", "unit": "measure_name",
    "product_code": "nomenclature_code", "mark": "nomenclature_code", "mark.code": "nomenclature_code",
    "mark.kind": "nomenclature_code", "buyer.contact": "user", "buyer": "client", "taxation": "sno",
    "place": "payment_address", "address": "place_address", "correction.date": "correction.date",
    "correction.number": "correction.document",
}  # fmt: skip
