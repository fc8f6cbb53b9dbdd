"""Requests of Komtet Kassa as they come. v1 and v2 differ in positions, buyer, seller and corrections.

Loose for the reasons that `api.shapes` gives. The PHP SDK writes an object without fields as [].
"""

from __future__ import annotations

from typing import Any

from openkassa.api import shapes
from openkassa.api.body import decoder
from openkassa.api.shapes import Struct, Text


class Payment(Struct):
    sum: Any = None
    type: Text = None


class Cashier(Struct):
    name: Text = None
    inn: Text = None


class Position(Struct):
    name: Text = None
    price: Any = None
    quantity: Any = None
    total: Any = None
    vat: Any = None
    excise: Any = None
    country_code: Text = None
    declaration_number: Text = None
    user_data: Text = None
    agent_info: shapes.AgentInfo | None = None
    supplier_info: shapes.SupplierInfo | None = None


class Check(Struct):
    """What a check has in both versions."""

    external_id: Any = None
    intent: Text = None
    payments: list[Payment] | None = None
    cashier: Cashier | list[Any] | None = None
    authorised_person: Cashier | list[Any] | None = None
    additional_check_props: Text = None
    additional_user_props: shapes.UserProps | list[Any] | None = None
    agent_info: shapes.AgentInfo | None = None
    supplier_info: shapes.SupplierInfo | None = None
    callback_url: Text = None
    internet: bool | None = None
    timezone: Any = None
    cashless_payments: list[shapes.CashlessPayment] | None = None


# -- v2 --------------------------------------------------------------------------------------------------------------


class PositionV2(Position):
    measure: Any = None
    payment_method: Text = None
    payment_object: Text = None
    mark_code: shapes.MarkCode | list[Any] | None = None
    mark_quantity: shapes.MarkQuantity | list[Any] | None = None
    planned_status: Any = None
    wholesale: bool | None = None
    sectoral_item_props: list[shapes.SectoralProps] | None = None


class Company(Struct):
    payment_address: Text = None
    place_address: Text = None
    sno: Any = None
    inn: Text = None


class CorrectionInfo(Struct):
    type: Text = None
    base_date: Text = None
    base_number: Text = None


class CheckV2(Check):
    client: shapes.FullClient | list[Any] | None = None
    company: Company | list[Any] | None = None
    positions: list[PositionV2] | None = None
    sectoral_check_props: list[shapes.SectoralProps] | None = None
    operating_check_props: shapes.OperatingProps | list[Any] | None = None
    correction_info: CorrectionInfo | None = None


# -- v1 --------------------------------------------------------------------------------------------------------------


class Nomenclature(Struct):
    code: Text = None
    hex_code: Text = None


class PositionV1(Position):
    measure_name: Text = None
    calculation_method: Text = None
    calculation_subject: Text = None
    nomenclature_code: Nomenclature | list[Any] | None = None


class Correction(Struct):
    type: Text = None
    date: Text = None
    document: Text = None
    description: Text = None


class CheckV1(Check):
    user: Text = None
    client: shapes.Client | list[Any] | None = None
    sno: Any = None
    payment_address: Text = None
    place_address: Text = None
    positions: list[PositionV1] | None = None
    correction: Correction | None = None


check_v1 = decoder(CheckV1)
check_v2 = decoder(CheckV2)
many_v1 = decoder(list[CheckV1])
many_v2 = decoder(list[CheckV2])
