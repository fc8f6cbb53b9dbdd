"""Requests of CloudKassir as they come, their fields in lower case: the original doesn't tell Items from items.

Everything is optional and loose, since clients send numbers as text and texts as numbers; the mapping says what is
missing or wrong.
"""

from __future__ import annotations

from typing import Any

import msgspec

from openkassa.api.body import AnyCase


class Struct(msgspec.Struct, kw_only=True):
    pass


class AgentData(Struct):
    agentoperationname: Any = None
    paymentagentphone: Any = None
    paymentreceiveroperatorphone: Any = None
    transferoperatorphone: Any = None
    transferoperatorname: Any = None
    transferoperatoraddress: Any = None
    transferoperatorinn: Any = None


class PurveyorData(Struct):
    name: Any = None
    inn: Any = None
    phone: Any = None


class ProductCodeData(Struct):
    codeproductnomenclature: Any = None


class Part(Struct):
    numerator: Any = None
    denominator: Any = None


class Industry(Struct):
    code: Any = None
    documentdate: Any = None
    documentnumber: Any = None
    requisitevalue: Any = None


class Operation(Struct):
    operationidentifier: Any = None
    operationdate: Any = None
    operationdata: Any = None


class UserRequisite(Struct):
    requisitekey: Any = None
    requisitevalue: Any = None


class NonCash(Struct):
    amount: Any = None
    paymentmethod: Any = None
    paymentid: Any = None
    additionalinfo: Any = None


class Amounts(Struct):
    electronic: Any = None
    advancepayment: Any = None
    credit: Any = None
    provision: Any = None
    cash: Any = None


class Item(Struct):
    label: Any = None
    price: Any = None
    quantity: Any = None
    amount: Any = None
    vat: Any = None
    method: Any = None
    object: Any = None
    measurementunit: Any = None
    unitcode: Any = None
    ean13: Any = None
    excise: Any = None
    countryorigincode: Any = None
    customsdeclarationnumber: Any = None
    agentsign: Any = None
    agentdata: AgentData | None = None
    purveyordata: PurveyorData | None = None
    additionalpositioninfo: Any = None
    industryrequisitecollection: list[Industry] | None = None
    productcodedata: ProductCodeData | None = None
    markpartquantity: Part | list[Part] | None = None
    rawmarkcode: Any = None
    groupseparator: Any = None


class Customer(Struct):
    """What receipts and corrections have in common."""

    items: list[Item] | None = None
    taxationsystem: Any = None
    amounts: Amounts | None = None
    customerinfo: Any = None
    customerinn: Any = None
    customerbirthday: Any = None
    customerstatecode: Any = None
    customerdoctype: Any = None
    customerdoc: Any = None
    customerplace: Any = None
    cashiername: Any = None
    additionalreceiptrequisite: Any = None
    userrequisitedata: UserRequisite | None = None
    operationreceiptrequisite: Operation | None = None


class CustomerReceipt(Customer):
    email: Any = None
    phone: Any = None
    isbso: Any = None
    agentsign: Any = None
    calculationplace: Any = None
    industryrequisitecollection: list[Industry] | None = None
    isinternetpayment: Any = None
    timezonecode: Any = None
    noncashpayments: list[NonCash] | None = None


class Request(Struct):
    inn: Any = None
    type: Any = None
    invoiceid: Any = None
    accountid: Any = None
    customerreceipt: CustomerReceipt | None = None


class Cause(Struct):
    correctiondate: Any = None
    correctionnumber: Any = None


class CorrectionData(Customer):
    organizationinn: Any = None
    vatrate: Any = None
    devicenumber: Any = None
    correctionreceipttype: Any = None
    correctiontype: Any = None
    causecorrection: Cause | None = None
    customercontactaddress: Any = None
    cashierinn: Any = None
    paymentplace: Any = None
    paymentaddress: Any = None
    industryrequisites: list[Industry] | None = None


class CorrectionRequest(Struct):
    correctionreceiptdata: CorrectionData | None = None


class Asked(Struct):
    id: Any = None


correction_request = AnyCase(CorrectionRequest)
request = AnyCase(Request)
asked = AnyCase(Asked)
