"""The seller of an ATOL request."""

from __future__ import annotations

from typing import Any

from openkassa.api.atol import wire, words
from openkassa.api.faults import Faults
from openkassa.kassa.receipts.channels import ChannelContext

EMAIL_LIMIT = 64


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
