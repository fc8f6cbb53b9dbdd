"""Items of a CloudKassir receipt as lines of a fiscal document."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from openkassa.api import contacts
from openkassa.api.amounts import unquoted
from openkassa.api.cloudkassir import wire, words
from openkassa.api.codes import country, mark_of_text, product_code_of_text
from openkassa.api.faults import Faults
from openkassa.api.lines import priced
from openkassa.api.lines import quantity as quantity_of
from openkassa.api.reader import Reader
from openkassa.api.units import measure as measure_of_text
from openkassa.api.words import listed
from openkassa.fiscal import marking
from openkassa.fiscal.draft import Agent, IndustryProps, Item, Mark, Supplier
from openkassa.fiscal.ffd import codes
from openkassa.fiscal.ffd.tags import FFD_1_2
from openkassa.fiscal.text import printable

ITEMS_LIMIT = 100
INDUSTRY_LIMIT = 10
BIGGEST_PART = 2**63 - 1


def items(given: list[wire.Item] | None, where: str, ffd: int, faults: Faults) -> tuple[Item, ...]:
    """Lines of the receipt; an item whose sum no price in kopecks makes becomes two (`api.lines.priced`)."""
    if not given:
        faults.error(where, "нужна хотя бы одна позиция")
        return ()
    if len(given) > ITEMS_LIMIT:
        faults.error(where, f"позиций {len(given)}, допускается не больше {ITEMS_LIMIT}")
        return ()
    lines: list[Item] = []
    for index, item in enumerate(given):
        lines += _lines(item, Reader(f"{where}[{index}]", faults), ffd)
    return tuple(lines)


def rate(given: object, name: str, read: Reader) -> int:
    """Tag 1199; null and no field mean "without VAT"."""
    shown = listed(words.VAT, words.FACE, "vat", unknown=words.VAT_UNKNOWN)
    return read.word(given, words.VAT, name, words.NO_VAT, f"null, {shown}")


def industry(given: list[wire.Industry] | None, name: str, read: Reader) -> tuple[IndustryProps, ...]:
    """Tags 1260 and 1261."""
    found = [one for one in given or () if one != wire.Industry()]
    if len(found) > INDUSTRY_LIMIT:
        read.faults.error(read.field(name), f"элементов {len(found)}, допускается не больше {INDUSTRY_LIMIT}")
        return ()
    props = []
    for index, one in enumerate(found):
        inner = read.inner(f"{name}[{index}]")
        authority = inner.text(one.code, "Code", 3, required=True) or ""
        if authority and not (len(authority) == 3 and authority.isascii() and authority.isdigit()):
            read.faults.error(inner.field("Code"), "код ведомства состоит из трёх цифр")
        date = inner.day(one.documentdate, "DocumentDate", required=True)
        props.append(
            IndustryProps(
                authority=authority,
                date=f"{date:%d.%m.%Y}" if date else "",
                number=inner.line(one.documentnumber, "DocumentNumber", 32, required=True) or "",
                value=inner.line(one.requisitevalue, "RequisiteValue", 256, required=True) or "",
            )
        )
    return tuple(props)


def _lines(item: wire.Item, read: Reader, ffd: int) -> list[Item]:
    faults = read.faults
    name = read.line(item.label, "Label", 128, required=True)
    price = read.money(item.price, "Price")
    amount = read.money(item.amount, "Amount")
    quantity = quantity_of(unquoted(item.quantity), read.field("Quantity"), faults)
    fields: dict[str, Any] = {
        "name": name or "",
        "vat": rate(item.vat, "Vat", read),
        "method": read.word(_known(item.method), words.METHODS, "Method", words.DEFAULT_METHOD),
        "kind": read.word(_known(item.object), words.OBJECTS, "Object", words.DEFAULT_OBJECT),
        "excise": read.money(item.excise, "Excise") if item.excise not in (None, "") else None,
        "country": country(item.countryorigincode, read.field("CountryOriginCode"), faults),
        "declaration": read.line(item.customsdeclarationnumber, "CustomsDeclarationNumber", 32),
        "extra": read.line(item.additionalpositioninfo, "AdditionalPositionInfo", 64),
        "industry": industry(item.industryrequisitecollection, "IndustryRequisiteCollection", read),
        "agent_type": agent_bits(item.agentsign, read),
        "agent": _agent(item.agentdata, read.inner("AgentData")),
        "supplier": _supplier(item.purveyordata, read.inner("PurveyorData")),
        **_measure(item, quantity, ffd, read),
        **_codes(item, ffd, read),
    }
    return [] if faults.errors else priced(price, quantity, amount, fields)


def agent_bits(given: object, read: Reader) -> int:
    """Tag 1222."""
    return read.word(given, words.AGENTS, "AgentSign", 0)


def _known(given: object) -> object:
    """0 means "unknown" there, which is the same as no word."""
    return None if unquoted(given) == 0 and not isinstance(given, bool) else given


def _measure(item: wire.Item, quantity: Decimal, ffd: int, read: Reader) -> dict[str, Any]:
    """Tag 2108 by unitCode, else by the text of measurementUnit; before FFD 1.2 the text (tag 1197)."""
    text = read.line(item.measurementunit, "MeasurementUnit", 16)
    given = item.unitcode not in (None, "")
    code = read.word(item.unitcode, words.MEASURES, "UnitCode", 0) if given else measure_of_text(text, quantity)
    if ffd == FFD_1_2:
        return {"measure": code}
    return {"unit": text or (codes.MEASURES.get(code) or None if given else None)}


def _codes(item: wire.Item, ffd: int, read: Reader) -> dict[str, Any]:
    """Marking code: tag 1163, before FFD 1.2 tag 1162."""
    faults = read.faults
    raw = read.text(item.rawmarkcode, "RawMarkCode", 400)
    separator = read.text(item.groupseparator, "GroupSeparator", 16)
    if raw and separator:
        raw = raw.replace(separator, marking.GS)
    data = item.productcodedata or wire.ProductCodeData()
    hexadecimal = read.text(data.codeproductnomenclature, "ProductCodeData.CodeProductNomenclature", 400)
    ean = read.text(item.ean13, "Ean13", 13)
    if ffd != FFD_1_2:
        text, name = next(
            (
                (text, name)
                for text, name in ((raw, "RawMarkCode"), (hexadecimal, "ProductCodeData"), (ean, "Ean13"))
                if text
            ),
            (None, ""),
        )
        return {"product_code": product_code_of_text(text, read.field(name), faults)}
    for value, name in ((hexadecimal, "ProductCodeData"), (ean, "Ean13")):
        if value:
            faults.warn(read.field(name), "не пишется в ФФД 1.2: там код маркировки передаётся в RawMarkCode")
    mark = mark_of_text(raw, read.field("RawMarkCode"), faults)
    return {"mark": _part(mark, item.markpartquantity, read) if mark is not None else None}


def _part(mark: Mark, given: wire.Part | list[wire.Part] | None, read: Reader) -> Mark:
    """The mark with the part of a package that is sold (tag 1291)."""
    if isinstance(given, list):
        given = given[0] if given else None
    if given is None or given == wire.Part():
        return mark
    return Mark(
        kind=mark.kind,
        code=mark.code,
        numerator=read.whole(given.numerator, "MarkPartQuantity.Numerator", 1, BIGGEST_PART),
        denominator=read.whole(given.denominator, "MarkPartQuantity.Denominator", 1, BIGGEST_PART),
    )


def _agent(data: wire.AgentData | None, read: Reader) -> Agent | None:
    """Tag 1223."""
    if data is None or data == wire.AgentData():
        return None
    return Agent(
        operation=read.line(data.agentoperationname, "AgentOperationName", 24),
        paying_agent_phones=_phones(data.paymentagentphone, "PaymentAgentPhone", read),
        receiver_phones=_phones(data.paymentreceiveroperatorphone, "PaymentReceiverOperatorPhone", read),
        transfer_phones=_phones(data.transferoperatorphone, "TransferOperatorPhone", read),
        transfer_name=read.line(data.transferoperatorname, "TransferOperatorName", 64),
        transfer_address=read.line(data.transferoperatoraddress, "TransferOperatorAddress", 256),
        transfer_inn=read.text(data.transferoperatorinn, "TransferOperatorInn", 12),
    )


def _supplier(data: wire.PurveyorData | None, read: Reader) -> Supplier | None:
    """Tag 1224."""
    if data is None or data == wire.PurveyorData():
        return None
    return Supplier(
        name=read.line(data.name, "Name", 239),
        inn=read.text(data.inn, "Inn", 12),
        phones=_phones(data.phone, "Phone", read),
    )


def _phones(given: object, name: str, read: Reader) -> tuple[str, ...]:
    text = read.text(given, name, 19)
    return (contacts.phone(text) or printable(text),) if text else ()
