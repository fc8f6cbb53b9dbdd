"""Positions of an OrangeData document as lines of a fiscal document."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from openkassa.api import contacts
from openkassa.api.amounts import unquoted
from openkassa.api.codes import country, mark_of_text, product_code_of_text
from openkassa.api.faults import Faults
from openkassa.api.lines import check_vat_sum
from openkassa.api.lines import quantity as quantity_of
from openkassa.api.orangedata import wire, words
from openkassa.api.reader import Reader
from openkassa.api.units import measure as measure_of_text
from openkassa.fiscal import marking, product_code
from openkassa.fiscal.draft import Agent, IndustryProps, Item, Mark, Supplier
from openkassa.fiscal.ffd import codes, vat
from openkassa.fiscal.ffd.tags import FFD_1_2
from openkassa.fiscal.text import printable

ITEMS_LIMIT = 100
PHONES_LIMIT = 10
MARK_LIMIT = 400
BIGGEST_PART = 2**63 - 1


def items(given: list[wire.Position] | None, taxes: Mapping[int, int], ffd: int, faults: Faults) -> tuple[Item, ...]:
    """Lines of the document. `taxes`: what the codes of `tax` mean."""
    if not given:
        faults.error("content.positions", "нужна хотя бы одна позиция")
        return ()
    if len(given) > ITEMS_LIMIT:
        faults.error("content.positions", f"позиций {len(given)}, допускается не больше {ITEMS_LIMIT}")
        return ()
    return tuple(
        _line(position, Reader(f"content.positions[{index}]", faults), taxes, ffd)
        for index, position in enumerate(given)
    )


def _line(position: wire.Position, read: Reader, taxes: Mapping[int, int], ffd: int) -> Item:
    faults = read.faults
    price = read.money(position.price, "price")
    quantity = quantity_of(unquoted(position.quantity), read.field("quantity"), faults)
    amount = vat.line_amount(price, quantity)
    code = read.word(position.tax, taxes, "tax")
    check_vat_sum(unquoted(position.taxsum), amount, code, read.field("taxSum"), faults)
    unit = read.line(position.unitofmeasurement, "unitOfMeasurement", 16)
    given = position.quantitymeasurementunit not in (None, "")
    measure = (
        read.word(position.quantitymeasurementunit, words.MEASURES, "quantityMeasurementUnit")
        if given
        else measure_of_text(unit, quantity)
    )
    fields: dict[str, Any] = (
        {"measure": measure}
        if ffd == FFD_1_2
        else {"unit": unit or (codes.MEASURES[measure] or None if given else None)}
    )
    return Item(
        name=read.line(position.text, "text", 128, required=True) or "",
        price=price,
        quantity=quantity,
        amount=amount,
        vat=code,
        method=read.word(position.paymentmethodtype, words.METHODS, "paymentMethodType", words.DEFAULT_METHOD),
        kind=read.word(position.paymentsubjecttype, words.OBJECTS, "paymentSubjectType", words.DEFAULT_OBJECT),
        excise=read.money(position.excise, "excise") if position.excise not in (None, "") else None,
        country=country(position.manufacturercountrycode, read.field("manufacturerCountryCode"), faults),
        declaration=read.line(position.customsdeclarationnumber, "customsDeclarationNumber", 32),
        extra=read.line(position.additionalattribute, "additionalAttribute", 64),
        agent_type=agent_bits(position.agenttype, read),
        agent=agent(position.agentinfo, read.inner("agentInfo")),
        supplier=_supplier(position, read),
        industry=industry(position.industryattribute, read.inner("industryAttribute")),
        **_codes(position, ffd, read),
        **fields,
    )


def agent_bits(given: object, read: Reader) -> int:
    """Tag 1222 or 1057: bits."""
    return read.whole(given, "agentType", 0, 127) or 0


def agent(given: wire.AgentInfo | None, read: Reader) -> Agent | None:
    """Tag 1223."""
    if given is None:
        return None
    found = Agent(
        operation=read.line(given.paymentagentoperation, "paymentAgentOperation", 24),
        paying_agent_phones=phones(given.paymentagentphonenumbers, "paymentAgentPhoneNumbers", read),
        receiver_phones=phones(given.paymentoperatorphonenumbers, "paymentOperatorPhoneNumbers", read),
        transfer_phones=phones(given.paymenttransferoperatorphonenumbers, "paymentTransferOperatorPhoneNumbers", read),
        transfer_name=read.line(given.paymentoperatorname, "paymentOperatorName", 64),
        transfer_address=read.line(given.paymentoperatoraddress, "paymentOperatorAddress", 256),
        transfer_inn=read.text(given.paymentoperatorinn, "paymentOperatorINN", 12),
    )
    return found if found != Agent() else None


def phones(given: list[Any] | None, name: str, read: Reader) -> tuple[str, ...]:
    if len(given or ()) > PHONES_LIMIT:
        text = f"номеров {len(given or ())}, допускается не больше {PHONES_LIMIT}"
        read.faults.error(read.field(name), text)
        return ()
    texts = [read.text(one, f"{name}[{index}]", 19) for index, one in enumerate(given or ())]
    return tuple(contacts.phone(text) or printable(text) for text in texts if text)


def industry(given: wire.Industry | None, read: Reader) -> tuple[IndustryProps, ...]:
    """Tag 1260 or 1261; clients send an empty object for none."""
    if given is None or given == wire.Industry():
        return ()
    authority = read.text(given.foivid, "foivId", 3, required=True) or ""
    if authority and not (len(authority) == 3 and authority.isascii() and authority.isdigit()):
        read.faults.error(read.field("foivId"), "код ведомства состоит из трёх цифр")
    date = read.day(given.causedocumentdate, "causeDocumentDate", required=True)
    return (
        IndustryProps(
            authority=authority,
            date=f"{date:%d.%m.%Y}" if date else "",
            number=read.line(given.causedocumentnumber, "causeDocumentNumber", 32, required=True) or "",
            value=read.line(given.value, "value", 239, required=True) or "",
        ),
    )


def _supplier(position: wire.Position, read: Reader) -> Supplier | None:
    """Tags 1224 and 1226."""
    info = position.supplierinfo or wire.SupplierInfo()
    inner = read.inner("supplierInfo")
    found = Supplier(
        name=inner.line(info.name, "name", 239),
        inn=read.text(position.supplierinn, "supplierINN", 12),
        phones=phones(info.phonenumbers, "phoneNumbers", inner),
    )
    return found if found != Supplier() else None


def _codes(position: wire.Position, ffd: int, read: Reader) -> dict[str, Any]:
    """Marking code: tag 1163, before FFD 1.2 tag 1162. `nomenclatureCode` is base64 of the bytes of tag 1162."""
    if any((position.barcodes or {}).values()):
        read.faults.warn(read.field("barcodes"), "штрих-коды в документ не пишутся")
    code = read.text(position.itemcode, "itemCode", MARK_LIMIT)
    bytes_1162 = _bytes(read.text(position.nomenclaturecode, "nomenclatureCode", MARK_LIMIT), read)
    if ffd != FFD_1_2:
        if bytes_1162 is not None:
            return {"product_code": bytes_1162.hex().upper()}
        return {"product_code": product_code_of_text(code, read.field("itemCode"), read.faults)}
    if code is None and bytes_1162 is not None:
        try:
            code = product_code.from_bytes(bytes_1162).text
        except marking.MarkingError as problem:
            read.faults.error(read.field("nomenclatureCode"), problem.text)
    mark = mark_of_text(code, read.field("itemCode"), read.faults)
    if mark is None:
        return {}
    part, inner = position.fractionalquantity or wire.Part(), read.inner("fractionalQuantity")
    return {
        "mark": Mark(
            kind=mark.kind,
            code=mark.code,
            planned_status=read.whole(position.plannedstatus, "plannedStatus", 1, 255),
            numerator=inner.whole(part.numerator, "numerator", 1, BIGGEST_PART),
            denominator=inner.whole(part.denominator, "denominator", 1, BIGGEST_PART),
        )
    }


def _bytes(text: str | None, read: Reader) -> bytes | None:
    if text is None:
        return None
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        value = b""
    if 0 < len(value) <= 32:
        return value
    read.faults.error(read.field("nomenclatureCode"), "ожидаются не больше 32 байт в base64")
    return None
