"""The doctor finds what is wrong, says what to do, and makes no document."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests.cli.conftest import Kassa
from tests.support.world import Process, World, free_port, wait_for

from openkassa.cli import checks, comparison
from openkassa.cli.findings import BAD, GOOD, WARNING, Finding
from openkassa.cli.processes import RESTORED
from openkassa.core.clock import now
from openkassa.core.organisations import organisation_create
from openkassa.core.settings import settings
from openkassa.core.tenancy import within
from openkassa.kassa.ledger import entries
from openkassa.kassa.ledger.seals import ledgers_seal
from openkassa.kassa.ledger.services import Cause, entry_post
from openkassa.kassa.registers.models import RegisterStatus

OLDER_POINT = """
SET LOCAL session_replication_role = replica;
DELETE FROM kassa_registers_fiscaldocument WHERE fd > 3;
DELETE FROM kassa_registers_documentcontainer WHERE document_id NOT IN (SELECT id FROM kassa_registers_fiscaldocument);
DELETE FROM kassa_registers_acknowledgement WHERE document_id NOT IN (SELECT id FROM kassa_registers_fiscaldocument);
DELETE FROM kassa_fiscalisation_attempt WHERE fd > 3;
UPDATE kassa_receipts_receiptstate SET state = 'accepted', document_id = NULL, fn = NULL, fd = NULL,
    acknowledgement = NULL, register_id = NULL WHERE fd > 3;
UPDATE kassa_registers_registerstatus SET last_fd = 3, acknowledged_fd = 3, clean = true;
"""


def say(findings: list[Finding]) -> str:
    return "\n".join(f"{one.level} {one.check}: {one.text} → {one.advice}" for one in findings)


def compared(*, adopt: bool = False) -> list[Finding]:
    return comparison.compare(settings(), adopt=adopt)


def levels(findings: list[Finding], part: str) -> list[str]:
    return [one.level for one in findings if one.check.startswith(part)]


@pytest.fixture
def marker() -> Iterator[Path]:
    """The home as `kassa restore` leaves it."""
    path = settings().home / RESTORED
    path.write_text('{"restored_at": "2026-11-21T00:00:00+00:00"}')
    yield path
    path.unlink(missing_ok=True)


@pytest.fixture
def operator_pages(operator_database: str) -> Iterator[str]:
    """Address of the operator's documents over HTTP."""
    port = free_port()
    process = Process("ofd", "web", KASSA_OFD_HTTP_PORT=str(port))
    process.start()
    import urllib.request

    def ready() -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=1) as answer:
                return answer.status == 200
        except OSError:
            return False

    wait_for(ready, 40)
    yield f"http://127.0.0.1:{port}"
    process.stop()


def test_a_ledger_that_does_not_agree_is_named_with_its_organisation(transactional_db: None, superuser, kassa) -> None:
    organisation = organisation_create(name="Булочная", inn="7707083893")
    entry = entries.released(5, currency="RUB")
    entry_post(organisation_id=organisation.id, entry=entry, key="k", cause=Cause("test", organisation.id))
    ledgers_seal()
    assert "the newest seals and the balances agree" in kassa("doctor").stdout
    assert "chains and balances agree with the journals" in kassa("doctor", "--reconcile").stdout
    superuser.execute("UPDATE kassa_ledger_accountbalance SET amount = amount + 1")
    for words in ((), ("--reconcile",)):
        found = json.loads(kassa("doctor", "--json", *words).stdout)
        texts = [one["text"] for one in found if one["check"] == "ledger" and one["level"] == BAD]
        assert len(texts) == 2
        assert all(text.startswith("Булочная: account 201") for text in texts)


def test_a_whole_world_has_nothing_to_say_against_it(confirmed_world: World, operator_pages: str, kassa: Kassa) -> None:
    device = confirmed_world.add_register()
    for number in range(3):
        confirmed_world.sell(f"order-{number}")
    confirmed_world.drain(device)
    confirmed_world.confirm()
    done = kassa("doctor", "--json", KASSA_OFD_PUBLIC_URL=operator_pages)
    found = [Finding(**one) for one in json.loads(done.stdout)]
    assert done.returncode == 0, done.stdout + done.stderr
    assert levels(found, "documents of") == [GOOD]
    assert "5, each as in its register's journal" in say(found)
    assert "has the 5 newest documents, byte for byte" in say(found)
    assert levels(found, "database") == levels(found, "partitions") == levels(found, "keys") == [GOOD]


def test_an_operator_that_lost_documents_is_found(
    confirmed_world: World, operator_pages: str, operator_database: str, kassa: Kassa
) -> None:
    device = confirmed_world.add_register()
    confirmed_world.sell("order-1")
    confirmed_world.drain(device)
    confirmed_world.confirm()
    with psycopg.connect(operator_database, autocommit=True) as connection, connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute("DELETE FROM ofd_archive_document WHERE fn = %s AND fd = 3", [device.fn])
    done = kassa("doctor", KASSA_OFD_PUBLIC_URL=operator_pages)
    assert done.returncode == 1
    assert f"the operator does not have ФН {device.fn} ФД 3" in done.stdout


