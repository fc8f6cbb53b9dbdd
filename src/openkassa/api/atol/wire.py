"""Requests of ATOL Online as they come: v4, and what v5 has in the same words.

Shapes are loose on purpose: the official schemas allow unknown fields and require little, clients send null and ""
for what they don't know, numbers come as 100 and 100.0. So every field is optional here, fields that hold a number
are `Any`, and the mapping says what is missing or wrong, all faults of a body at once.
"""

from __future__ import annotations

from typing import Any

import msgspec

from openkassa.api.body import decoder
from openkassa.api.shapes import AgentInfo, Client, Struct, SupplierInfo, Text, UserProps


class Credentials(Struct):
    login: Text = None
    password: Text = msgspec.field(name="pass", default=None)
    source: Text = None


class Service(Struct):
    callback_url: Text = None


class Company(Struct):
    email: Text = None
    sno: Text = None
    inn: Text = None
    payment_address: Text = None
    location: Text = None


class Vat(Struct):
    type: Text = None
    sum: Any = None


class Item(Struct):
    name: Text = None
    price: Any = None
    quantity: Any = None
    sum: Any = None
    measurement_unit: Text = None
    nomenclature_code: Text = None
    payment_method: Text = None
    payment_object: Any = None  # v4 has words, v5 numbers
    vat: Vat | None = None
    agent_info: AgentInfo | None = None
    supplier_info: SupplierInfo | None = None
    user_data: Text = None
    excise: Any = None
    country_code: Text = None
    declaration_number: Text = None


class Payment(Struct):
    type: Any = None
    sum: Any = None


class Receipt(Struct):
    client: Client | None = None
    company: Company | None = None
    agent_info: AgentInfo | None = None
    supplier_info: SupplierInfo | None = None
    items: list[Item] | None = None
    payments: list[Payment] | None = None
    vats: list[Vat] | None = None
    total: Any = None
    additional_check_props: Text = None
    cashier: Text = None
    additional_user_props: UserProps | None = None
    device_number: Text = None


class CorrectionInfo(Struct):
    type: Text = None
    base_date: Text = None
    base_number: Text = None


class CorrectionBody(Struct):
    company: Company | None = None
    correction_info: CorrectionInfo | None = None
    payments: list[Payment] | None = None
    vats: list[Vat] | None = None
    cashier: Text = None
    device_number: Text = None


class Envelope(Struct):
    timestamp: Text = None
    external_id: Text = None
    service: Service | None = None


class ReceiptRequest(Envelope):
    receipt: Receipt | None = None


class CorrectionRequest(Envelope):
    correction: CorrectionBody | None = None


credentials = decoder(Credentials)
receipt = decoder(ReceiptRequest)
correction = decoder(CorrectionRequest)
