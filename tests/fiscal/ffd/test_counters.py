"""Counters of documents and sums, as reports carry them."""

from hypothesis import given
from hypothesis import strategies as st

from openkassa.fiscal.ffd import counters, reports
from openkassa.fiscal.ffd.tlv import decode, first

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
