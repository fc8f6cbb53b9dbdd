"""What has had its time goes, by the owner's hand alone; what is undone or younger stays."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from tests.support.world import World

from openkassa.cli.errors import Trouble
from openkassa.cli.log_files import logs_forget
from openkassa.cli.retention import retention
from openkassa.cli.retention_kinds import KINDS
from openkassa.core.clock import now
from openkassa.core.notifications import notification_enqueue
from openkassa.core.partitions import ensure_partitions
from openkassa.core.settings import settings

REQUEST_TABLE = "kassa_receipts_receiptrequest"
REFUND_TABLES = ("kassa_receipts_receipt", "kassa_receipts_receiptstate", "kassa_receipts_receiptcontent")


@pytest.fixture(autouse=True)
def _both_databases(operator_database: str, transactional_db: None) -> Iterator[None]:
    """Retention looks at the operator's archive too. Months that a test has dropped come back."""
    yield
    with psycopg.connect(os.environ["KASSA_DATABASE_OWNER_URL"], autocommit=True) as owner:
        ensure_partitions(owner.cursor(), REQUEST_TABLE, now().date())


def forget(days: float, *, dry_run: bool = False) -> list[str]:
    """What `kassa retention` says so many days from now."""
    lines: list[str] = []
    retention(settings(), now() + dt.timedelta(days=days), lines.append, dry_run=dry_run)
    return lines


def count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return cursor.fetchone()[0]


def sold_and_confirmed(world: World) -> None:
    """Three receipts with contacts and callbacks; the third waits for ever."""
    device = world.add_register()
    ids = [world.sell(f"order-{number}").receipt_id for number in range(2)]
    world.drain(device)
    world.confirm()
    world.sell("order-waiting")
    at = now()
    for receipt_id in ids:
        notification_enqueue(
            organisation_id=world.organisation_id,
            key=f"copy:{receipt_id}:email",
            channel="email",
            recipient="canary@example.com",
            template="receipt_copy",
            context={"link": "https://kassa.example/r/1", "shop": "Магазин", "total": 100, "date": at.isoformat()},
            language="ru",
            at=at,
        )
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO kassa_receipts_receiptcontact (receipt_id, organisation_id, email, phone, buyer, language)"
            " VALUES (%s, %s, 'canary@example.com', '', '', 'ru')",
            [(receipt_id, world.organisation_id) for receipt_id in ids],
        )


def test_nothing_young_goes(confirmed_world: World) -> None:
    sold_and_confirmed(confirmed_world)
    tables = ["kassa_receipts_receipt", "kassa_registers_fiscaldocument", "kassa_receipts_receiptcontact"]
    tables += ["core_notification", REQUEST_TABLE]
    before = {table: count(table) for table in tables}
    assert all(before.values())
    forget(80)
    assert {table: count(table) for table in tables} == before


def test_each_kind_goes_in_its_own_time(confirmed_world: World) -> None:
    sold_and_confirmed(confirmed_world)
    forget(91)
    assert count("core_notification") == 0
    assert count("kassa_receipts_receiptcontact") == 2
    forget(366)
    assert count("kassa_receipts_receiptcontact") == 0
    assert count("kassa_receipts_receipt") == 3
    forget(1826)
    assert count("kassa_registers_fiscaldocument") == 4
    said = forget(1828)
    assert "receipts with their documents: 2 older than 1827 days" in said
    assert "reports of registers: 2 older than 1827 days" in said
    assert count("kassa_registers_fiscaldocument") == 0
    for table in (
        "kassa_registers_documentcontainer",
        "kassa_registers_acknowledgement",
        "kassa_fiscalisation_attempt",
    ):
        assert count(table) == 0
    for table in REFUND_TABLES:
        assert count(table) == 1, "the receipt that waits must stay, however long"
    again = forget(1828)
    assert "receipts with their documents: 0 older than 1827 days" in again


def test_a_sale_stays_as_long_as_its_refund(world: World) -> None:
    sale, refund = world.sell("sale"), world.sell("refund")
    with psycopg.connect(os.environ["KASSA_DATABASE_OWNER_URL"], autocommit=True) as owner, owner.transaction():
        owner.execute("ALTER TABLE kassa_receipts_receipt DISABLE TRIGGER USER")
        owner.execute(
            "UPDATE kassa_receipts_receipt SET refers_to_id = %s WHERE id = %s", [sale.receipt_id, refund.receipt_id]
        )
        owner.execute("ALTER TABLE kassa_receipts_receipt ENABLE TRIGGER USER")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE kassa_receipts_receiptstate SET state = 'withdrawn'")
    forget(1828)
    assert count("kassa_receipts_receipt") == 1
    forget(1828)
    assert count("kassa_receipts_receipt") == 0


def test_requests_go_by_months_and_months_to_come_are_made(world: World) -> None:
    world.sell("order-1")
    said = forget(20)
    assert "months of requests older than 90 days: none" in said
    assert count(REQUEST_TABLE) == 1
    forget(140)  # the month of the sale and 90 days more are over
    assert count(REQUEST_TABLE) == 0
    ahead = f"{REQUEST_TABLE}_{now() + dt.timedelta(days=140 + 700):%Y%m}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [ahead])
        assert cursor.fetchone() != (None,)


