"""Documents of the storage, with content as the platform renders it, satisfy the presence rules of their version."""

import datetime as dt
from decimal import Decimal

import pytest
from tests.fiscal.fn.fn_samples import DAY, INN, SERIAL, START, new_storage, registration

from openkassa.fiscal.draft import Correction, Item, Payments, ReceiptDraft
from openkassa.fiscal.ffd import presence
from openkassa.fiscal.ffd.findings import errors
from openkassa.fiscal.ffd.profile import Profile
from openkassa.fiscal.ffd.reader import read_document
from openkassa.fiscal.ffd.render import render_content
from openkassa.fiscal.ffd.reports import (
    Cashier,
    RegistrationContent,
    SettlementsContent,
    ShiftCloseContent,
    ShiftOpenContent,
    StorageCloseContent,
)
from openkassa.fiscal.wire import Container

CASHIER = Cashier(name="Иванова")
ITEM = Item(name="Чай", price=1000, quantity=Decimal(1), amount=1000, vat=1, method=4, kind=1)


def sale(ffd: int, **changes) -> tuple[ReceiptDraft, Profile]:
    fields = {"operation": 1, "taxation": 1, "items": (ITEM,), "payments": Payments(cash=1000), "total": 1000} | changes
    return ReceiptDraft(**fields), Profile(inn=INN, address="Москва", place="касса 1", ffd=ffd, user="ООО Ромашка")


def report_of_registration(ffd: int, **changes) -> bytes:
    content = RegistrationContent(
        user="ООО Ромашка", address="Москва", place="касса 1", serial=SERIAL, cashier=CASHIER, key_resource=410,
        ofd_inn="7704358518", ofd_name="ОФД", **changes,
    )  # fmt: skip
    return content.content(ffd)


def life(ffd: int) -> list[bytes]:
    """Containers of one document of each form that the version has."""
    storage = new_storage()
    made = [storage.register(registration(ffd), SERIAL, report_of_registration(ffd), START)]
    changed = report_of_registration(ffd, reasons=8, reason_code=3)
    made.append(storage.register(registration(ffd), SERIAL, changed, START, reasons=8))
    late = START + 3 * DAY
    made.append(storage.open_shift(ShiftOpenContent(cashier=CASHIER).content(ffd), late))
    correction = Correction(by_order=False, date=dt.date(2026, 1, 2))
    for form, bso in ((3, False), (4, True)):
        made.append(storage.receipt(form, 1, 1000, render_content(*sale(ffd, bso=bso)), late))
        content = render_content(*sale(ffd, bso=bso, correction=correction))
        made.append(storage.receipt(form * 10 + 1, 1, 1000, content, late))
    made.append(storage.report_settlements(SettlementsContent().content(ffd), late))
    made.append(storage.close_shift(ShiftCloseContent(cashier=CASHIER).content(ffd), late))
    closing = StorageCloseContent(user="ООО Ромашка", address="Москва", place="касса 1", cashier=CASHIER)
    made.append(storage.close(closing.content(ffd), late))
    assert [document.form for document in made] == [1, 11, 2, 3, 31, 4, 41, 21, 5, 6]
    return [document.container for document in made]


@pytest.mark.parametrize("ffd", [2, 3, 4])
def test_every_form_has_what_its_version_requires(ffd):
    for container in life(ffd):
        document = read_document(Container.parse(container).document)
        assert document.ffd == ffd
        assert not errors(presence.check(document)), (document.form, presence.check(document))
        tags = [tag for tag, _ in document.pairs]
        assert all(tags.count(tag) == 1 for tag in tags if tag not in (1059, 1101)), document.form
