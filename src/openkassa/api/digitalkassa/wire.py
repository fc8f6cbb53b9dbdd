"""Bodies of digitalkassa v2.1 and Innokassa v2 as they come: loose on purpose, see `api.shapes`."""

from __future__ import annotations

from typing import Any

import msgspec

from openkassa.api.body import decoder
from openkassa.api.shapes import PayingAgent, ReceiveOperator, Text


class Struct(msgspec.Struct, kw_only=True):
    pass


class Supplier(Struct):
    phones: list[Text] | None = None
    name: Text = None
    tin: Text = None


class TransferOperator(Struct):
    phones: list[Text] | None = None
    name: Text = None
    tin: Text = None
    address: Text = None


class Agent(Struct):
    type: Any = None
    supplier: Supplier | None = None
    paying_agent: PayingAgent | None = None
    payment_operator: ReceiveOperator | None = None
    money_transfer_operator: TransferOperator | None = None


class Marking(Struct):
    code: Text = None
    item_status: Any = None
    numerator: Any = None
    denominator: Any = None


class Item(Struct):
    type: Any = None
    name: Text = None
    price: Any = None
    quantity: Any = None
    amount: Any = None
    payment_method: Any = None
    unit: Any = None
    vat: Any = None
    excise: Any = None
    additional_props: Text = None
    declaration_number: Text = None
    country_code: Any = None
    marking: Marking | None = None
    agent: Agent | None = None


class Amount(Struct):
    cash: Any = None
    cashless: Any = None
    prepayment: Any = None
    postpayment: Any = None
    barter: Any = None


class Place(Struct):
    billing_place: Text = None
    device_number: Text = None


class Cashless(Struct):
    payment_sum: Any = None
    payment_method_flag: Any = None
    payment_identifiers: Text = None
    additional_info: Text = None


class Notify(Struct):
    emails: list[Text] | None = None
    phone: Text = None


class OldNotify(Struct):
    """One of a list, as the first version of the protocol had it: type "email" or "phone"."""

    type: Text = None
    value: Text = None


class Party(Struct):
    name: Text = None
    tin: Text = None


class Attribute(Struct):
    name: Text = None
    value: Text = None


class Service(Struct):
    callback_url: Text = None


class Receipt(Struct):
    type: Any = None
    items: list[Item] | None = None
    taxation: Any = None
    is_internet: Any = None
    timezone: Any = None
    notify: Notify | list[OldNotify] | None = None
    amount: Amount | None = None
    loc: Place | None = None
    cashless_payments: Cashless | list[Cashless] | None = None
    customer: Party | None = None
    additional_attribute: Attribute | None = None
    cashier: Party | None = None
    service: Service | None = None
    corrected_date: Text = None
    order_number: Text = None


class Mode(Struct):
    mode: Any = None


receipt = decoder(Receipt)
mode = decoder(Mode)
