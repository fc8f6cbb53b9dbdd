"""Every form and operation in each format, from acceptance to the operator's confirmation, on paper and as JSON."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import pytest
from tests.fiscal.ffd import oracle
from tests.support.children import kill_children
from tests.support.world import make_world, sale

from openkassa.core.tenancy import within
from openkassa.fiscal.draft import (
    Agent,
    Buyer,
    Cashless,
    Correction,
    IndustryProps,
    Item,
    OperatingProps,
    Supplier,
)
from openkassa.fiscal.ffd import presence
from openkassa.fiscal.ffd.printed import WIDTH_58, as_text, printed
from openkassa.fiscal.ffd.reader import fns_json_bytes, read_document
from openkassa.kassa.registers.models import Acknowledgement, DocumentContainer, FiscalDocument

DAY = dt.date(2026, 11, 20)
SELF, ORDER = Correction(by_order=False, date=DAY), Correction(by_order=True, date=DAY, number="12-3/45")
NO_ITEMS = {"items": (), "correction_vat": ((11, 1803),)}
AGENT = Agent(operation="Приём", paying_agent_phones=("+79991112233",), transfer_name="Оператор", transfer_address="А",
              transfer_inn="7707083893")  # fmt: skip
PROPS = (IndustryProps(authority="030", date="21.11.2023", number="1944", value="UUID=1"),)
RICH_LINE = Item(
    name="Импорт", price=4000, quantity=Decimal("2.5"), amount=10000, vat=12, method=1, kind=2, measure=11, excise=150,
    country="643", declaration="10702030/171014/0015527", extra="доп", agent_type=32,
    supplier=Supplier(name="Поставщик", inn="7707083893", phones=("+79995556677",)),
)  # fmt: skip
RICH = {
    "items": (RICH_LINE,),
    "buyer": Buyer(contact="buyer@example.ru", name="Иванов", inn="500100732259"),
    "agent_type": 1,
    "agent": AGENT,
    "supplier": Supplier(name="Общий", inn="5544332219", phones=("+79990000009",)),
    "seller_email": "s@shop.example",
    "cashier": "Петрова",
    "cashier_inn": "500100732259",
    "machine_number": "159",
    "internet": True,
    "time_zone": 2,
    "extra": "доп чека",
    "user_extra": ("Заказ", "123"),
    "cashless": (Cashless(amount=10000, method=1, ids="rrn 1", extra="СБП"),),
}
FROM_1_2 = {"industry": PROPS, "operating": OperatingProps(operation_id=7, data="данные", at=1_795_262_400)}


def drafts(ffd: int) -> list:
    operations = (1, 2, 3, 4)
    made = [sale(operation=one, bso=bso) for one in operations for bso in (False, True)]
    allowed = (1, 3) if ffd == 2 else operations
    for base in (SELF, ORDER):
        made += [sale(operation=one, bso=bso, correction=base) for one in allowed for bso in (False, True)]
    if ffd == 2:
        made += [sale(correction=base, bso=bso, **NO_ITEMS) for base in (SELF, ORDER) for bso in (False, True)]
    rich = RICH | (FROM_1_2 if ffd == 4 else {})
    return [*made, sale(**rich), sale(**rich, bso=True, correction=ORDER)]


@pytest.mark.parametrize("ffd", [2, 4])
def test_every_form_is_made_and_confirmed(transactional_db, operator, check_all, ffd):
    world = make_world(ofd_port=operator.port, ffd=ffd)
    try:
        world.add_register()
        wanted = drafts(ffd)
        for draft in wanted:
            world.sell(**{name: getattr(draft, name) for name in draft.__struct_fields__})
        world.drain()
        world.confirm()
        check_all(world)
        _check_documents(world, wanted, ffd)
    finally:
        kill_children()
        world.close()


def _check_documents(world, wanted, ffd: int) -> None:
    with within(world.organisation_id):
        made = list(FiscalDocument.objects.filter(form__in=(3, 4, 31, 41)).order_by("fd"))
        containers = dict(DocumentContainer.objects.values_list("document_id", "container"))
        codes = dict(Acknowledgement.objects.values_list("document_id", "code"))
    assert [(one.form, one.total) for one in made] == [(draft.form, draft.total) for draft in wanted]
    for row, draft in zip(made, wanted, strict=True):
        assert codes[row.id] == 0
        document = read_document(bytes(containers[row.id]))
        assert (document.form, document.operation, document.ffd) == (draft.form, draft.operation, ffd)
        assert presence.check(document) == []
        body = bytes(containers[row.id])[32:]
        size = int.from_bytes(body[2:4], "little")
        assert oracle.read(body[: 4 + size]) == [(document.form, document.pairs)]
        paper = printed(document)
        assert paper.qr is not None and all(len(line) <= WIDTH_58 for line in as_text(paper).splitlines())
        named = json.loads(fns_json_bytes(document))
        assert (named["code"], named["operationType"], named["totalSum"]) == (draft.form, draft.operation, draft.total)
        if draft.correction is not None:
            assert named["correctionType"] == int(draft.correction.by_order)
            assert "20.11.2026" in as_text(paper)
