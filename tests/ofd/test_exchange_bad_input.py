"""What is wrong is closed, counted, logged and not stored; what is only doubtful gets code 11 or 14."""

from __future__ import annotations

import random
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.ofd.exchange_process import ExchangeProcess
from tests.ofd.kkt import VERSION, Client, Refused, TestRegister, deliver

from openkassa.fiscal import wire
from openkassa.fiscal.ffd import tlv
from openkassa.fiscal.fn import emulation
from openkassa.fiscal.wire import container as containers

VECTORS = Path(__file__).parents[1] / "vectors"
Stored = Callable[[str], list[dict]]


def sealed(fn: str, fd: int, form: int, document: bytes) -> bytes:
    """A container whose message sign is good whatever the document is."""
    signed = containers.signed_part(wire.FROM_FN, form, containers.packed_fn(fn), fd, bytes(8), document)
    return containers.seal(signed, emulation.message_sign(fn, signed))


def code_of(answer: wire.Container) -> int:
    ((_, fields),) = tlv.decode(answer.document)
    return dict(dict(fields)[1068])[1022]


def refuse(exchange: ExchangeProcess, reason: str, fn: str, container: bytes) -> None:
    """The exchange must close, count and log it."""
    before = exchange.counted(f'ofd_refused_total{{reason="{reason}"}}')
    logged = len(exchange.log_lines())
    with Client(exchange.port) as client, pytest.raises(Refused):
        client.deliver(fn, container)
    assert exchange.counted(f'ofd_refused_total{{reason="{reason}"}}') == before + 1
    assert reason in [line.get("reason") for line in exchange.log_lines()[logged:]]


def test_ping_is_answered(exchange: ExchangeProcess, register: TestRegister):
    with Client(exchange.port) as client:
        for _ in range(3):
            assert client.ping(register.fn).fn == register.fn
        client.deliver(register.fn, register.made[0].container)


def test_two_messages_in_one_packet_are_answered_in_order(
    exchange: ExchangeProcess, register: TestRegister, stored: Stored
):
    def message(made) -> bytes:
        return wire.Connection(wire.Role.KKT).send(wire.Document(register.fn, VERSION, made.container))

    with socket.create_connection(("127.0.0.1", exchange.port), timeout=10) as connection:
        connection.sendall(b"".join(message(made) for made in register.made))
        file = connection.makefile("rb")
        for made in register.made:
            header = wire.SessionHeader.parse(file.read(wire.HEADER_SIZE))
            assert wire.Container.parse(file.read(header.body_length)).fd == made.fd
    assert len(stored(register.fn)) == 2


def test_a_register_that_only_sends_still_gets_its_answer(exchange: ExchangeProcess, register: TestRegister):
    with Client(exchange.port) as client:
        client.socket.sendall(client.wire.send(wire.Document(register.fn, VERSION, register.made[0].container)))
        client.socket.shutdown(socket.SHUT_WR)
        data = b"".join(iter(lambda: client.socket.recv(65536), b""))
    assert wire.Container.parse(data[wire.HEADER_SIZE :]).fd == 1


def test_a_changed_byte_is_found_by_the_checksum(exchange: ExchangeProcess, register: TestRegister, stored: Stored):
    container = bytearray(register.made[0].container)
    container[60] ^= 1
    refuse(exchange, "checksum", register.fn, bytes(container))
    assert stored(register.fn) == []


def test_a_changed_document_is_found_by_the_message_sign(
    exchange: ExchangeProcess, register: TestRegister, stored: Stored
):
    """Negative control: with the sign made anew the same change gets as far as the fiscal sign."""
    honest = wire.Container.parse(register.made[0].container)
    changed = bytearray(honest.document)
    changed[changed.index(b"nalog")] ^= 1
    signed = containers.signed_part(
        wire.FROM_FN, honest.form, containers.packed_fn(honest.fn), honest.fd, honest.nonce, bytes(changed)
    )
    refuse(exchange, "message_sign", register.fn, containers.seal(signed, honest.sign))
    refuse(exchange, "fiscal_sign", register.fn, sealed(register.fn, honest.fd, honest.form, bytes(changed)))
    assert stored(register.fn) == []


