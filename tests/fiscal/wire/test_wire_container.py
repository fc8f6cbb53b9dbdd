"""Containers: real messages are read and rebuilt to the byte, and no length in them is trusted."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openkassa.fiscal.wire import FROM_FN, FROM_OFD, BadChecksum, Container, MalformedContainer, crc16
from openkassa.fiscal.wire.container import SERVICE_2, packed_fn, seal, signed_part

VECTORS = Path(__file__).parents[2] / "vectors" / "kkt-ofd-wire"


def vector(name: str) -> bytes:
    data = bytes.fromhex((VECTORS / name).read_text().strip())
    return data[30:] if data.startswith(b"\x2a\x08\x41\x0a") else data


REAL = {
    "container_ffd10.hex": (FROM_FN, 1, "999907891234567", 1, "810673fca34b2872"),
    "registration_report_ffd105_message.hex": (FROM_FN, 11, "9999078900005488", 1, "8106a55ae10c4d75"),
    "operator_ack_code14_container.hex": (FROM_OFD, 7, "9999078902013267", 1, "820636937ded906b"),
}


def test_crc_has_the_published_check_value():
    assert crc16(b"123456789") == 0x29B1


@pytest.mark.parametrize("name", REAL)
def test_real_container_is_read_and_rebuilt_to_the_byte(name):
    data = vector(name)
    container = Container.parse(data)
    origin, form, fn, fd, sign = REAL[name]
    assert (container.origin, container.form, container.fn, container.fd) == (origin, form, fn, fd)
    assert container.sign.hex() == sign
    assert int.from_bytes(container.document[:2], "little") == form
    assert container.pack() == data


@given(
    origin=st.sampled_from([FROM_FN, FROM_OFD]),
    form=st.integers(0, 255),
    fn=st.text("0123456789", min_size=1, max_size=16),
    fd=st.integers(0, 0xFFFFFF),
    document=st.binary(min_size=4, max_size=300),
    sign=st.binary(min_size=8, max_size=8),
    nonce=st.binary(min_size=8, max_size=8),
)
def test_pack_and_parse_are_inverse(origin, form, fn, fd, document, sign, nonce):
    container = Container(origin, form, fn, fd, document, sign, nonce)
    packed = container.pack()
    assert Container.parse(packed) == container
    assert packed == seal(signed_part(origin, form, packed_fn(fn), fd, nonce, document), sign)
    assert container.service_2 == SERVICE_2


def test_a_changed_byte_is_found_by_the_checksum():
    good = vector("container_ffd10.hex")
    for position in (5, 20, 100, len(good) - 5):
        bad = bytearray(good)
        bad[position] ^= 1
        with pytest.raises(BadChecksum):
            Container.parse(bytes(bad))


def resealed(data: bytearray) -> bytes:
    """The same bytes with a right CRC, so that only the change under test is wrong."""
    data[2:4] = crc16(bytes(data[4:]), crc16(bytes(data[:2]))).to_bytes(2, "little")
    return bytes(data)


@pytest.mark.parametrize(
    ("offset", "new", "field"),
    [
        (0, b"\xff\xff", "length"),
        (4, b"\x00", "origin"),
        (6, b"\x11", "version"),
        (9, b"\xab", "fiscal storage"),
        (30, b"\x00\x01", "document length"),
        (30, b"\xff\xff", "document length"),
    ],
)
def test_a_wrong_field_is_named(offset, new, field):
    data = bytearray(vector("container_ffd10.hex"))
    data[offset : offset + len(new)] = new
    with pytest.raises(MalformedContainer) as caught:
        Container.parse(resealed(data))
    assert caught.value.field == field


@given(st.binary(max_size=120))
def test_any_bytes_give_a_container_or_the_one_error(data):
    with contextlib.suppress(MalformedContainer):
        Container.parse(data)


@given(st.data())
def test_a_cut_container_is_refused(data):
    whole = vector("operator_ack_code14_container.hex")
    end = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(MalformedContainer):
        Container.parse(whole[:end])
