"""Words of v1 and the codes of the fiscal document formats that they mean."""

from __future__ import annotations

from typing import Final, Literal, get_args

Operation = Literal["sale", "sale_refund", "expense", "expense_refund"]
OPERATIONS: Final = {name: code for code, name in enumerate(get_args(Operation), 1)}  # tag 1054

Taxation = Literal["general", "simplified_income", "simplified_income_minus_expense", "agricultural", "patent"]
TAXATION: Final = dict(zip(get_args(Taxation), (1, 2, 4, 16, 32), strict=True))  # tag 1055

Vat = Literal["20", "10", "20/120", "10/110", "0", "none", "5", "7", "5/105", "7/107", "22", "22/122"]
VAT: Final = {name: code for code, name in enumerate(get_args(Vat), 1)}  # tag 1199

Method = Literal[
    "full_prepayment", "prepayment", "advance", "full_payment", "partial_payment", "credit", "credit_payment"
]
METHODS: Final = {name: code for code, name in enumerate(get_args(Method), 1)}  # tag 1214

Object = Literal[
    "commodity", "excise", "work", "service", "gambling_bet", "gambling_prize", "lottery_ticket", "lottery_prize",
    "intellectual_property", "payment", "agent_commission", "payout", "other", "property_right",
    "non_operating_income", "tax_reducing_payment", "trade_fee", "resort_fee", "deposit", "expense",
    "pension_insurance_entrepreneur", "pension_insurance", "medical_insurance_entrepreneur", "medical_insurance",
    "social_insurance", "casino", "cash_withdrawal", "excise_unmarked", "excise_marked", "unmarked", "marked",
]  # fmt: skip
OBJECTS: Final = dict(zip(get_args(Object), (*range(1, 28), 30, 31, 32, 33), strict=True))  # tag 1212

Unit = Literal[
    "piece", "g", "kg", "t", "cm", "dm", "m", "cm2", "dm2", "m2", "ml", "l", "m3", "kwh", "gcal", "day", "hour",
    "minute", "second", "kb", "mb", "gb", "tb", "other",
]  # fmt: skip
UNITS: Final = dict(
    zip(
        get_args(Unit),
        (0, 10, 11, 12, 20, 21, 22, 30, 31, 32, 40, 41, 42, 50, 51, 70, 71, 72, 73, 80, 81, 82, 83, 255),
        strict=True,
    )
)  # tag 2108

MarkKind = Literal["unknown", "ean8", "ean13", "itf14", "gs10", "gs1m", "short", "fur", "egais20", "egais30"]

AgentType = Literal[
    "bank_paying_agent", "bank_paying_subagent", "paying_agent", "paying_subagent", "attorney", "commission_agent",
    "other",
]  # fmt: skip
AGENTS: Final = {name: 1 << bit for bit, name in enumerate(get_args(AgentType))}  # tag 1222

State = Literal["accepted", "assigned", "in_doubt", "fiscalised", "confirmed", "refused", "withdrawn"]

OPERATION_NAMES: Final = {code: name for name, code in OPERATIONS.items()}
TAXATION_NAMES: Final = {code: name for name, code in TAXATION.items()}
VAT_NAMES: Final = {code: name for name, code in VAT.items()}
METHOD_NAMES: Final = {code: name for name, code in METHODS.items()}
OBJECT_NAMES: Final = {code: name for name, code in OBJECTS.items()}