def test_a_storage_that_is_not_emulated_is_refused(exchange: ExchangeProcess, register: TestRegister, stored: Stored):
    honest = wire.Container.parse(register.made[0].container)
    fn = "7284440700391860"
    signed = containers.signed_part(wire.FROM_FN, 1, containers.packed_fn(fn), 1, honest.nonce, honest.document)
    refuse(exchange, "storage", fn, containers.seal(signed, honest.sign))
    assert stored(fn) == []


def test_a_message_of_a_real_storage_is_refused_for_its_sign(exchange: ExchangeProcess, stored: Stored):
    """Its number begins with 9999 too (a debug storage), but the sign is one that only a certified module can check."""
    text = (VECTORS / "kkt-ofd-wire" / "registration_report_ffd105_message.hex").read_text()
    message = bytes.fromhex("".join(text.split()))
    before = exchange.counted('ofd_refused_total{reason="message_sign"}')
    assert survives(exchange, message) == b""
    assert exchange.counted('ofd_refused_total{reason="message_sign"}') == before + 1
    assert stored("9999078900005488") == []


def test_header_and_container_must_name_the_same_storage(
    exchange: ExchangeProcess, register: TestRegister, stored: Stored
):
    refuse(exchange, "container", "9999999999999999", register.made[0].container)
    assert stored(register.fn) == []


def test_an_acknowledgement_is_not_a_document(exchange: ExchangeProcess, register: TestRegister):
    (answer,) = deliver(exchange.port, register, register.made[0])
    refuse(exchange, "container", register.fn, answer.pack())


@pytest.mark.parametrize(
    ("form", "document"),
    [
        (3, b"\x03\x00\x05\x00abcde"),  # the TLV inside is cut
        (3, b"\x03\x00\xff\x7f"),  # longer than what is there
        (99, b"\x63\x00\x04\x00abcd"),
    ],
)
def test_bytes_that_are_no_document_get_code_11(
    exchange: ExchangeProcess, register: TestRegister, stored: Stored, form: int, document: bytes
):
    if form == 99:
        sign, _ = emulation.fiscal_sign(register.fn, form, b"")
        document = b"\x63\x00\x0a\x00" + b"\x35\x04\x06\x00" + sign
    with Client(exchange.port) as client:
        answer = client.deliver(register.fn, sealed(register.fn, 7, form, document))
    assert code_of(answer) == 11
    (row,) = stored(register.fn)
    assert (row["fd"], row["ack_code"], row["total"], len(row["problems"])) == (7, 11, 0, 1)


def test_a_header_that_names_another_document_gets_code_11(
    exchange: ExchangeProcess, register: TestRegister, stored: Stored
):
    honest = wire.Container.parse(register.made[0].container)
    with Client(exchange.port) as client:
        answer = client.deliver(register.fn, sealed(register.fn, 77, honest.form, honest.document))
    assert code_of(answer) == 11
    assert [row["fd"] for row in stored(register.fn)] == [77]


def test_a_receipt_without_a_mandatory_tag_gets_code_14_and_is_kept(
    exchange: ExchangeProcess, register: TestRegister, stored: Stored
):
    faulty = register.receipt(5_000, content=tlv.encode([(1031, 5_000), (1055, 1)]))
    answers = deliver(exchange.port, register)
    assert [code_of(answer) for answer in answers] == [0, 0, 14]
    row = stored(register.fn)[-1]
    assert (row["container"], row["ack_code"], row["total"]) == (faulty.container, 14, 5_000)
    assert 1059 in [problem["tag"] for problem in row["problems"]]


def test_the_fault_code14_is_answered_and_stored(exchange: ExchangeProcess, register: TestRegister, stored: Stored):
    with exchange.faults(code14=1):
        assert code_of(deliver(exchange.port, register, register.made[0])[0]) == 14
        assert code_of(deliver(exchange.port, register, register.made[1])[0]) == 0
    assert [row["ack_code"] for row in stored(register.fn)] == [14, 0]