def test_a_database_of_an_older_point_is_found_and_reconciled(
    confirmed_world: World, superuser: psycopg.Connection, marker: Path, check_all
) -> None:
    device = confirmed_world.add_register()
    for number in range(4):
        confirmed_world.sell(f"order-{number}")
    confirmed_world.drain(device)
    confirmed_world.confirm()
    with superuser.transaction():
        superuser.execute(OLDER_POINT)
    assert levels(compared(), "documents of").count(BAD) == 3
    assert "есть в кассе, в базе его нет" in say(compared())
    assert marker.exists(), "only a reconciliation lifts it"

    found = compared(adopt=True)
    assert levels(found, "documents of") == [GOOD], say(found)
    assert levels(found, "restore") == [GOOD]
    assert not marker.exists()
    confirmed_world.confirm()
    check_all(confirmed_world)
    assert confirmed_world.driver(device).status().last_fd == 6, "nothing was made"


def test_a_register_that_is_down_keeps_the_workers_from_starting(world: World, marker: Path, kassa: Kassa) -> None:
    device = world.add_register()
    world.sell("order-1")
    world.drain(device)
    device.kill()
    done = kassa("doctor", "--reconcile")
    assert done.returncode == 1
    assert "Касса «" in done.stdout
    assert "не сверена" in done.stdout
    assert "workers do not start" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert marker.exists()


def test_many_documents_are_compared_by_number(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "EACH_DOCUMENT", 0)
    device = world.add_register()
    world.sell("order-1")
    world.drain(device)
    assert "3 in our database, 3 in its journal" in say(compared())
    with within(world.organisation_id):
        last = RegisterStatus.objects.get().last_fd
    assert last == 3
    device.kill()
    assert levels(compared(), "documents of") == [WARNING]


def test_without_a_database_it_says_so(kassa: Kassa) -> None:
    nobody = f"postgresql://kassa_app:canary-password@127.0.0.1:{free_port()}/kassa"
    done = kassa("doctor", "--json", KASSA_DATABASE_URL=nobody)
    assert done.returncode == 1
    found = [Finding(**one) for one in json.loads(done.stdout)]
    assert levels(found, "database") == [BAD]
    assert "can't be reached" in say(found)
    assert levels(found, "disk") == [GOOD] or levels(found, "disk") == [WARNING]
    assert "Traceback" not in done.stderr
    assert "canary-password" not in done.stdout + done.stderr


def test_a_receipt_in_doubt_is_bad(world: World) -> None:
    device = world.add_register()
    world.sell("order-0")
    world.drain(device)
    world.sell("order-1")
    device.fault("lose_answer", times=1)
    world.turn(device)
    device.kill()
    found = list(checks.receipts(settings()))
    assert "1 in doubt" in say(found)
    assert BAD in levels(found, "receipts")


def test_what_waits_too_long_is_told(world: World) -> None:
    world.add_register()
    world.sell("order-1")
    assert levels(list(checks.receipts(settings())), "receipts") == [GOOD]
    from openkassa.kassa.receipts.models import ReceiptState

    with within(world.organisation_id):
        ReceiptState.objects.update(changed_at=now() - dt.timedelta(minutes=6))
    assert levels(list(checks.receipts(settings())), "receipts") == [WARNING]


@pytest.mark.parametrize(("days", "level"), [(0.5, GOOD), (2, WARNING), (6, BAD), (21, BAD)])
def test_undelivered_documents_alarm_after_a_day(world: World, days: float, level: str) -> None:
    world.add_register()
    with within(world.organisation_id):
        RegisterStatus.objects.update(
            last_fd=5, acknowledged_fd=1, first_undelivered_at=now() - dt.timedelta(days=days), clock_difference=0
        )
    found = [one for one in checks.registers(settings()) if "lack the operator's answer" in one.text]
    assert ([one.level for one in found] or [GOOD]) == [level]


def test_keys_that_others_may_read_are_bad(world: World) -> None:
    (key,) = list(settings().keys.glob("django.*.key"))
    key.chmod(0o644)
    try:
        assert levels(list(checks.keys(settings())), "keys") == [BAD]
    finally:
        key.chmod(0o600)
    assert levels(list(checks.keys(settings())), "keys") == [GOOD]


def test_missing_partitions_are_told(world: World, superuser: psycopg.Connection) -> None:
    assert levels(list(checks.partitions(settings())), "partitions") == [GOOD]
    from openkassa.core.partitions import ensure_partitions

    ahead = f"kassa_receipts_receiptrequest_{now() + dt.timedelta(days=62):%Y%m}"
    superuser.execute(f"DROP TABLE {ahead}")
    assert levels(list(checks.partitions(settings())), "partitions") == [WARNING]
    with psycopg.connect(os.environ["KASSA_DATABASE_OWNER_URL"], autocommit=True) as owner:
        ensure_partitions(owner.cursor(), "kassa_receipts_receiptrequest", now().date())
