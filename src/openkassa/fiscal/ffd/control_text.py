"""Control of a draft's text fields: length in cp866, characters, form."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..draft import Agent, IndustryProps, Item, ReceiptDraft, Supplier
from .findings import ERROR, Finding
from .profile import Profile
from .tags import FFD_1_2, TAGS
from .tlv import text_size

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_DIGITS_3 = re.compile(r"[0-9]{3}")

Field = tuple[str, int, str | None]  # path, tag, value
REQUIRED = frozenset({1030, 1009, 1187, 1085, 1262, 1263, 1264, 1265})


def check_texts(draft: ReceiptDraft, profile: Profile) -> Iterator[Finding]:
    """Findings about every text of the draft that goes into the document."""
    for path, tag, value in _fields(draft, profile):
        if value is not None:
            yield from _text(path, tag, value)
    for index, item in enumerate(draft.items):
        if item.country is not None and not _DIGITS_3.fullmatch(item.country):
            text = f"Код страны {item.country}: нужны три цифры."
            yield Finding(ERROR, "country", f"items[{index}].country", text, 1230)
        code = item.product_code
        if code is not None and profile.ffd != FFD_1_2 and not (_HEX.fullmatch(code) and len(code) <= 64):
            text = "Код товара: нужны шестнадцатеричные цифры, не больше 32 байт."
            yield Finding(ERROR, "product_code", f"items[{index}].product_code", text, 1162)


def _text(path: str, tag: int, value: str) -> Iterator[Finding]:
    row = TAGS[tag]
    try:
        size = text_size(value)
    except UnicodeEncodeError as problem:
        text = f"Символа «{value[problem.start]}» нет в кодировке чека (cp866). Замените его."
        yield Finding(ERROR, "character", path, text, tag)
        return
    if size > row.size:
        text = f"{row.name}: {size} символов, допустимо {row.size}."
        yield Finding(ERROR, "too_long", path, text, tag)
    if not value.strip() and tag in REQUIRED:
        yield Finding(ERROR, "empty", path, f"{row.name}: не заполнено.", tag)
    if _CONTROL.search(value):
        text = f"{row.name}: управляющие символы (перевод строки, табуляция) недопустимы."
        yield Finding(ERROR, "character", path, text, tag)


def _fields(draft: ReceiptDraft, profile: Profile) -> Iterator[Field]:
    yield "address", 1009, draft.address or profile.address
    yield "place", 1187, draft.place or profile.place
    yield "seller_email", 1117, draft.seller_email
    yield "cashier", 1021, draft.cashier
    yield "machine_number", 1036, draft.machine_number
    yield "extra", 1192, draft.extra
    if draft.user_extra is not None:
        yield "user_extra[0]", 1085, draft.user_extra[0]
        yield "user_extra[1]", 1086, draft.user_extra[1]
    if draft.buyer is not None:
        buyer = draft.buyer
        yield "buyer.contact", 1008, buyer.contact
        yield "buyer.name", 1227, buyer.name
        yield "buyer.document_data", 1246, buyer.document_data
        yield "buyer.address", 1254, buyer.address
    if draft.correction is not None:
        yield "correction.number", 1179, draft.correction.number
    if draft.operating is not None:
        yield "operating.data", 1272, draft.operating.data
    yield from _agent("agent", draft.agent)
    yield from _supplier("supplier", draft.supplier)
    for index, payment in enumerate(draft.cashless):
        yield f"cashless[{index}].ids", 1237, payment.ids
        yield f"cashless[{index}].extra", 1238, payment.extra
    for index, props in enumerate(draft.industry):
        yield from _industry(f"industry[{index}]", props)
    for index, item in enumerate(draft.items):
        yield from _item(f"items[{index}]", item)


def _item(path: str, item: Item) -> Iterator[Field]:
    yield f"{path}.name", 1030, item.name
    yield f"{path}.unit", 1197, item.unit
    yield f"{path}.declaration", 1231, item.declaration
    yield f"{path}.extra", 1191, item.extra
    yield from _supplier(f"{path}.supplier", item.supplier)
    yield from _agent(f"{path}.agent", item.agent)
    for index, props in enumerate(item.industry):
        yield from _industry(f"{path}.industry[{index}]", props)


def _supplier(path: str, supplier: Supplier | None) -> Iterator[Field]:
    if supplier is None:
        return
    yield f"{path}.name", 1225, supplier.name
    for index, phone in enumerate(supplier.phones):
        yield f"{path}.phones[{index}]", 1171, phone


def _agent(path: str, agent: Agent | None) -> Iterator[Field]:
    if agent is None:
        return
    yield f"{path}.operation", 1044, agent.operation
    yield f"{path}.transfer_name", 1026, agent.transfer_name
    yield f"{path}.transfer_address", 1005, agent.transfer_address
    for field, tag in (("paying_agent_phones", 1073), ("receiver_phones", 1074), ("transfer_phones", 1075)):
        for index, phone in enumerate(getattr(agent, field)):
            yield f"{path}.{field}[{index}]", tag, phone


def _industry(path: str, props: IndustryProps) -> Iterator[Field]:
    yield f"{path}.authority", 1262, props.authority
    yield f"{path}.date", 1263, props.date
    yield f"{path}.number", 1264, props.number
    yield f"{path}.value", 1265, props.value