def test_the_fault_refuse_closes_at_once(exchange: ExchangeProcess, register: TestRegister):
    with exchange.faults(refuse=True), pytest.raises(Refused):
        deliver(exchange.port, register)
    deliver(exchange.port, register)


# -- garbage -----------------------------------------------------------------------------------------------


def survives(exchange: ExchangeProcess, *packets: bytes) -> bytes:
    """Sends bytes, closes, and returns what was answered; the exchange must go on."""
    with socket.create_connection(("127.0.0.1", exchange.port), timeout=5) as connection:
        answer = b""
        try:
            for packet in packets:
                connection.sendall(packet)
            connection.shutdown(socket.SHUT_WR)
            while data := connection.recv(65536):
                answer += data
        except OSError:  # the exchange was faster and has closed
            pass
    return answer


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=300))
def test_garbage_is_never_answered(exchange: ExchangeProcess, data: bytes):
    assert survives(exchange, data) == b""


def test_changed_messages_never_stop_the_exchange(exchange: ExchangeProcess, register: TestRegister, stored: Stored):
    """Bytes of real messages flipped, cut and repeated: each is answered as a good document or closed."""
    chance = random.Random(20261121)
    kkt = wire.Connection(wire.Role.KKT)
    message = kkt.send(wire.Document(register.fn, VERSION, register.made[0].container))
    for _ in range(300):
        changed = bytearray(message)
        for _ in range(chance.randint(1, 4)):
            changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
        if chance.random() < 0.3:
            del changed[chance.randrange(1, len(changed)) :]
        survives(exchange, bytes(changed), *([message] if chance.random() < 0.2 else []))
    assert all(row["container"] == register.made[0].container for row in stored(register.fn))
    assert '"ready"' in exchange.get("/health/ready")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fields=st.binary(max_size=120), form=st.sampled_from([0, 1, 2, 3, 5, 7, 11, 31, 82, 255]))
def test_signed_garbage_is_answered_or_closed_but_never_fails(
    exchange: ExchangeProcess, new_register: Callable[[], TestRegister], fields: bytes, form: int
):
    """The deepest door: every sign is good, what is inside is anything. (`running_exchange` looks for failures.)"""
    fn = new_register().fn
    sign, _ = emulation.fiscal_sign(fn, form, fields)
    body = b"\x35\x04\x06\x00" + sign + fields
    container = sealed(fn, 1, form, form.to_bytes(2, "little") + len(body).to_bytes(2, "little") + body)
    with Client(exchange.port) as client:
        answer = client.deliver(fn, container)
    assert code_of(answer) in (0, 11, 14)


REFUSED = 'ofd_refused_total{reason="protocol"}'


def test_a_length_over_the_limit_is_refused_before_the_body_is_waited_for(exchange: ExchangeProcess):
    header = bytearray(wire.SessionHeader("9999000000000001", VERSION, 100, 0x0014).pack(b""))
    header[24:26] = b"\xff\xff"
    refused = exchange.counted(REFUSED)
    with socket.create_connection(("127.0.0.1", exchange.port), timeout=5) as connection:
        connection.sendall(bytes(header))
        with pytest.raises(ConnectionError):
            if connection.recv(1) == b"":
                raise ConnectionError
    assert exchange.counted(REFUSED) == refused + 1  # lines of the log are limited, the count is not


def test_health_and_metrics_are_served(exchange: ExchangeProcess, register: TestRegister):
    deliver(exchange.port, register)
    assert '"alive"' in exchange.get("/health/live")
    ready = exchange.get("/health/ready")
    assert '"database": {"ok": true' in ready
    assert '"writer": {"ok": true' in ready
    assert exchange.counted('ofd_documents_total{code="0"}') >= 2
    assert exchange.counted("ofd_batch_documents_sum") >= 2
