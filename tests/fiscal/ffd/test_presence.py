"""Presence rules against real documents, our own ones and documents with one fault."""

from pathlib import Path

import pytest
from tests.fiscal.ffd.samples import make_correction, make_draft, make_item, make_profile

from openkassa.fiscal.ffd import reports
from openkassa.fiscal.ffd.conditions import CONDITIONS
from openkassa.fiscal.ffd.conditions_page import page
from openkassa.fiscal.ffd.counters import TotalCounters
from openkassa.fiscal.ffd.findings import ERROR, WARNING, errors
from openkassa.fiscal.ffd.presence import CONDITIONAL, check, rules
from openkassa.fiscal.ffd.reader import Document, read_document
from openkassa.fiscal.ffd.render import render_content
from openkassa.fiscal.ffd.tags import TAGS
from openkassa.fiscal.ffd.tlv import decode, encode
from openkassa.fiscal.fn import Registration, make_acknowledgement
from openkassa.fiscal.fn.documents import Writer, receipt_fields, u32
from openkassa.fiscal.wire import Container

ROOT = Path(__file__).parents[3]
VECTORS = ROOT / "tests/vectors"
CASHIER = reports.Cashier(name="Кассир", inn="500000000413")
TOTALS = TotalCounters(count=1)

REGISTRATION = {
    "user": "ООО ПРИМЕР",
    "address": "г. Пример",
    "place": "Магазин",
    "serial": "0001",
    "cashier": CASHIER,
    "key_resource": 410,
    "ofd_inn": "7700000016",
    "ofd_name": "ОФД",
    "seller_email": "shop@example.com",
}
REPORTS = {
    1: reports.RegistrationContent(**REGISTRATION),
    11: reports.RegistrationContent(**REGISTRATION, reasons=4, reason_code=3),
    2: reports.ShiftOpenContent(cashier=CASHIER, operator_message=4),
    5: reports.ShiftCloseContent(
        receipts=1,
        documents=3,
        key_resource=410,
        shift_totals=TOTALS,
        storage_totals=TOTALS,
        undelivered=reports.Undelivered(count=1, first_day=86400, first_fd=7),
        warnings=reports.StorageWarnings(resource=True, replace=True, memory=True, no_answer=True),
        cashier=CASHIER,
    ),
    21: reports.SettlementsContent(
        key_resource=410, storage_totals=TOTALS, undelivered=reports.Undelivered(count=1, first_day=86400, first_fd=7)
    ),
    6: reports.StorageCloseContent(user="ООО", address="г. Пример", place="Магазин", storage_totals=TOTALS),
}


def signed(form, content, ffd, own=b""):
    """What a storage makes of the register's `content`; `own` is what it writes behind the sign."""
    return read_document(container(form, content, ffd, own))


def container(form, content, ffd, own):
    writer = Writer("9999078900005488", Registration("0000000005008570", "7702203276", 1, ffd, 0, 180))
    return writer.write(form, 87, 1_771_234_560, own + content, has_format=False)[1]


def receipt(draft, ffd=4):
    content = render_content(draft, make_profile(ffd=ffd))
    return signed(draft.form, content, ffd, receipt_fields(1, 1, draft.operation, draft.total))


@pytest.mark.parametrize("ffd", [2, 3, 4])
@pytest.mark.parametrize("bso", [False, True])
@pytest.mark.parametrize("make", [make_draft, make_correction])
def test_our_receipts_pass(make, bso, ffd):
    assert check(receipt(make(bso=bso), ffd)) == []


@pytest.mark.parametrize("code", range(1, 13))
def test_our_receipts_pass_with_each_rate(code):
    assert check(receipt(make_draft(items=(make_item(vat=code),)))) == []


@pytest.mark.parametrize("ffd", [2, 3, 4])
@pytest.mark.parametrize("form", sorted(REPORTS))
def test_our_reports_pass(form, ffd):
    shift = u32(1038, 1) if form in (2, 5, 6, 21) else b""
    assert check(signed(form, REPORTS[form].content(ffd), ffd, shift)) == []


def test_our_acknowledgement_passes():
    sent = Container.parse(container(2, b"", 4, u32(1038, 1)))
    made = make_acknowledgement(sent, operator_inn="7700000016", code=0, local_time=1_771_234_560)
    for ffd in (None, 2, 3, 4):
        assert check(read_document(made), ffd) == []


@pytest.mark.parametrize("name", ["registration_report_ffd105_message", "operator_ack_code14_container"])
def test_real_documents_have_no_error(name):
    raw = bytes.fromhex((VECTORS / f"kkt-ofd-wire/{name}.hex").read_text())
    assert errors(check(read_document(raw[30:] if raw[0] == 0x2A else raw))) == []


