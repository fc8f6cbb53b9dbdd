"""From a ReceiptDraft to the content that a cash register hands to its fiscal storage (forms 3, 31, 4, 41).

The header tags (1209, 1190, 1041, 1037, 1018, 1040, 1012, 1077, 1038, 1042, 1054, 1020) are put in front by the
storage: see `fiscal.fn.documents`. The order here follows receipts of real registers: correction, lines,
sums, taxation, VAT, then parties and places.

Formats differ in this: FFD 1.05 and 1.1 name agent and supplier phones (1057 …, 1171) and the buyer (1227, 1228) on the
level of the receipt, the unit of a line as text (1197) and the product code as bytes (1162). FFD 1.2 has 1256 for the
buyer, 2108 for the unit, 1260, 1261 and 1270, and agents on lines only: agent and supplier of the whole receipt are
written into each line that has none of its own. A supplier's name and ИНН (1225, 1226) stand on lines in every version.
Marking codes are 1163 in FFD 1.2 and 1162 before (`marks`).
"""

from __future__ import annotations

import datetime as dt

from msgspec.structs import replace

from ..draft import Agent, Buyer, Correction, IndustryProps, Item, ReceiptDraft, Supplier
from . import vat
from .marks import kind_of_goods, mark_pairs, product_bytes
from .profile import Profile
from .tags import FFD_1_05, FFD_1_2
from .tlv import Pairs, encode

_EPOCH = dt.date(1970, 1, 1)


def render_content(draft: ReceiptDraft, profile: Profile) -> bytes:
    """TLV content of the receipt in the FFD version of `profile`.

    Takes drafts that `control.check_draft` has no error for; raises UnencodableValue for what can't be written.
    """
    return encode(content_pairs(draft, profile))


def content_pairs(draft: ReceiptDraft, profile: Profile) -> Pairs:
    """The same as `render_content` before it is encoded."""
    newest = profile.ffd == FFD_1_2
    pairs: Pairs = []
    if draft.correction is not None:
        pairs += _correction(draft.correction, profile)
    pairs += [(1059, _item_1_2(item, draft) if newest else _item_1_05(item, draft)) for item in draft.items]
    pairs += _sums(draft)
    pairs.append((1055, draft.taxation))
    _add(pairs, 1036, draft.machine_number or profile.machine_number)
    pairs += vat_pairs(draft)
    pairs += _buyer_1_2(draft.buyer) if newest else _buyer_1_05(draft.buyer)
    if not newest:
        pairs += _receipt_agent(draft)
    pairs += _parties(draft, profile)
    pairs += _extras(draft, newest)
    return pairs


def settlement_day(draft: ReceiptDraft, day: dt.date | None) -> dt.date | None:
    """The day whose VAT rates hold: of the settlement that a correction corrects, else `day`."""
    return draft.correction.date if draft.correction else day


def vat_pairs(draft: ReceiptDraft, day: dt.date | None = None) -> Pairs:
    """VAT totals of the receipt: 1102 to 1107 and, for rates with codes 7 to 12, 1115{1119{1199, 1120}}."""
    if draft.items:
        totals = vat.vat_totals(((item.vat, item.amount) for item in draft.items), settlement_day(draft, day))
    else:
        totals = dict(draft.correction_vat)
    pairs: Pairs = [(vat.TOTAL_TAGS[code], total) for code, total in totals.items() if code in vat.TOTAL_TAGS]
    newer: Pairs = [
        (1119, [(1199, code), (1120, total)]) for code, total in totals.items() if code not in vat.TOTAL_TAGS
    ]
    if newer:
        pairs.append((1115, newer))
    return pairs


def local_day(day: dt.date) -> int:
    """A day as till-local seconds at its midnight (tags of type unixtime that carry a date)."""
    return (day - _EPOCH).days * 86400


def _add(pairs: Pairs, tag: int, value: object) -> None:
    if value is not None and value != "":
        pairs.append((tag, value))  # type: ignore[arg-type]


def _correction(correction: Correction, profile: Profile) -> Pairs:
    base: Pairs = [(1178, local_day(correction.date))]
    if correction.number:
        base.append((1179, correction.number))
    elif profile.ffd == FFD_1_05:  # requires 1179 always; that a space says "nobody ordered it" is unconfirmed
        base.append((1179, " "))
    return [(1173, int(correction.by_order)), (1174, base)]


def _sums(draft: ReceiptDraft) -> Pairs:
    paid = draft.payments
    pairs: Pairs = [
        (1031, paid.cash),
        (1081, paid.electronic),
        (1215, paid.prepaid),
        (1216, paid.credit),
        (1217, paid.other),
    ]
    if draft.cashless:
        payments: Pairs = []
        for payment in draft.cashless:
            one: Pairs = [(1082, payment.amount), (1236, payment.method), (1237, payment.ids)]
            _add(one, 1238, payment.extra)
            payments.append((1235, one))
        pairs.append((1234, payments))
    return pairs


