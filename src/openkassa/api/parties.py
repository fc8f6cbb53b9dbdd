"""Buyers, agents and suppliers: the same for every face that sends them in the words of `shapes`."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from openkassa.api import contacts, shapes
from openkassa.api.faults import Faults
from openkassa.fiscal.draft import Agent, Buyer, Supplier
from openkassa.fiscal.text import printable

EMAIL_LIMIT = 64
PHONES_LIMIT = 10


def buyer(
    client: shapes.Client | None, where: str, faults: Faults, required: bool = True
) -> tuple[Buyer | None, str, str]:
    """(buyer, e-mail for the copy, phone for the copy). With both contacts the e-mail counts.

    The contact goes into the receipt as it was given: shops send words like "none" where they don't know it.
    `required`: whether the receipt needs a buyer with a contact.
    """
    if client is None:
        if required:
            faults.error(where, "обязательное поле не заполнено")
        return None, "", ""
    email = faults.text(client.email, where, ".email", EMAIL_LIMIT)
    phone = faults.text(client.phone, where, ".phone", EMAIL_LIMIT)
    name = faults.line(client.name, where, ".name", 256)
    inn = faults.text(client.inn, where, ".inn", 12)
    if inn is not None and not (len(inn) in (10, 12) and inn.isascii() and inn.isdigit()):
        faults.error(f"{where}.inn", "ИНН состоит из 10 или 12 цифр")
    if email is None and phone is None and required:
        faults.error(where, "укажите email или phone покупателя")
        return None, "", ""
    normal = contacts.phone(phone) if phone else None
    contact = email or normal or phone
    party = Buyer(contact=printable(contact)[:EMAIL_LIMIT] if contact else None, name=name, inn=inn)
    if isinstance(client, shapes.FullClient):
        party = _full(party, client, where, faults)
    kept = party if party != Buyer() else None
    return kept, email if email and contacts.is_email(email) else "", normal or "" if email is None else ""


def _full(party: Buyer, client: shapes.FullClient, where: str, faults: Faults) -> Buyer:
    return replace(
        party,
        birthdate=faults.day(client.birthdate, where, ".birthdate"),
        citizenship=faults.text(client.citizenship, where, ".citizenship", 3),
        document_code=faults.text(client.document_code, where, ".document_code", 2),
        document_data=faults.line(client.document_data, where, ".document_data", 64),
        address=faults.line(client.address, where, ".address", 256),
    )


def agent(
    info: shapes.AgentInfo | None, words: Mapping[str, int], where: str, faults: Faults
) -> tuple[int, Agent | None]:
    """(bits of tag 1222, tag 1223). `words` are the face's names of the kinds of agents."""
    if info is None or info == shapes.AgentInfo():
        return 0, None
    bits = words.get(info.type or "", 0)
    if not bits:
        faults.error(f"{where}.type", f"вид агента не из {', '.join(words)}")
    paying = info.paying_agent or shapes.PayingAgent()
    receiving = info.receive_payments_operator or shapes.ReceiveOperator()
    transfer = info.money_transfer_operator or shapes.TransferOperator()
    fields = Agent(
        operation=faults.line(paying.operation, where, ".paying_agent.operation", 24),
        paying_agent_phones=phones(paying.phones, f"{where}.paying_agent.phones", faults),
        receiver_phones=phones(receiving.phones, f"{where}.receive_payments_operator.phones", faults),
        transfer_phones=phones(transfer.phones, f"{where}.money_transfer_operator.phones", faults),
        transfer_name=faults.line(transfer.name, where, ".money_transfer_operator.name", 64),
        transfer_address=faults.line(transfer.address, where, ".money_transfer_operator.address", 256),
        transfer_inn=faults.text(transfer.inn, where, ".money_transfer_operator.inn", 12),
    )
    return bits, fields if fields != Agent() else None


def supplier(info: shapes.SupplierInfo | None, where: str, faults: Faults) -> Supplier | None:
    if info is None or info == shapes.SupplierInfo():
        return None
    return Supplier(
        name=faults.line(info.name, where, ".name", 239),
        inn=faults.text(info.inn, where, ".inn", 12),
        phones=phones(info.phones, f"{where}.phones", faults),
    )


def phones(values: list[str | None] | None, where: str, faults: Faults) -> tuple[str, ...]:
    if not values:
        return ()
    if len(values) > PHONES_LIMIT:
        faults.error(where, f"номеров {len(values)}, допускается не больше {PHONES_LIMIT}")
        return ()
    given = [faults.text(value, where, f"[{index}]", 19) for index, value in enumerate(values)]
    return tuple(contacts.phone(value) or printable(value) for value in given if value)
