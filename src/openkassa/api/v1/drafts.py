"""From v1 requests to drafts of receipts."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import msgspec

from openkassa.api import contacts
from openkassa.api.v1 import wire, wire_corrections, words
from openkassa.api.v1.problems import Refused, of_faults
from openkassa.fiscal import draft as fiscal
from openkassa.fiscal import marking
from openkassa.fiscal.ffd import codes, vat
from openkassa.fiscal.ffd.profile import Profile
from openkassa.fiscal.ffd.tags import FFD_1_2
from openkassa.fiscal.identifiers import roubles
from openkassa.fiscal.lines import less_discount
from openkassa.fiscal.text import printable

_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001  till-local time has no zone
Fault = tuple[str, str, str]


def map_receipt(request: wire.Receipt, profile: Profile, utc_offset: int) -> tuple[fiscal.ReceiptDraft, list[str]]:
    """(draft, warnings). `utc_offset` is the place's, in minutes. Raises `Refused` with all faults."""
    faults: list[Fault] = []
    items = items_of(request.items, request.discount, profile, faults)
    agent_type, agent = _agent(request.agent)
    payments = fiscal.Payments(**msgspec.structs.asdict(request.payments))
    total = _total(request, items, payments, faults)
    taxation = _taxation(request.taxation, profile, faults)
    party = buyer(request.buyer, faults)
    operating = _operating(request.operating, utc_offset, faults)
    if faults:
        raise of_faults(faults)
    correction = request.correction
    draft = fiscal.ReceiptDraft(
        operation=words.OPERATIONS[request.operation],
        taxation=taxation,
        items=items,
        payments=payments,
        total=total,
        bso=request.strict_reporting_form,
        correction=fiscal.Correction(
            by_order=correction.by_order, date=correction.date, number=_line(correction.number)
        )
        if correction
        else None,
        correction_vat=tuple((words.VAT[one.vat], one.amount) for one in request.correction_vat or ()),
        agent_type=agent_type,
        agent=agent,
        supplier=_supplier(request.supplier),
        buyer=party,
        seller_email=_line(request.seller_email),
        address=_line(request.address),
        place=_line(request.place),
        internet=request.internet,
        time_zone=request.time_zone,
        machine_number=_line(request.machine_number),
        extra=_line(request.extra),
        user_extra=(printable(request.user_extra.name), printable(request.user_extra.value))
        if request.user_extra
        else None,
        industry=_industry(request.industry),
        operating=operating,
        cashless=_cashless(request.cashless),
        **cashier(request.cashier),
    )
    return draft, []


def cashier(person: wire.Cashier | None) -> dict[str, Any]:
    """Fields of the draft that name the cashier."""
    return {"cashier": printable(person.name), "cashier_inn": person.inn} if person else {}


def buyer(given: wire.Buyer | None, faults: list[Fault]) -> fiscal.Buyer | None:
    if given is None:
        return None
    phone = None
    if given.phone:
        phone = contacts.phone(given.phone)
        if phone is None:
            faults.append(("field_invalid", "buyer.phone", f"«{given.phone}» не телефон: нужен вид +79991234567"))
    if given.email and not contacts.is_email(given.email):
        faults.append(("field_invalid", "buyer.email", f"«{given.email}» не адрес почты"))
    return fiscal.Buyer(
        contact=given.email or phone,
        name=_line(given.name),
        inn=given.inn,
        birthdate=_day(given.birthdate) if given.birthdate else None,
        citizenship=given.citizenship,
        document_code=given.document_code,
        document_data=_line(given.document_data),
        address=_line(given.address),
    )


def contact(given: wire.Buyer | None) -> tuple[str, str]:
    """(e-mail, phone) to which the copy goes; one of them at most."""
    if given is None:
        return "", ""
    if given.email:
        return given.email, ""
    return "", contacts.phone(given.phone) or "" if given.phone else ""


