"""Documents of МодульКасса's fiscal service as they come: loose on purpose, see `api.shapes`.

What clients send besides (`printReceipt`, `textToPrint`, `barcode` …) changes nothing here: nothing is printed.
"""

from __future__ import annotations

from typing import Any

import msgspec

from openkassa.api.body import decoder
from openkassa.api.shapes import PayingAgent, ReceiveOperator, SupplierInfo, Text, TransferOperator


class Struct(msgspec.Struct, kw_only=True, rename="camel"):
    pass


class AgentInfo(Struct):
    types: list[Text] | None = None
    paying_agent: PayingAgent | None = None
    receive_payments_operator: ReceiveOperator | None = None
    money_transfer_operator: TransferOperator | None = None


class IndustryRequisite(Struct):
    foiv_id: Text = None
    doc_date_time: Text = None
    doc_number: Text = None
    doc_data: Text = None


class Position(Struct):
    name: Text = None
    price: Any = None
    quantity: Any = None
    disc_sum: Any = None
    vat_tag: Any = None
    vat_sum: Any = None
    payment_object: Text = None
    payment_method: Text = None
    measure: Any = None
    nomenclature_code: Text = None
    product_mark: Text = None
    origin_country_code: Any = None
    customs_declaration_number: Text = None
    agent_info: AgentInfo | None = None
    supplier_info: SupplierInfo | None = None
    industry_requisite: IndustryRequisite | None = None


class Money(Struct):
    payment_type: Text = None
    sum: Any = None


class CorrectionInfo(Struct):
    reason: Text = None
    document_date: Text = None
    document_num: Any = None
    fiscal_sign: Any = None


class Document(Struct):
    id: Any = None
    checkout_date_time: Text = None
    doc_num: Any = None
    doc_type: Text = None
    email: Text = None
    phone: Text = None
    response_url: Text = msgspec.field(name="responseURL", default=None)
    tax_mode: Text = None
    cashier_name: Text = None
    cashier_inn: Text = None
    cashier_position: Text = None
    client_name: Text = None
    client_inn: Text = None
    agent_info: AgentInfo | None = None
    correction_info: CorrectionInfo | None = None
    invent_positions: list[Position] | None = None
    money_positions: list[Money] | None = None


document = decoder(Document)
