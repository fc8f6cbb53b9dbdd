"""The codec against real bytes, against its own inverse and against arbitrary input."""

import json
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openkassa.fiscal.ffd import tlv
from openkassa.fiscal.ffd.tags import TAGS
from openkassa.fiscal.ffd.tlv import MalformedTLV, UnencodableValue, all_of, decode, encode, first

VECTORS = Path(__file__).parents[2] / "vectors"


def field(tag: int, value: bytes) -> bytes:
    return tag.to_bytes(2, "little") + len(value).to_bytes(2, "little") + value


def containers():
    for path in sorted((VECTORS / "kkt-ofd-wire").glob("*.hex")):
        raw = bytes.fromhex(path.read_text())
        if raw.startswith(bytes.fromhex("2a08410a")):
            raw = raw[30:]
        yield pytest.param(raw[32 : 32 + int.from_bytes(raw[30:32], "big")], id=path.stem)


@pytest.mark.parametrize("stlv", list(containers()))
def test_real_documents_survive_a_round_trip(stlv):
    pairs = decode(stlv)
    assert len(pairs) == 1 and pairs[0][0] in (1, 7, 11)
    assert encode(pairs) == stlv


def test_receipt_of_an_atol_register():
    vector = json.loads((VECTORS / "tlv/receipt_ffd105_atol_mgm.json").read_text())
    raw = bytes.fromhex(vector["stlv_hex_doc3"])
    ((form, fields),) = decode(raw)
    assert form == 3
    assert [tag for tag, _ in fields] == [tag for tag, _ in vector["tags_in_order"]]
    assert first(fields, 1018) == "690209812752"
    assert first(fields, 1037) == "0000000007012278"
    assert first(fields, 1077) == bytes.fromhex("31046629765f")
    assert first(fields, 1020) == 2500 and first(fields, 1102) == 381
    (item,) = all_of(fields, 1059)
    assert item == [(1030, "Эспрессо"), (1079, 2500), (1023, Decimal(1)), (1043, 2500), (1199, 1), (1200, 381)]
    assert encode([(form, fields)]) == raw


PRIMITIVES = json.loads((VECTORS / "tlv/primitives.json").read_text())["vectors"]
TAG_OF_TYPE = {"vln": 1020, "vln6": 1020, "fvln": 1023, "fvln8": 1023, "string": 1030, "unixtime": 1012}
HEX_FRACTIONS = {"0x123456/10^5": Decimal(0x123456) / 10**5}


def primitives():
    return [row for row in PRIMITIVES if row["type"].split()[0] in TAG_OF_TYPE]


@pytest.mark.parametrize("row", primitives(), ids=lambda row: f"{row['type']} {row['hex']}")
def test_primitives(row):
    tag, value = TAG_OF_TYPE[row["type"].split()[0]], row["value"]
    if tag == 1023:
        value = HEX_FRACTIONS.get(value) or Decimal(value)
    assert decode(field(tag, bytes.fromhex(row["hex"]))) == [(tag, value)]


def test_all_primitives_but_the_two_of_other_tests_are_here():
    assert [row["type"] for row in PRIMITIVES if row not in primitives()] == ["tlv tag 666", "session header"]


def test_an_unknown_tag_survives():
    raw = bytes.fromhex(next(row["hex"] for row in PRIMITIVES if row["type"] == "tlv tag 666"))
    ((tag, value),) = decode(raw)
    assert (tag, value.decode("cp866")) == (666, "Мама, мыла; раму!_AaE)")
    assert encode([(tag, value)]) == raw


def test_zero_is_written_as_one_byte():
    assert encode([(1031, 0)]) == bytes.fromhex("0704010000")


def test_fixed_strings_are_padded_and_stripped():
    raw = encode([(1018, "7702203276"), (1037, "0000000005008570")])
    assert raw == field(1018, b"7702203276  ") + field(1037, b"0000000005008570    ")
    assert decode(raw) == [(1018, "7702203276"), (1037, "0000000005008570")]


def test_quantity_is_written_without_trailing_zeros():
    one = field(1023, b"\x00\x01")
    assert encode([(1023, Decimal("1.000"))]) == encode([(1023, Decimal(1))]) == one
    assert encode([(1023, Decimal("1E+1"))]) == field(1023, b"\x00\x0a")
    assert encode([(1023, Decimal("0.250"))]) == field(1023, b"\x02\x19")


# -- malformed input --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "offset", "tag", "words"),
    [
        (b"\x0c", 0, None, "header of 4"),
        (field(1054, b"\x01") + b"\xfc\x03", 5, 1020, "header of 4"),
        (b"\xfc\x03\x06\x00\x01", 0, 1020, "length 6, but only 1"),
        (field(1012, b"\x00\x00\x00"), 0, 1012, "length 3"),
        (field(1054, b""), 0, 1054, "length 0"),
        (field(1020, b"\x01" * 9), 0, 1020, "9 bytes"),
        (field(1023, b""), 0, 1023, "decimal point"),
        (field(1023, b"\x0a\x01"), 0, 1023, "decimal point"),
        (field(1059, field(1079, b"\x01") + b"\x06\x04\x20\x00ab"), 9, 1030, "length 32"),
        (bytes(tlv.MAX_SIZE + 1), 0, None, "more than"),
    ],
)
def test_malformed_input_is_named(data, offset, tag, words):
    with pytest.raises(MalformedTLV) as caught:
        decode(data)
    assert (caught.value.offset, caught.value.tag) == (offset, tag)
    assert words in caught.value.reason


