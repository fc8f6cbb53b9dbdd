"""Connections: framing in any pieces, turns by the state table, whose fault an error is, limits."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openkassa.fiscal.wire import (
    HEADER_SIZE,
    NEED_DATA,
    Answer,
    Closed,
    Connection,
    Document,
    LocalProtocolError,
    Ping,
    Pong,
    RemoteProtocolError,
    Role,
    SessionHeader,
    State,
    p_version,
)
from openkassa.fiscal.wire.states import TRANSITIONS

VECTORS = Path(__file__).parents[2] / "vectors"
FN = "9999078900005488"
V12 = p_version(4)
DOCUMENT = Document(FN, V12, b"document")
ANSWER = Answer(FN, V12, b"answer")


def pair() -> tuple[Connection, Connection]:
    return Connection(Role.KKT), Connection(Role.OFD)


def pass_on(event, sender: Connection, receiver: Connection):
    receiver.receive_data(sender.send(event))
    return receiver.next_event()


def real_message() -> bytes:
    return bytes.fromhex((VECTORS / "kkt-ofd-wire/registration_report_ffd105_message.hex").read_text().strip())


def test_a_real_message_is_read_and_written_to_the_byte():
    operator, register = Connection(Role.OFD), Connection(Role.KKT)
    operator.receive_data(real_message())
    event = operator.next_event()
    assert (event.fn, event.version, len(event.container), event.flags) == (FN, b"\x00\x01", 436, 0x14)
    assert register.send(event) == real_message()


def test_the_published_session_header_is_read():
    vectors = json.loads((VECTORS / "tlv/primitives.json").read_text())["vectors"]
    vector = next(v for v in vectors if v["type"] == "session header")
    header = SessionHeader.parse(bytes.fromhex(vector["hex"]))
    assert (header.fn, header.version, header.body_length, header.flags, header.crc) == (
        "9999078950",
        b"\x00\x01",
        305,
        0x14,
        0,
    )


def test_documents_and_pings_are_answered_in_turn():
    register, operator = pair()
    for said, answered in [(DOCUMENT, ANSWER), (Ping(FN, V12), Pong(FN, V12)), (DOCUMENT, ANSWER)]:
        assert pass_on(said, register, operator) == said
        assert pass_on(answered, operator, register) == answered
    assert register.state is operator.state is State.IDLE
    register.send(Closed())
    operator.receive_data(b"")
    assert operator.next_event() == Closed()


@given(st.lists(st.integers(1, 40), max_size=30))
def test_pieces_of_any_size_give_the_same_events(sizes):
    data = real_message()
    operator = Connection(Role.OFD)
    start = 0
    for size in sizes:
        if start + size >= len(data):
            break
        operator.receive_data(data[start : start + size])
        assert operator.next_event() is NEED_DATA
        start += size
    operator.receive_data(data[start:])
    assert isinstance(operator.next_event(), Document)


@pytest.mark.parametrize("flags", [0x14, 0x15, 0x16])
def test_the_checksum_covers_what_the_flags_say(flags):
    register, operator = pair()
    data = bytearray(register.send(Document(FN, V12, b"document", flags)))
    assert (data[28:30] == b"\0\0") is (flags == 0x14)
    data[-1] ^= 1
    operator.receive_data(bytes(data))
    if flags == 0x16:
        with pytest.raises(RemoteProtocolError):
            operator.next_event()
    else:
        assert operator.next_event().container == b"documenu"


@pytest.mark.parametrize("flags", [0x15, 0x16])
def test_a_changed_header_is_found_by_its_checksum(flags):
    register, operator = pair()
    data = bytearray(register.send(Document(FN, V12, b"document", flags)))
    data[23] = ord("9")
    operator.receive_data(bytes(data))
    with pytest.raises(RemoteProtocolError):
        operator.next_event()


@pytest.mark.parametrize("event", [ANSWER, Pong(FN, V12)])
def test_the_register_may_not_answer_nor_the_operator_ask(event):
    register, operator = pair()
    with pytest.raises(LocalProtocolError):
        register.send(event)
    with pytest.raises(LocalProtocolError):
        operator.send(event)  # nothing has been asked
    assert register.state is operator.state is State.IDLE


def test_speaking_before_the_answer_is_the_fault_of_who_spoke():
    register, operator = pair()
    first = register.send(DOCUMENT)
    with pytest.raises(LocalProtocolError):
        register.send(DOCUMENT)
    operator.receive_data(first + first)
    assert operator.next_event() == DOCUMENT
    with pytest.raises(RemoteProtocolError):
        operator.next_event()
    assert operator.state is State.ERROR


def test_an_answer_of_the_wrong_kind_is_refused():
    register, operator = pair()
    register.send(Ping(FN, V12))
    operator.receive_data(Connection(Role.KKT).send(DOCUMENT))
    operator.next_event()
    register.receive_data(operator.send(ANSWER))
    with pytest.raises(RemoteProtocolError):
        register.next_event()


def test_the_operator_may_close_without_an_answer():
    register, operator = pair()
    pass_on(DOCUMENT, register, operator)
    operator.send(Closed())
    register.receive_data(b"")
    assert register.next_event() == Closed()


def test_an_end_inside_a_message_is_an_error():
    operator = Connection(Role.OFD)
    operator.receive_data(real_message()[:100])
    assert operator.next_event() is NEED_DATA
    operator.receive_data(b"")
    with pytest.raises(RemoteProtocolError):
        operator.next_event()


def header(**changes) -> bytes:
    fields = {"fn": FN, "version": V12, "body_length": 8, "flags": 0x14} | changes
    return SessionHeader(**fields).pack()


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nHost: operator\r\n",
        header()[:4] + b"\x82\xa2" + header()[6:],
        header()[:6] + b"\x09\x09" + header()[8:],
        header()[:8] + b"not sixteen digs" + header()[24:],
        header(flags=0x17),
        header(flags=0x0114),
        header(flags=0x10),
        header(body_length=0),
    ],
)
def test_a_wrong_header_is_refused_before_its_body_is_waited_for(data):
    operator = Connection(Role.OFD)
    operator.receive_data(data[:HEADER_SIZE])
    with pytest.raises(RemoteProtocolError):
        operator.next_event()


def test_a_body_over_the_limit_is_refused_on_both_sides():
    register, operator = Connection(Role.KKT, max_body=10), Connection(Role.OFD, max_body=7)
    with pytest.raises(LocalProtocolError):
        register.send(Document(FN, V12, b"eleven byte"))
    operator.receive_data(register.send(DOCUMENT)[:HEADER_SIZE])
    with pytest.raises(RemoteProtocolError):
        operator.next_event()


@given(st.lists(st.binary(max_size=80), max_size=5))
def test_any_bytes_give_events_or_the_one_error(pieces):
    operator = Connection(Role.OFD)
    try:
        for piece in pieces:
            operator.receive_data(piece or b"\0")
            while operator.next_event() is not NEED_DATA:
                pass
    except RemoteProtocolError:
        assert operator.state is State.ERROR


def test_each_state_has_its_row_and_closing_is_always_possible():
    assert set(TRANSITIONS) == set(State)
    for row in TRANSITIONS.values():
        assert {(Role.KKT, Closed), (Role.OFD, Closed)} <= set(row)
