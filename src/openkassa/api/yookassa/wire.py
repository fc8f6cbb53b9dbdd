"""Requests of the YooKassa API as they come: loose, what is missing or wrong is said by the mapping."""

from __future__ import annotations

from typing import Any

import msgspec

from openkassa.api.body import decoder

Text = str | None


class Struct(msgspec.Struct, kw_only=True):
    pass


class Amount(Struct):
    value: Any = None
    currency: Text = None


class Customer(Struct):
    full_name: Text = None
    inn: Text = None
    email: Text = None
    phone: Text = None


class Supplier(Struct):
    name: Text = None
    inn: Text = None
    phone: Text = None


class MarkQuantity(Struct):
    numerator: Any = None
    denominator: Any = None


class MarkCodeInfo(Struct):
    mark_code_raw: Text = None
    unknown: Text = None
    ean_8: Text = None
    ean_13: Text = None
    itf_14: Text = None
    gs_10: Text = None
    gs_1m: Text = None
    short: Text = None
    fur: Text = None
    egais_20: Text = None
    egais_30: Text = None


class IndustryDetails(Struct):
    federal_id: Text = None
    document_date: Text = None
    document_number: Text = None
    value: Text = None


class OperationalDetails(Struct):
    operation_id: Any = None
    value: Text = None
    created_at: Text = None


class UserProps(Struct):
    name: Text = None
    value: Text = None


class Item(Struct):
    description: Text = None
    quantity: Any = None
    amount: Amount | None = None
    vat_code: Any = None
    payment_mode: Text = None
    payment_subject: Text = None
    measure: Text = None
    mark_quantity: MarkQuantity | None = None
    mark_code_info: MarkCodeInfo | None = None
    mark_mode: Any = None
    planned_status: Any = None
    product_code: Text = None
    country_of_origin_code: Text = None
    customs_declaration_number: Text = None
    excise: Any = None
    additional_payment_subject_props: Text = None
    supplier: Supplier | None = None
    agent_type: Text = None
    payment_subject_industry_details: list[IndustryDetails] | None = None


class Settlement(Struct):
    type: Text = None
    amount: Amount | None = None


class Receipt(Struct):
    type: Text = None
    payment_id: Text = None
    refund_id: Text = None
    customer: Customer | None = None
    items: list[Item] | None = None
    settlements: list[Settlement] | None = None
    send: bool | None = None
    tax_system_code: Any = None
    internet: bool | None = None
    timezone: Any = None
    additional_user_props: UserProps | None = None
    receipt_industry_details: list[IndustryDetails] | None = None
    receipt_operational_details: OperationalDetails | None = None
    on_behalf_of: Any = None


receipt = decoder(Receipt)
