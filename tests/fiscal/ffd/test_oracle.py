"""The codec and a reader made with construct agree about every input."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fiscal.ffd import oracle
from tests.fuzz.tlv_target import corpus

from openkassa.fiscal.ffd.tags import TAGS
from openkassa.fiscal.ffd.tlv import MalformedTLV, decode


@pytest.mark.parametrize("data", corpus())
def test_whole_documents(data):
    assert decode(data) == oracle.read(data)


# Headers that tell the truth more often than chance would have it.
field = st.tuples(st.sampled_from(sorted(TAGS)), st.binary(max_size=12), st.sampled_from((0, 0, 0, 0, -1, 1))).map(
    lambda one: one[0].to_bytes(2, "little") + max(len(one[1]) + one[2], 0).to_bytes(2, "little") + one[1]
)


@given(st.one_of(st.binary(max_size=60), st.lists(field, max_size=5).map(b"".join)))
def test_arbitrary_bytes(data):
    try:
        expected = oracle.read(data)
    except oracle.Rejected:
        with pytest.raises(MalformedTLV):
            decode(data)
    else:
        assert decode(data) == expected