def _parties(draft: ReceiptDraft, profile: Profile) -> Pairs:
    pairs: Pairs = []
    if draft.buyer is not None:
        _add(pairs, 1008, draft.buyer.contact)
    _add(pairs, 1021, draft.cashier)
    _add(pairs, 1203, draft.cashier_inn)
    _add(pairs, 1048, profile.user)
    pairs.append((1009, draft.address or profile.address))
    pairs.append((1187, draft.place or profile.place))
    pairs.append((1060, profile.fns_site))
    _add(pairs, 1117, draft.seller_email or profile.seller_email)
    if profile.internet_only:
        pairs.append((1108, 1))
    if draft.internet:
        pairs.append((1125, 1))
    _add(pairs, 1011, draft.time_zone)
    return pairs


def _extras(draft: ReceiptDraft, newest: bool) -> Pairs:
    pairs: Pairs = []
    _add(pairs, 1192, draft.extra)
    if draft.user_extra is not None:
        name, value = draft.user_extra
        pairs.append((1084, [(1085, name), (1086, value)]))
    if newest:
        pairs += [(1261, _industry(props)) for props in draft.industry]
        if draft.operating is not None:
            operating = draft.operating
            pairs.append((1270, [(1273, operating.at), (1271, operating.operation_id), (1272, operating.data)]))
    return pairs


# -- lines -------------------------------------------------------------------------------------------------


def _item_head(item: Item) -> Pairs:
    return [(1030, item.name), (1079, item.price), (1023, item.quantity)]


def _item_tail(item: Item, kind: int) -> Pairs:
    pairs: Pairs = [(1043, item.amount), (1199, item.vat), (1214, item.method), (1212, kind)]
    _add(pairs, 1229, item.excise)
    _add(pairs, 1230, item.country)
    _add(pairs, 1231, item.declaration)
    _add(pairs, 1191, item.extra)
    return pairs


def _item_1_05(item: Item, draft: ReceiptDraft) -> Pairs:
    pairs = _item_head(item)
    _add(pairs, 1197, item.unit)
    _add(pairs, 1162, product_bytes(item))
    pairs += _item_tail(item, item.kind)
    supplier = item.supplier
    if supplier is None and draft.supplier is not None:
        supplier = replace(draft.supplier, phones=())  # the phones are on the level of the receipt
    return pairs + _item_agent(item.agent_type, item.agent, supplier)


def _item_1_2(item: Item, draft: ReceiptDraft) -> Pairs:
    pairs = _item_head(item)
    pairs.append((2108, item.measure))
    if item.mark is not None:
        pairs += mark_pairs(item.mark)
    pairs += _item_tail(item, kind_of_goods(item))
    agent_type, agent = (item.agent_type, item.agent) if item.agent_type else (draft.agent_type, draft.agent)
    pairs += _item_agent(agent_type, agent, item.supplier or draft.supplier)
    pairs += [(1260, _industry(props)) for props in item.industry]
    return pairs


def _item_agent(agent_type: int, agent: Agent | None, supplier: Supplier | None) -> Pairs:
    pairs: Pairs = []
    if agent_type:
        pairs.append((1222, agent_type))
    if agent is not None:
        fields = _agent(agent)
        if fields:
            pairs.append((1223, fields))
    if supplier is not None:
        fields = [(1171, phone) for phone in supplier.phones]
        _add(fields, 1225, supplier.name)
        if fields:
            pairs.append((1224, fields))
        _add(pairs, 1226, supplier.inn)
    return pairs


def _agent(agent: Agent) -> Pairs:
    """Fields of 1223, which FFD 1.05 and 1.1 also have on the level of the receipt."""
    pairs: Pairs = [(1075, phone) for phone in agent.transfer_phones]
    _add(pairs, 1044, agent.operation)
    pairs += [(1073, phone) for phone in agent.paying_agent_phones]
    pairs += [(1074, phone) for phone in agent.receiver_phones]
    _add(pairs, 1026, agent.transfer_name)
    _add(pairs, 1005, agent.transfer_address)
    _add(pairs, 1016, agent.transfer_inn)
    return pairs


def _receipt_agent(draft: ReceiptDraft) -> Pairs:
    pairs: Pairs = []
    if draft.agent_type:
        pairs.append((1057, draft.agent_type))
    if draft.agent is not None:
        pairs += _agent(draft.agent)
    return pairs + [(1171, phone) for phone in (draft.supplier.phones if draft.supplier else ())]


def _industry(props: IndustryProps) -> Pairs:
    return [(1262, props.authority), (1263, props.date), (1264, props.number), (1265, props.value)]


# -- buyer -------------------------------------------------------------------------------------------------


def _buyer_1_05(buyer: Buyer | None) -> Pairs:
    pairs: Pairs = []
    if buyer is not None:
        _add(pairs, 1227, buyer.name)
        _add(pairs, 1228, buyer.inn)
    return pairs


def _buyer_1_2(buyer: Buyer | None) -> Pairs:
    if buyer is None:
        return []
    fields = _buyer_1_05(buyer)
    _add(fields, 1243, buyer.birthdate)
    _add(fields, 1244, buyer.citizenship)
    _add(fields, 1245, buyer.document_code)
    _add(fields, 1246, buyer.document_data)
    _add(fields, 1254, buyer.address)
    return [(1256, fields)] if fields else []
