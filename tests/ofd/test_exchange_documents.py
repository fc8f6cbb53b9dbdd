"""Each document is stored once and answered with the same acknowledgement, whatever happens between."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from tests.ofd.exchange_process import ExchangeProcess
from tests.ofd.kkt import ADDRESS, INN, PLACE, USER, VERSION, Client, Refused, TestRegister, checked, deliver

from openkassa.fiscal import wire
from openkassa.fiscal.ffd import tlv
from openkassa.fiscal.fn import emulation
from openkassa.fiscal.fn.acknowledgement import read_acknowledgement
from openkassa.ofd.exchange import store

Stored = Callable[[str], list[dict]]


def test_a_document_is_stored_and_acknowledged(exchange: ExchangeProcess, register: TestRegister, stored: Stored):
    receipt = register.receipt(12_345)
    answers = deliver(exchange.port, register)
    acknowledgement = read_acknowledgement(
        answers[-1].pack(), fn=register.fn, fd=receipt.fd, document_sign=receipt.container[-10:-2]
    )
    assert acknowledgement.code == 0
    registration, shift, row = stored(register.fn)
    assert (registration["form"], shift["form"], row["form"]) == (1, 2, 3)
    assert row["container"] == receipt.container
    assert row["acknowledgement"] == answers[-1].pack()
    assert row["problems"] == []
    read = {
        name: row[name] for name in ("fd", "ffd", "shift", "number", "operation", "total", "inn", "rnm", "ack_code")
    }
    assert read == {
        "fd": 3,
        "ffd": 4,
        "shift": 1,
        "number": 1,
        "operation": 1,
        "total": 12_345,
        "inn": INN,
        "rnm": register.rnm,
        "ack_code": 0,
    }
    assert row["fiscal_sign"] == receipt.fiscal_sign
    assert row["local_time"] == receipt.local_time


def test_the_storage_takes_the_acknowledgements(exchange: ExchangeProcess, register: TestRegister):
    register.receipt()
    with Client(exchange.port) as client:
        for made in register.made:
            register.storage.accept_acknowledgement(client.deliver_raw(register.fn, made.container))
    assert not register.storage.undelivered


def test_a_register_is_learned_from_its_report(
    exchange: ExchangeProcess, register: TestRegister, archive: psycopg.Connection
):
    deliver(exchange.port, register)
    row = archive.execute("SELECT * FROM ofd_archive_register WHERE fn = %s", [register.fn]).fetchone()
    assert row["rnm"] == register.rnm
    assert (row["inn"], row["user_name"], row["address"], row["place"]) == (INN, USER, ADDRESS, PLACE)
    assert (row["serial"], row["ffd"], row["report_fd"]) == (register.serial, 4, 1)


def test_an_older_report_does_not_overwrite_a_newer_one(
    exchange: ExchangeProcess, new_register: Callable[[], TestRegister], archive: psycopg.Connection
):
    register = new_register()
    first, second = register.register(), register.change_address("197022, Санкт-Петербург, ул. Льва Толстого, д. 9")
    deliver(exchange.port, register, second, first)
    row = archive.execute("SELECT address FROM ofd_archive_register WHERE fn = %s", [register.fn]).fetchone()
    assert row["address"].startswith("197022")


def test_a_repeated_document_gets_the_first_acknowledgement(
    exchange: ExchangeProcess, register: TestRegister, stored: Stored
):
    first = deliver(exchange.port, register)
    time.sleep(1.1)  # an acknowledgement made anew would carry another time (1012)
    repeated = exchange.counted("ofd_documents_repeated_total")
    second = deliver(exchange.port, register)
    assert [answer.pack() for answer in second] == [answer.pack() for answer in first]
    assert len(stored(register.fn)) == len(register.made)
    assert exchange.counted("ofd_documents_repeated_total") == repeated + len(register.made)


def test_one_document_from_32_connections_at_once_is_one(
    exchange: ExchangeProcess, register: TestRegister, stored: Stored
):
    receipt = register.receipt()
    barrier = threading.Barrier(32)

    def send(_: int) -> bytes:
        with Client(exchange.port) as client:
            barrier.wait()
            return client.deliver_raw(register.fn, receipt.container)

    with ThreadPoolExecutor(32) as pool:
        answers = set(pool.map(send, range(32)))
    assert len(answers) == 1
    assert len(stored(register.fn)) == 1


def test_other_content_under_a_number_is_refused_and_nothing_stored(
    exchange: ExchangeProcess, register: TestRegister, stored: Stored
):
    kept = register.receipt(100)
    deliver(exchange.port, register, kept)
    impostor = TestRegister(int(register.fn[4:])).ready()
    other = impostor.receipt(99_999)
    assert other.fd == kept.fd
    before = exchange.counted('ofd_refused_total{reason="conflict"}')
    with pytest.raises(Refused):
        deliver(exchange.port, impostor, other)
    assert [row["container"] for row in stored(register.fn)] == [kept.container]
    assert exchange.counted('ofd_refused_total{reason="conflict"}') == before + 1
    assert any(line.get("reason") == "conflict" for line in exchange.log_lines())


def test_a_lost_acknowledgement_is_given_again(exchange: ExchangeProcess, register: TestRegister, stored: Stored):
    with exchange.faults(lose_ack=1):
        with pytest.raises(Refused):
            deliver(exchange.port, register, register.made[0])
        (row,) = stored(register.fn)
        (answer,) = deliver(exchange.port, register, register.made[0])
    assert answer.pack() == row["acknowledgement"]
    assert len(stored(register.fn)) == 1


def test_killed_between_commit_and_answer_it_answers_the_same_after_the_restart(
    own_exchange: ExchangeProcess, register: TestRegister, stored: Stored
):
    own_exchange.set_faults({"slow": 30})
    with Client(own_exchange.port) as client:
        message = wire.Connection(wire.Role.KKT).send(wire.Document(register.fn, VERSION, register.made[0].container))
        client.socket.sendall(message)
        wait_until(lambda: stored(register.fn))
        own_exchange.kill()
        assert client.socket.recv(100) == b""
    own_exchange.set_faults({})
    own_exchange.start()
    (answer,) = deliver(own_exchange.port, register, register.made[0])
    (row,) = stored(register.fn)
    assert answer.pack() == row["acknowledgement"]


def test_killed_in_the_middle_of_a_stream_it_has_all_it_acknowledged_and_each_once(
    own_exchange: ExchangeProcess, new_register: Callable[[], TestRegister], stored: Stored
):
    registers = [new_register().ready() for _ in range(8)]
    for register in registers:
        for _ in range(150):
            register.receipt()
    acknowledged: dict[str, int] = {}

    def stream(register: TestRegister) -> None:
        with Client(own_exchange.port) as client:
            for made in register.made:
                client.deliver(register.fn, made.container)
                acknowledged[register.fn] = made.fd

    with ThreadPoolExecutor(8) as pool:
        tasks = [pool.submit(stream, register) for register in registers]
        wait_until(lambda: len(acknowledged) == 8 and min(acknowledged.values()) > 5)
        own_exchange.kill()
        assert any(isinstance(task.exception(), Refused) for task in tasks)
    seen = dict(acknowledged)
    for register in registers:
        assert [row["fd"] for row in stored(register.fn)][: seen[register.fn]] == list(range(1, seen[register.fn] + 1))
    own_exchange.start()
    for register in registers:
        deliver(own_exchange.port, register)
        assert [row["fd"] for row in stored(register.fn)] == [made.fd for made in register.made]


def test_sigterm_finishes_what_has_been_received(own_exchange: ExchangeProcess, register: TestRegister, stored: Stored):
    own_exchange.set_faults({"slow": 1})
    with Client(own_exchange.port) as client:
        message = client.wire.send(wire.Document(register.fn, VERSION, register.made[0].container))
        client.socket.sendall(message)
        wait_until(lambda: stored(register.fn))
        own_exchange.process.send_signal(signal.SIGTERM)
        while (event := client.wire.next_event()) is wire.NEED_DATA:
            client.wire.receive_data(client.socket.recv(65536))
    own_exchange.set_faults({})
    assert event.container == stored(register.fn)[0]["acknowledgement"]
    assert own_exchange.process.wait(timeout=10) == 0


def test_a_lost_database_connection_is_made_anew(
    own_exchange: ExchangeProcess, register: TestRegister, stored: Stored, superuser_url: str
):
    deliver(own_exchange.port, register, register.made[0])
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s "
            "AND datname = current_database()",
            [store.APPLICATION_NAME],
        )
    deliver(own_exchange.port, register, register.made[1])
    assert len(stored(register.fn)) == 2


def test_a_batch_whose_commit_was_not_heard_of_is_found_by_the_second_try(
    register: TestRegister, stored: Stored, monkeypatch: pytest.MonkeyPatch, django_db_setup: None
):
    one = store.Store(os.environ["KASSA_OFD_DATABASE_URL"])
    document = checked(register, 0)
    write = one._write
    tries = []

    def committed_then_lost(batch):
        outcomes = write(batch)
        tries.append(batch)
        if len(tries) == 1:
            one._connection.close()
            raise psycopg.OperationalError("server closed the connection unexpectedly")
        return outcomes

    monkeypatch.setattr(one, "_write", committed_then_lost)
    assert one.write([document]) == [store.Stored(document.acknowledgement)]
    assert (len(tries), len(stored(register.fn))) == (2, 1)
    one.close()


def test_without_the_rule_for_repeats_a_repeat_gets_no_answer(register: TestRegister, monkeypatch, django_db_setup):
    """Negative control: the guard against a second document is the unique key, the answer to a repeat its clause."""
    document = checked(register, 0)
    guarded = store.Store(os.environ["KASSA_OFD_DATABASE_URL"])
    assert guarded.write([document]) == [store.Stored(document.acknowledgement)]
    again = checked(register, 0)
    assert guarded.write([again]) == [store.Stored(document.acknowledgement, repeated=True)]
    monkeypatch.setattr(store, "_INSERT", store._INSERT.replace("ON CONFLICT (fn, fd) DO NOTHING", ""))
    assert isinstance(store.Store(os.environ["KASSA_OFD_DATABASE_URL"]).write([again])[0], store.Unstorable)
    guarded.close()


def test_a_document_that_the_database_refuses_does_not_take_others_with_it(register: TestRegister, stored: Stored):
    good, bad, late = checked(register, 0), checked(register, 1), checked(register, 1)
    bad.ack_code = 12
    one = store.Store(os.environ["KASSA_OFD_DATABASE_URL"])
    outcomes = one.write([good, bad])
    assert outcomes[0] == store.Stored(good.acknowledgement)
    assert isinstance(outcomes[1], store.Unstorable)
    assert one.write([late]) == [store.Stored(late.acknowledgement)]
    one.close()
    assert [row["fd"] for row in stored(register.fn)] == [1, 2]


def wait_until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def test_the_acknowledgement_names_the_operator(exchange: ExchangeProcess, register: TestRegister):
    (answer,) = deliver(exchange.port, register, register.made[0])
    ((form, fields),) = tlv.decode(answer.document)
    assert form == 7
    assert tlv.first(fields, 1017) == emulation.OPERATOR_INN
