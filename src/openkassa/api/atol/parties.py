"""Seller, buyer, agents and suppliers of an ATOL v4 request."""

from __future__ import annotations

from typing import Any

from openkassa.api import contacts
from openkassa.api.atol import wire, words
from openkassa.api.faults import Faults
from openkassa.fiscal.draft import Agent, Buyer, Supplier
from openkassa.fiscal.text import printable
from openkassa.kassa.receipts.channels import ChannelContext

EMAIL_LIMIT = 64
PHONES_LIMIT = 10


def taxation(company: wire.Company, channel: ChannelContext, where: str, faults: Faults) -> int:
    """Tag 1055. Without `sno` the only system of the pool; a pool with several needs it."""
    allowed = channel.profile.taxation
    name = company.sno or None
    if name is None:
        if allowed & (allowed - 1):
            faults.error(f"{where}.sno", "укажите систему налогообложения: у касс группы их несколько")
        return allowed
    code = words.TAXATION.get(name, 0)
    if not code:
        faults.error(f"{where}.sno", f"«{name[:32]}» не из {', '.join(words.TAXATION)}")
    elif not code & allowed:
        faults.error(f"{where}.sno", f"кассы группы не зарегистрированы с «{name}»")
    return code


def seller(
    company: wire.Company | None, channel: ChannelContext, where: str, faults: Faults
) -> tuple[int, dict[str, Any]]:
    """(tag 1055, fields of the draft that name the seller's place)."""
    if company is None:
        faults.error(where, "обязательное поле не заполнено")
        return 0, {}
    inn = faults.text(company.inn, where, ".inn", 12, required=True)
    if inn is not None and inn != channel.inn:
        faults.error(f"{where}.inn", f"ИНН {inn} не совпадает с ИНН группы {channel.inn}")
    return taxation(company, channel, where, faults), {
        "place": faults.line(company.payment_address, where, ".payment_address", 256, required=True),
        "address": faults.line(company.location, where, ".location", 256),
        "seller_email": faults.line(company.email, where, ".email", EMAIL_LIMIT),
    }


def buyer(client: wire.Client | None, where: str, faults: Faults) -> tuple[Buyer | None, str, str]:
    """(buyer, e-mail for the copy, phone for the copy). With both contacts the e-mail counts.

    The contact goes into the receipt as it was given: shops send words like "none" where they don't know it.
    """
    if client is None:
        faults.error(where, "обязательное поле не заполнено")
        return None, "", ""
    email = faults.text(client.email, where, ".email", EMAIL_LIMIT)
    phone = faults.text(client.phone, where, ".phone", EMAIL_LIMIT)
    name = faults.line(client.name, where, ".name", 256)
    inn = faults.text(client.inn, where, ".inn", 12)
    if inn is not None and not (len(inn) in (10, 12) and inn.isascii() and inn.isdigit()):
        faults.error(f"{where}.inn", "ИНН состоит из 10 или 12 цифр")
    if email is None and phone is None:
        faults.error(where, "укажите email или phone покупателя")
        return None, "", ""
    normal = contacts.phone(phone) if phone else None
    contact = email or normal or phone
    party = Buyer(contact=printable(contact or "")[:EMAIL_LIMIT], name=name, inn=inn)
    return party, email if email and contacts.is_email(email) else "", normal or "" if email is None else ""


def agent(info: wire.AgentInfo | None, where: str, faults: Faults) -> tuple[int, Agent | None]:
    """(bits of tag 1222, tag 1223)."""
    if info is None or info == wire.AgentInfo():
        return 0, None
    bits = words.AGENTS.get(info.type or "", 0)
    if not bits:
        faults.error(f"{where}.type", f"вид агента не из {', '.join(words.AGENTS)}")
    paying = info.paying_agent or wire.PayingAgent()
    receiving = info.receive_payments_operator or wire.ReceiveOperator()
    transfer = info.money_transfer_operator or wire.TransferOperator()
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


def supplier(info: wire.SupplierInfo | None, where: str, faults: Faults) -> Supplier | None:
    if info is None or info == wire.SupplierInfo():
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