# -- one fault at a time ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("ffd", [2, 3, 4])
@pytest.mark.parametrize("form", [3, 31])
def test_each_required_field_is_missed(form, ffd):
    whole = receipt(make_draft() if form == 3 else make_correction(), ffd)
    required = {row.tag for row in rules(ffd).forms[form] if row.presence == "required" and row.electronic} - {1209}
    assert {1012, 1020, 1037, 1040, 1041, 1077} <= required
    for tag in required:
        cut = Document(form, [pair for pair in whole.pairs if pair[0] != tag])
        assert ("absent", str(tag)) in {(finding.code, finding.path) for finding in errors(check(cut))}


def changed(document, tag, value):
    return Document(document.form, [(t, value if t == tag else v) for t, v in document.pairs])


def without(document, tag):
    return Document(document.form, [pair for pair in document.pairs if pair[0] != tag])


def test_a_field_inside_a_line_is_named_with_its_place():
    whole = receipt(make_draft(items=(make_item(), make_item())))
    last = [index for index, (tag, _) in enumerate(whole.pairs) if tag == 1059][-1]
    whole.pairs[last] = (1059, [pair for pair in whole.pairs[last][1] if pair[0] != 1043])
    assert ("absent", "1059[1].1043") in {(finding.code, finding.path) for finding in errors(check(whole))}


def test_confirmed_condition_is_enforced():
    (finding,) = check(without(receipt(make_draft()), 1115))
    assert (finding.severity, finding.tag) == (ERROR, 1115)


@pytest.mark.parametrize(("code", "tag"), [(1, 1102), (2, 1103), (3, 1106), (4, 1107), (5, 1104), (6, 1105), (7, 1115)])
def test_unconfirmed_condition_warns(code, tag):
    findings = check(without(receipt(make_draft(items=(make_item(vat=code),))), tag))
    assert [(finding.severity, finding.tag) for finding in findings] == [(WARNING, tag)]


def test_a_field_that_stands_twice():
    whole = receipt(make_draft())
    twice = Document(3, [*whole.pairs, (1020, 80730)])
    assert [(finding.code, finding.tag) for finding in errors(check(twice))] == [("repeated", 1020)]


def test_text_longer_than_its_tag():
    findings = check(changed(receipt(make_draft()), 1021, "я" * 65))
    assert [(finding.code, finding.tag) for finding in errors(findings)] == [("too_long", 1021)]


def test_payments_that_do_not_make_the_total():
    findings = check(changed(receipt(make_draft()), 1081, 80000))
    assert [(finding.severity, finding.code) for finding in findings] == [(ERROR, "payments_differ")]


def test_lines_that_do_not_make_the_total_warn():
    whole = changed(changed(receipt(make_draft()), 1081, 80700), 1020, 80700)
    assert [(finding.severity, finding.code) for finding in check(whole)] == [(WARNING, "total_differs")]


@pytest.mark.parametrize("version", [None, 1, 5])
def test_an_unknown_version_is_an_error(version):
    whole = receipt(make_draft())
    pairs = [(tag, version if tag == 1209 else value) for tag, value in whole.pairs if version or tag != 1209]
    assert [finding.code for finding in check(Document(3, pairs))] == ["version"]


def test_a_form_of_another_protocol_is_an_error():
    assert [finding.code for finding in check(Document(81, [(1209, 4)]))] == ["form"]


def test_values_of_a_wrong_kind_never_break_the_check():
    raw = encode([(3, [(1209, 4), (3000, b"x"), (1059, []), (1115, []), (1163, [])])])
    assert errors(check(Document(3, decode(raw)[0][1])))


# -- the data -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ffd", [2, 3, 4])
def test_rows_name_known_tags_and_conditions(ffd):
    for part in (rules(ffd).forms, rules(ffd).nested):
        for rows in part.values():
            for row in rows:
                assert row.tag in TAGS and row.source and row.mark in "SCU"
                assert row.presence in ("required", "conditional", "optional")
                assert row.condition is None or (row.condition in CONDITIONS and row.presence == CONDITIONAL)


def test_every_condition_is_used():
    used = {
        row.condition
        for ffd in (2, 3, 4)
        for part in (rules(ffd).forms, rules(ffd).nested)
        for rows in part.values()
        for row in rows
    }
    assert used - {None} == set(CONDITIONS)


def test_the_page_of_conditions_is_up_to_date():
    assert (ROOT / "docs/reference/ffd-conditions.md").read_text() == page()
