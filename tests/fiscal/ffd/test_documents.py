"""Whole documents: header, reports, counters, acknowledgement."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fiscal.ffd.samples import make_draft, make_profile

from openkassa.fiscal.ffd import counters, reports
from openkassa.fiscal.ffd.documents import acknowledgement, document_header, signed_document, unsigned_document
from openkassa.fiscal.ffd.reader import read_document
from openkassa.fiscal.ffd.render import render_content
from openkassa.fiscal.ffd.tlv import UnencodableValue, decode, first

VECTORS = Path(__file__).parents[2] / "vectors"
SIGN = bytes.fromhex("31046629765f")


def header(ffd=4, **changes):
    fields = {"ffd": ffd, "fn": "9999078900005488", "rnm": "0000000005008570", "inn": "7702203276", "fd": 87}
    return document_header(**{**fields, "at": 1_771_234_560, **changes})


def test_a_receipt_has_the_order_of_real_documents():
    content = render_content(make_draft(), make_profile())
    raw = signed_document(3, header(shift=14, number=1, operation=1, total=80730), content, SIGN)
    document = read_document(raw)
    assert [tag for tag, _ in document.pairs[:12]] == [
        1209, 1190, 1041, 1037, 1018, 1040, 1012, 1077, 1038, 1042, 1054, 1020,
    ]  # fmt: skip
    assert document.pairs[12:] == decode(content)
    assert document.fiscal_sign == 1713993311
    assert (document.fd, document.shift, document.number, document.total) == (87, 14, 1, 80730)


def test_1_05_has_no_version_of_the_storage():
    assert [tag for tag, _ in decode(header(ffd=2).before)][:2] == [1209, 1041]


def test_the_sign_covers_all_but_itself():
    content = render_content(make_draft(), make_profile())
    signed = read_document(signed_document(3, header(shift=1), content, SIGN))
    bare = read_document(unsigned_document(3, header(shift=1), content))
    assert [pair for pair in signed.pairs if pair[0] != 1077] == bare.pairs


@pytest.mark.parametrize("form", [8, 1020, 70000])
def test_an_unknown_form_is_refused(form):
    with pytest.raises(UnencodableValue):
        signed_document(form, header(), b"", SIGN)


def test_a_document_that_outgrows_its_form_is_refused():
    with pytest.raises(UnencodableValue, match="at most 4096"):
        signed_document(2, header(), bytes(4096), SIGN)
    with pytest.raises(UnencodableValue, match="fiscal sign"):
        signed_document(2, header(), b"", b"12345")


def test_acknowledgement_is_byte_for_byte_a_real_one():
    container = bytes.fromhex((VECTORS / "kkt-ofd-wire/operator_ack_code14_container.hex").read_text())
    real = read_document(container)
    made = acknowledgement(
        ofd_inn=real.text_of(1017),
        operator_sign=first(real.pairs, 1078),
        fn=real.fn,
        fd=real.fd,
        at=real.local_time,
        code=14,
    )
    assert made == container[32:-10]


def test_acknowledgement_with_a_message():
    made = acknowledgement(ofd_inn="7704", operator_sign=b"\x88\x06123456", fn="9" * 16, fd=1, at=1, code=0, message=4)
    assert read_document(made).number_of(1206) == 4


# -- counters ---------------------------------------------------------------------------------------------------

number = st.integers(0, 2**40 - 1)
correction = st.builds(
    counters.CorrectionCounters,
    count=st.integers(1, 2**32 - 1),
    **dict.fromkeys(("cash", "electronic", "prepaid", "credit", "other", "total"), number),
)
operation = st.builds(
    counters.OperationCounters,
    count=st.integers(0, 2**32 - 1),
    **dict.fromkeys(counters.OperationCounters.__struct_fields__[1:], number),
)
settlements = st.builds(
    counters.SettlementCounters, count=st.integers(0, 2**32 - 1), operations=st.tuples(*[correction] * 4)
)
totals = st.builds(
    counters.TotalCounters,
    count=number.map(lambda n: n % 2**32),
    operations=st.tuples(*[operation] * 4),
    corrections=settlements,
)


@given(totals)
def test_counters_of_any_size_are_written_and_read(total):
    raw = reports.SettlementsContent(key_resource=1, storage_totals=total).content(4)
    assert counters.read_totals(first(decode(raw), 1157)) == total


def test_counters_follow_the_sign_of_settlement():
    assert dict(zip(counters.OPERATION_TAGS, (1, 2, 3, 4), strict=True)) == {1129: 1, 1130: 2, 1131: 3, 1132: 4}
    assert dict(zip(counters.CORRECTION_TAGS, (1, 2, 3, 4), strict=True)) == {1145: 1, 1232: 2, 1146: 3, 1233: 4}
