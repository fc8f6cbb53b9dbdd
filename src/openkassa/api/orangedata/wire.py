"""Requests of OrangeData as they come, their fields in lower case: official clients differ in Numerator and numerator.

Everything is optional and loose; the mapping says what is missing or wrong.
"""

from __future__ import annotations

from typing import Any

import msgspec

from openkassa.api.body import AnyCase


class Struct(msgspec.Struct, kw_only=True):
    pass


class SupplierInfo(Struct):
    phonenumbers: list[Any] | None = None
    name: Any = None


class AgentInfo(Struct):
    paymentagentoperation: Any = None
    paymentagentphonenumbers: list[Any] | None = None
    paymentoperatorphonenumbers: list[Any] | None = None
    paymenttransferoperatorphonenumbers: list[Any] | None = None
    paymentoperatorname: Any = None
    paymentoperatoraddress: Any = None
    paymentoperatorinn: Any = None


class Part(Struct):
    numerator: Any = None
    denominator: Any = None


class Industry(Struct):
    foivid: Any = None
    causedocumentdate: Any = None
    causedocumentnumber: Any = None
    value: Any = None


class Operational(Struct):
    date: Any = None
    id: Any = None
    value: Any = None


class UserAttribute(Struct):
    name: Any = None
    value: Any = None


class CustomerInfo(Struct):
    name: Any = None
    inn: Any = None
    birthdate: Any = None
    citizenship: Any = None
    identitydocumentcode: Any = None
    identitydocumentdata: Any = None
    address: Any = None


class Position(Struct):
    quantity: Any = None
    price: Any = None
    tax: Any = None
    taxsum: Any = None
    text: Any = None
    paymentmethodtype: Any = None
    paymentsubjecttype: Any = None
    nomenclaturecode: Any = None
    itemcode: Any = None
    barcodes: dict[str, Any] | None = None
    fractionalquantity: Part | None = None
    plannedstatus: Any = None
    unitofmeasurement: Any = None
    quantitymeasurementunit: Any = None
    supplierinn: Any = None
    supplierinfo: SupplierInfo | None = None
    agenttype: Any = None
    agentinfo: AgentInfo | None = None
    additionalattribute: Any = None
    manufacturercountrycode: Any = None
    customsdeclarationnumber: Any = None
    excise: Any = None
    industryattribute: Industry | None = None


class Payment(Struct):
    type: Any = None
    amount: Any = None


class Electronic(Struct):
    amount: Any = None
    type: Any = None
    id: Any = None
    additionalinfo: Any = None


class ElectronicInfo(Struct):
    payments: list[Electronic] | None = None


class CheckClose(Struct):
    payments: list[Payment] | None = None
    taxationsystem: Any = None
    electronicpaymentsinfo: ElectronicInfo | None = None


class Content(AgentInfo):
    ffdversion: Any = None
    type: Any = None
    positions: list[Position] | None = None
    checkclose: CheckClose | None = None
    customercontact: Any = None
    customer: Any = None
    customerinn: Any = None
    customerinfo: CustomerInfo | None = None
    agenttype: Any = None
    supplierphonenumbers: list[Any] | None = None
    automatnumber: Any = None
    settlementaddress: Any = None
    settlementplace: Any = None
    additionalattribute: Any = None
    additionaluserattribute: UserAttribute | None = None
    cashier: Any = None
    cashierinn: Any = None
    senderemail: Any = None
    operationalattribute: Operational | None = None
    industryattribute: Industry | None = None
    isinternetstore: Any = None
    timezone: Any = None
    usetax20: Any = None
    totalsum: Any = None
    # of corrections
    correctiontype: Any = None
    causedocumentdate: Any = None
    causedocumentnumber: Any = None
    # of corrections without lines
    taxationsystem: Any = None
    cashsum: Any = None
    ecashsum: Any = None
    prepaymentsum: Any = None
    postpaymentsum: Any = None
    otherpaymenttypesum: Any = None
    tax1sum: Any = None
    tax2sum: Any = None
    tax3sum: Any = None
    tax4sum: Any = None
    tax5sum: Any = None
    tax6sum: Any = None
    tax7sum: Any = None
    tax8sum: Any = None
    tax9sum: Any = None
    tax10sum: Any = None


class Document(Struct):
    id: Any = None
    inn: Any = None
    group: Any = None
    key: Any = None
    content: Content | None = None
    callbackurl: Any = None
    callbackapikey: Any = None
    meta: Any = None
    ignoreitemcodecheck: Any = None


document = AnyCase(Document)