def test_requests_of_a_month_without_a_partition_are_kept_and_moved(world: World, superuser) -> None:
    month = f"{REQUEST_TABLE}_{now():%Y%m}"
    superuser.execute(f"DROP TABLE IF EXISTS {month}")
    world.sell("order-1")
    assert count(REQUEST_TABLE) == 1
    forget(0)
    assert superuser.execute(f"SELECT count(*) FROM {month}").fetchone() == (1,)


def test_a_dry_run_changes_nothing(confirmed_world: World) -> None:
    sold_and_confirmed(confirmed_world)
    said = forget(1828, dry_run=True)
    assert "receipts with their documents: 2 older than 1827 days" in said
    (archived,) = [line for line in said if line.startswith("documents at the operator")]
    assert int(archived.rpartition(" ")[2]) >= 4
    assert count("kassa_receipts_receipt") == 3
    assert count(REQUEST_TABLE) == 3


def test_a_rule_shorter_than_the_law_is_refused(world: World, superuser: psycopg.Connection) -> None:
    superuser.execute("UPDATE core_retentionrule SET days = 30 WHERE kind = 'fiscal_documents'")
    try:
        with pytest.raises(Trouble, match="the law wants five years"):
            forget(0)
    finally:
        superuser.execute("UPDATE core_retentionrule SET days = 1827 WHERE kind = 'fiscal_documents'")


def test_two_at_once_are_refused(world: World) -> None:
    with psycopg.connect(os.environ["KASSA_DATABASE_OWNER_URL"], autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [0x6B61737361])
        with pytest.raises(Trouble, match="another retention"):
            forget(0)


def test_a_callback_goes_with_its_deliveries(world: World) -> None:
    receipt = world.sell("order-1")
    with connection.cursor() as cursor:
        at = now()
        cursor.execute(
            "INSERT INTO kassa_receipts_callback (id, organisation_id, receipt_id, event, url, state, attempts,"
            " next_at, give_up_at, created_at) VALUES (%s, %s, %s, 'fiscalised', 'https://shop.example', 'waiting',"
            " 0, %s, %s, %s)",
            [receipt.receipt_id, world.organisation_id, receipt.receipt_id, at, at, at],
        )
        cursor.execute(
            "INSERT INTO kassa_receipts_callbackdelivery (id, organisation_id, callback_id, at, status, error,"
            " milliseconds) VALUES (%s, %s, %s, %s, 200, '', 5)",
            [receipt.receipt_id, world.organisation_id, receipt.receipt_id, at],
        )
        forget(91)
        assert count("kassa_receipts_callback") == 1, "one that waits stays"
        cursor.execute("UPDATE kassa_receipts_callback SET state = 'delivered'")
    forget(91)
    assert count("kassa_receipts_callback") == count("kassa_receipts_callbackdelivery") == 0


def test_the_processes_can_not_do_it(world: World) -> None:
    """The same statements as the application role: the database refuses."""
    for kind in KINDS:
        if kind.title in ("recipients of sent messages", "messages", "buyers' contacts", "commands to registers"):
            continue
        with psycopg.connect(os.environ["KASSA_DATABASE_URL"]) as app:
            app.execute("SELECT set_config('pgtrigger.ignore', '{}', true)")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(kind.erase[0], {"organisation_id": world.organisation_id, "ids": []})


def test_every_kind_has_a_rule() -> None:
    assert {kind.rule for kind in KINDS} <= {
        "request_keys", "callbacks", "contacts", "notifications", "fiscal_documents"
    }  # fmt: skip


def test_the_command_works_as_a_process(world: World, kassa) -> None:
    done = kassa("retention", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "buyers' contacts: 0 older than 365 days" in done.stdout


@pytest.mark.parametrize("name", ["web.log", "web.log.1"])
def test_old_lines_of_logs_go(tmp_path: Path, name: str) -> None:
    at = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
    old = json.dumps({"timestamp": "2026-09-01T00:00:00Z", "event": "old"}) + "\nTraceback of it\n"
    young = json.dumps({"timestamp": "2026-11-20T00:00:00Z", "event": "young"}) + "\n"
    log = tmp_path / name
    log.write_text(old + young)
    with log.open("a") as process:
        before = at - dt.timedelta(days=30)
        assert logs_forget(tmp_path, before, dry_run=True) == len(old)
        assert log.read_text() == old + young
        assert logs_forget(tmp_path, before, dry_run=False) == len(old)
        process.write("written by the process that has it open\n")
    assert log.read_text() == young + "written by the process that has it open\n"
    assert logs_forget(tmp_path, before, dry_run=False) == 0
    logs_forget(tmp_path, at + dt.timedelta(days=1), dry_run=False)
    assert not log.exists() if name.endswith(".1") else log.read_text() == ""