def map_changes(changes: wire_corrections.Changes, wrong: fiscal.ReceiptDraft, profile: Profile) -> fiscal.ReceiptDraft:
    """The right receipt: `wrong` with what the changes name. Raises `Refused` with all faults."""
    faults: list[Fault] = []
    fields: dict[str, Any] = {}
    if changes.operation is not None:
        fields["operation"] = words.OPERATIONS[changes.operation]
    if changes.taxation is not None:
        fields["taxation"] = words.TAXATION[changes.taxation]
    if changes.items is not None:
        fields["items"] = items_of(changes.items, changes.discount, profile, faults)
        fields["total"] = sum(item.amount for item in fields["items"])
        fields["correction_vat"] = ()
    elif changes.discount:
        faults.append(("field_invalid", "discount", "скидка задаётся вместе с новыми позициями"))
    payments = _changed_payments(changes.payments, wrong.payments, fields.get("total", wrong.total), faults)
    same_payments = payments == wrong.payments and changes.cashless is None
    fields |= {"payments": payments, "cashless": wrong.cashless if same_payments else _cashless(changes.cashless)}
    if changes.buyer is not None:
        fields["buyer"] = buyer(changes.buyer, faults)
    if changes.agent is not None:
        fields["agent_type"], fields["agent"] = _agent(changes.agent)
    if changes.supplier is not None:
        fields["supplier"] = _supplier(changes.supplier)
    for name in ("place", "address"):
        if getattr(changes, name) is not None:
            fields[name] = _line(getattr(changes, name))
    if faults:
        raise of_faults([(code, f"right.{field}", text) for code, field, text in faults])
    return msgspec.structs.replace(wrong, **fields, **cashier(changes.cashier))


def _changed_payments(
    given: wire.Payments | None, wrong: fiscal.Payments, total: int, faults: list[Fault]
) -> fiscal.Payments:
    used = [kind for kind, amount in msgspec.structs.asdict(wrong).items() if amount]
    if given is not None:
        payments = fiscal.Payments(**msgspec.structs.asdict(given))
    elif len(used) == 1:
        payments = fiscal.Payments(**{used[0]: total})
    else:
        payments = wrong
    _check_payments(payments, total, faults)
    return payments


def _cashless(given: list[wire.CashlessPayment] | None) -> tuple[fiscal.Cashless, ...]:
    return tuple(
        fiscal.Cashless(amount=one.amount, method=one.method, ids=printable(one.ids), extra=_line(one.extra))
        for one in given or ()
    )


def items_of(given: list[wire.Item], discount: int, profile: Profile, faults: list[Fault]) -> tuple[fiscal.Item, ...]:
    """Lines of the receipt with the discount of the whole spread over them."""
    lines = [_item(item, index, profile, faults) for index, item in enumerate(given)]
    if not discount:
        return tuple(lines)
    amounts = [line.amount for line in lines]
    if discount > sum(amounts):
        text = f"скидка {roubles(discount)} больше суммы позиций {roubles(sum(amounts))}"
        faults.append(("field_invalid", "discount", text))
        return tuple(lines)
    return tuple(less_discount(lines, discount))


def _item(item: wire.Item, index: int, profile: Profile, faults: list[Fault]) -> fiscal.Item:
    quantity = Decimal(item.quantity)
    if not quantity:
        faults.append(("field_invalid", f"items[{index}].quantity", "количество должно быть больше нуля"))
    amount = vat.line_amount(item.price, quantity)
    if item.amount is not None and item.amount != amount:
        text = (
            f"amount {roubles(item.amount)} не равен price × quantity = {roubles(amount)}, "
            f"разница {roubles(item.amount - amount)}"
        )
        faults.append(("line_amount_differs", f"items[{index}].amount", text))
    measure = words.UNITS[item.unit] if item.unit else 0 if quantity == int(quantity) else 255
    newest = profile.ffd == FFD_1_2
    agent_type, agent = _agent(item.agent)
    return fiscal.Item(
        name=printable(item.name)[:128],
        price=item.price,
        quantity=quantity,
        amount=amount,
        vat=words.VAT[item.vat],
        method=words.METHODS[item.method],
        kind=words.OBJECTS[item.object],
        measure=measure if newest else 0,
        unit=None if newest else _line(item.unit_name) or (codes.MEASURES[measure] or None if item.unit else None),
        product_code=None if newest else item.product_code,
        excise=item.excise,
        country=item.country,
        declaration=_line(item.declaration),
        extra=_line(item.extra),
        agent_type=agent_type,
        agent=agent,
        supplier=_supplier(item.supplier),
        industry=_industry(item.industry),
        mark=_mark(item.mark, f"items[{index}].mark.code", faults),
        wholesale=item.wholesale,
    )