def test_a_nested_length_does_not_reach_beyond_its_parent():
    inner = b"\x06\x04\x05\x00ab"  # claims five bytes, its parent has two
    with pytest.raises(MalformedTLV, match="length 5, but only 2"):
        decode(field(1059, inner) + field(1030, b"xxxxxxxx"))


def test_depth_is_bounded():
    raw = b""
    for _ in range(tlv.MAX_DEPTH - 1):
        raw = field(1059, raw)
    decode(raw)
    with pytest.raises(MalformedTLV, match="deeper"):
        decode(field(1059, field(1059, raw)))


def test_remembered_headers_are_bounded():
    for size in range(32768, 0, -1):
        head = (3).to_bytes(2, "little") + size.to_bytes(2, "little")
        with pytest.raises(MalformedTLV):
            decode(head)
    assert len(tlv._headers) <= tlv._Headers.KEPT


@given(st.binary(max_size=300))
def test_arbitrary_bytes_raise_only_malformed(data):
    try:
        pairs = decode(data)
    except MalformedTLV as error:
        assert 0 <= error.offset <= len(data)
    else:
        assert sum(1 for _ in pairs) <= len(data) // 4


# -- round trip ---------------------------------------------------------------------------------------------

cp866_text = st.text(st.characters(codec="cp866"), max_size=30)
decimals = st.builds(lambda digits, places: Decimal(digits).scaleb(-places), st.integers(0, 2**32), st.integers(0, 6))


@cache
def value_of(row, depth):
    """A strategy for values of a tag, in their canonical form."""
    if row.type == "fvln":
        return decimals
    if row.type == "string":
        text = cp866_text.map(lambda value: value[: row.size])
        return text.map(lambda value: value.rstrip(" \0")) if row.fixed else text
    if row.type == "bytes":
        return st.binary(min_size=row.size if row.fixed else 0, max_size=row.size)
    if row.type == "stlv":
        return pairs_of(depth - 1) if depth else st.just([])
    return st.integers(0, 256**row.size - 1)


@cache
def pairs_of(depth):
    known = [row for row in TAGS.values() if row.size > 200 or row.type != "stlv"]
    pair = st.sampled_from(known).flatmap(lambda row: st.tuples(st.just(row.tag), value_of(row, depth)))
    unknown = st.tuples(st.integers(3000, 60000), st.binary(max_size=20))
    return st.lists(st.one_of(pair, unknown), max_size=4)


@given(pairs_of(2))
def test_what_is_written_is_read(pairs):
    try:
        raw = encode(pairs)
    except UnencodableValue as error:
        assert "bytes inside" in error.reason  # a nested list that outgrew its tag
        return
    assert decode(raw) == pairs
    assert encode(decode(raw)) == raw


# -- what can't be written -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        ((1030, "x" * 129), "129 bytes, at most 128"),
        ((1018, "1" * 13), "13 bytes, at most 12"),
        ((1030, "цена €"), "'€' isn't in cp866"),
        ((1030, 5), "isn't a string"),
        ((1020, -1), "number that fits"),
        ((1020, 2**48), "number that fits"),
        ((1020, "5"), "number that fits"),
        ((1020, 5.0), "number that fits"),
        ((1054, 256), "number that fits"),
        ((1012, 2**32), "number that fits"),
        ((1213, 2**16), "number that fits"),
        ((1023, Decimal("-1")), "number that fits"),
        ((1023, Decimal("NaN")), "number that fits"),
        ((1023, Decimal("1E-10")), "number that fits"),
        ((1023, Decimal("1E+40")), "number that fits"),
        ((1023, 1.5), "number that fits"),
        ((1077, b"12345"), "bytes, length 6"),
        ((1162, "ab"), "isn't bytes"),
        ((1059, b"ab"), "list of fields"),
        ((1059, [(1030, "x" * 128)] * 10), "1320 bytes inside, at most 1024"),
        ((3000, "text"), "isn't in the table"),
        ((70000, b""), "0 to 65535"),
        (5, "isn't a pair"),
    ],
)
def test_a_value_that_its_tag_cannot_carry_is_named(pair, words):
    with pytest.raises(UnencodableValue) as caught:
        encode([(1054, 1), pair])
    assert words in caught.value.reason


def test_the_field_at_fault_is_named_inside_nested_lists():
    with pytest.raises(UnencodableValue) as caught:
        encode([(1059, [(1030, "ok"), (1199, 999)])])
    assert caught.value.tag == 1199


def test_endless_nesting_is_refused():
    loop = []
    loop.append((1059, loop))
    with pytest.raises(UnencodableValue):
        encode(loop)
