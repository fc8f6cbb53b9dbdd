"""Loose shapes that several wire faces send in the same words.

Every field is optional and fields that hold a number are `Any`: clients send null and "" for what they don't know, and
numbers as 100 and 100.0. The mapping says what is missing or wrong, all faults of a body at once.
"""

from __future__ import annotations

from typing import Any

import msgspec

Text = str | None


class Struct(msgspec.Struct, kw_only=True):
    pass


class Client(Struct):
    email: Text = None
    phone: Text = None
    name: Text = None
    inn: Text = None


class FullClient(Client):
    """A buyer with the fields that FFD 1.2 has for one."""

    birthdate: Text = None
    citizenship: Text = None
    document_code: Text = None
    document_data: Text = None
    address: Text = None


class PayingAgent(Struct):
    operation: Text = None
    phones: list[Text] | None = None


class ReceiveOperator(Struct):
    phones: list[Text] | None = None


class TransferOperator(Struct):
    phones: list[Text] | None = None
    name: Text = None
    address: Text = None
    inn: Text = None


class AgentInfo(Struct):
    type: Text = None
    paying_agent: PayingAgent | None = None
    receive_payments_operator: ReceiveOperator | None = None
    money_transfer_operator: TransferOperator | None = None


class SupplierInfo(Struct):
    phones: list[Text] | None = None
    name: Text = None
    inn: Text = None


class UserProps(Struct):
    name: Text = None
    value: Text = None


class SectoralProps(Struct):
    federal_id: Text = None
    date: Text = None
    number: Text = None
    value: Text = None


class OperatingProps(Struct):
    name: Any = None
    value: Text = None
    timestamp: Text = None


class CashlessPayment(Struct):
    sum: Any = None
    method: Any = None
    id: Text = None
    additional_info: Text = None


class MarkCode(Struct):
    unknown: Text = None
    ean8: Text = None
    ean13: Text = None
    itf14: Text = None
    gs10: Text = None
    gs1m: Text = None
    short: Text = None
    fur: Text = None
    egais20: Text = None
    egais30: Text = None


class MarkQuantity(Struct):
    numerator: Any = None
    denominator: Any = None