def _mark(given: wire.Mark | None, where: str, faults: list[Fault]) -> fiscal.Mark | None:
    if given is None:
        return None
    try:
        code = marking.from_base64(given.code) if given.base64 else marking.normalise(given.code)
    except marking.MarkingError as error:
        faults.append(("field_invalid", where, error.text))
        return None
    return fiscal.Mark(
        kind=given.kind or marking.kind_of(code),
        code=code,
        planned_status=given.planned_status,
        numerator=given.numerator,
        denominator=given.denominator,
        processing_mode=given.processing_mode,
    )


def _total(
    request: wire.Receipt, items: tuple[fiscal.Item, ...], payments: fiscal.Payments, faults: list[Fault]
) -> int:
    """Tag 1020. A given total may be less than the items by a rounding of less than a rouble."""
    lines = sum(item.amount for item in items) if items else payments.total
    total = lines if request.total is None else request.total
    if not 0 <= lines - total <= 99:
        text = f"total {roubles(total)} не равен сумме позиций {roubles(lines)}, разница {roubles(total - lines)}"
        faults.append(("total_differs", "total", text))
    _check_payments(payments, total, faults)
    return total


def _check_payments(payments: fiscal.Payments, total: int, faults: list[Fault]) -> None:
    if payments.total != total:
        text = (
            f"сумма payments {roubles(payments.total)} не равна сумме чека {roubles(total)}, "
            f"разница {roubles(payments.total - total)}"
        )
        faults.append(("payments_differ", "payments", text))


def _taxation(name: str | None, profile: Profile, faults: list[Fault]) -> int:
    if name is not None:
        return words.TAXATION[name]
    if profile.taxation & (profile.taxation - 1):
        faults.append(("field_invalid", "taxation", "укажите: у касс канала несколько систем налогообложения"))
    return profile.taxation


def _agent(agent: wire.Agent | None) -> tuple[int, fiscal.Agent | None]:
    if agent is None:
        return 0, None
    fields = fiscal.Agent(
        operation=_line(agent.operation),
        paying_agent_phones=_phones(agent.phones),
        receiver_phones=_phones(agent.receiver_phones),
        transfer_phones=_phones(agent.transfer_phones),
        transfer_name=_line(agent.transfer_name),
        transfer_address=_line(agent.transfer_address),
        transfer_inn=agent.transfer_inn,
    )
    return words.AGENTS[agent.type], fields if fields != fiscal.Agent() else None


def _supplier(given: wire.Supplier | None) -> fiscal.Supplier | None:
    if given is None:
        return None
    return fiscal.Supplier(name=_line(given.name), inn=given.inn, phones=_phones(given.phones))


def _industry(given: list[wire.IndustryProps] | None) -> tuple[fiscal.IndustryProps, ...]:
    return tuple(
        fiscal.IndustryProps(
            authority=one.authority, date=_day(one.date), number=printable(one.number), value=printable(one.value)
        )
        for one in given or ()
    )


def _operating(given: wire.OperatingProps | None, utc_offset: int, faults: list[Fault]) -> fiscal.OperatingProps | None:
    if given is None:
        return None
    local = given.at
    try:
        if local.tzinfo is not None:
            local = local.astimezone(dt.timezone(dt.timedelta(minutes=utc_offset))).replace(tzinfo=None)
    except OverflowError:  # the first or the last hours of the calendar
        faults.append(("field_invalid", "operating.at", "время вне календаря"))
        return None
    return fiscal.OperatingProps(
        operation_id=given.operation_id, data=printable(given.data), at=int((local - _EPOCH).total_seconds())
    )


def _phones(given: list[str] | None) -> tuple[str, ...]:
    return tuple(contacts.phone(phone) or printable(phone) for phone in given or ())


def _day(date: dt.date) -> str:
    return f"{date.day:02}.{date.month:02}.{date.year:04}"


def _line(text: str | None) -> str | None:
    """Text that is printed; None where it is empty."""
    return printable(text.strip()) or None if text else None


def wrong_shape(field: str, text: str) -> Refused:
    return Refused("field_invalid", text, field or None, faults=[("field_invalid", field, text)])
