"""How the database finds what the hot statements ask for, with many rows beside: never by reading a whole table."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection
from tests.support.guards import without_index

from openkassa.core.clock import now
from openkassa.core.db import run
from openkassa.core.ids import uuid7
from openkassa.fiscal.driver import Acknowledgement
from openkassa.kassa.fiscalisation import adoption_sql, sql
from openkassa.kassa.receipts import selectors
from openkassa.kassa.receipts import sql as receipts_sql
from openkassa.kassa.registers import sql as registers_sql

ROWS = 50_000
WAITING = 200
SMALL = {"kassa_registers_registerstatus", "kassa_registers_cashregister", "kassa_receipts_channel"}  # a row a register

FILL = """
WITH ids AS MATERIALIZED (
    SELECT n, (lpad(to_hex(%(stamp)s + n / 10), 12, '0') || '7000' || '8000'
        || lpad(to_hex(n), 12, '0'))::uuid AS id
    FROM generate_series(1, %(rows)s) n
), receipts AS (
    INSERT INTO kassa_receipts_receipt (id, organisation_id, channel_id, pool_id, external_key, external_id,
        body_digest, form, operation, total, taxation, lines, callback_url, accepted_at)
    SELECT id, %(org)s, %(channel)s, %(pool)s, 'k' || n, 'k' || n, '', 3, 1, 10000, 1, 1, '', %(at)s FROM ids
), contents AS (
    INSERT INTO kassa_receipts_receiptcontent (receipt_id, organisation_id, content, draft)
    SELECT id, %(org)s, '', '' FROM ids
), contacts AS (
    INSERT INTO kassa_receipts_receiptcontact (receipt_id, organisation_id, email, phone, buyer, language)
    SELECT id, %(org)s, 'a@example.com', '', '', 'ru' FROM ids
), commands AS (
    INSERT INTO kassa_registers_registercommand (id, organisation_id, register_id, kind, payload, state, error,
        created_at)
    SELECT id, %(org)s, %(register)s, 'open_shift', '{}', 'done', '', %(at)s FROM ids
), attempts AS (
    INSERT INTO kassa_fiscalisation_attempt (id, organisation_id, receipt_id, register_id, fn, fence, expected_fd,
        content_digest, state, fd, opened_at, reason)
    SELECT id, %(org)s, id, %(register)s, %(fn)s, 1, n + 2, '', 'made', n + 2, %(at)s, '' FROM ids
    WHERE n <= %(rows)s - %(waiting)s
), documents AS (
    INSERT INTO kassa_registers_fiscaldocument (id, organisation_id, register_id, fn, fd, form, shift, number,
        operation, total, fiscal_sign, local_time, utc_offset, made_at, task_id)
    SELECT id, %(org)s, %(register)s, %(fn)s, n + 2, 3, 1, n, 1, 10000, 1, 1, 180, %(at)s, id FROM ids
    WHERE n <= %(rows)s - %(waiting)s
)
INSERT INTO kassa_receipts_receiptstate (receipt_id, organisation_id, pool_id, state, register_id, document_id, fn, fd,
    changed_at)
SELECT id, %(org)s, %(pool)s, CASE WHEN made THEN 'fiscalised' ELSE 'accepted' END,
    CASE WHEN made THEN %(register)s END, CASE WHEN made THEN id END, CASE WHEN made THEN %(fn)s END,
    CASE WHEN made THEN n + 2 END, %(at)s
FROM (SELECT *, n <= %(rows)s - %(waiting)s AS made FROM ids) ids
"""


@pytest.fixture
def full(world, superuser):
    """A register with many documents, most of its receipts made and some waiting; statistics are fresh."""
    device = world.add_register()
    with superuser.transaction():
        superuser.execute("SET LOCAL session_replication_role = replica")
        superuser.execute(
            FILL,
            {
                "org": world.organisation_id,
                "channel": world.channel.channel_id,
                "pool": world.pool.id,
                "register": device.register.id,
                "fn": device.fn,
                "rows": ROWS,
                "waiting": WAITING,
                "stamp": int(now().timestamp() * 1000) - ROWS,
                "at": now(),
            },
        )
    superuser.execute("ANALYZE")
    return world, device


class Explained:
    """Takes the place of `run` in a module: explains the statement as the application role, and runs nothing."""

    def __init__(self) -> None:
        self.plans: list[dict] = []

    def __call__(self, query: str, params: dict, **_: object) -> list:
        wrapper = connection
        wrapper.ensure_connection()
        cursor = psycopg.ClientCursor(wrapper.connection)
        cursor.execute("EXPLAIN (FORMAT JSON) " + query, params)
        self.plans.append(cursor.fetchone()[0][0]["Plan"])
        return []

    def whole_tables(self) -> set[str]:
        return {
            node["Relation Name"]
            for plan in self.plans
            for node in _nodes(plan)
            if node["Node Type"] == "Seq Scan" and node["Relation Name"] not in SMALL
        }


def _nodes(plan: dict) -> Iterator[dict]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _nodes(part)


def _statements(world, device) -> dict:
    keys = {"organisation_id": world.organisation_id, "register_id": device.register.id}
    at = now()
    some = [uuid7() for _ in range(100)]
    documents = world.driver(device).documents(from_fd=1)
    return {
        "registers_with_work": (sql, lambda: sql.registers_with_work(at=at, dead=[])),
        "attempts_open": (
            sql,
            lambda: sql.attempts_open(
                **keys, pool_id=world.pool.id, fn=device.fn, fence=1, next_fd=3, limit=100, at=at
            ),
        ),
        "attempts_made": (
            sql,
            lambda: sql.attempts_made(
                organisation_id=world.organisation_id, made=[(one, 3, one) for one in some], at=at
            ),
        ),
        "attempts_return": (
            sql,
            lambda: sql.attempts_return(organisation_id=world.organisation_id, attempt_ids=some, reason="x", at=at),
        ),
        "attempts_unresolved": (sql, lambda: sql.attempts_unresolved(**keys)),
        "receipts_confirmed": (
            sql,
            lambda: sql.receipts_confirmed(
                organisation_id=world.organisation_id, answers=[(one, 0) for one in some], at=at
            ),
        ),
        "contacts_of_tasks": (
            sql,
            lambda: sql.contacts_of_tasks(organisation_id=world.organisation_id, tasks=some),
        ),
        "receipts_adoptable": (
            adoption_sql,
            lambda: adoption_sql.receipts_adoptable(
                organisation_id=world.organisation_id, pool_id=world.pool.id, totals=[10000], lost=[]
            ),
        ),
        "lease_claim": (
            registers_sql,
            lambda: registers_sql.lease_claim(
                **keys, holder="x", dead=[], in_pause=False, at=at, until=at + dt.timedelta(seconds=20)
            ),
        ),
        "documents_record": (
            registers_sql,
            lambda: registers_sql.documents_record(
                **keys, fn=device.fn, fence=1, utc_offset=180, documents=documents, until=at
            ),
        ),
        "acknowledgements_store": (
            sql,
            lambda: sql.acknowledgements_store(
                **keys, fn=device.fn, fence=1, acknowledgements=[_acknowledgement(fd) for fd in range(1, 50)], at=at
            ),
        ),
        "receipt_existing": (
            receipts_sql,
            lambda: receipts_sql.receipt_existing(
                organisation_id=world.organisation_id, channel_id=world.channel.channel_id, external_key="k7"
            ),
        ),
        "receipt_list": (selectors, lambda: selectors.receipt_list(world.organisation_id)),
        "receipt_list of a page": (
            selectors,
            lambda: selectors.receipt_list(world.organisation_id, after=uuid.UUID(int=uuid7().int)),
        ),
        "receipt_list of a channel": (
            selectors,
            lambda: selectors.receipt_list(world.organisation_id, channel_id=world.channel.channel_id),
        ),
        "receipt_list of the waiting": (
            selectors,
            lambda: selectors.receipt_list(world.organisation_id, state="accepted"),
        ),
        **{
            f"receipt_list by {name}": (
                selectors,
                lambda asked={name: value}: selectors.receipt_list(world.organisation_id, **asked),
            )
            for name, value in {"total": 777, "operation": 2, "fd": 17}.items()
        },
        **{
            f"receipt_list of the {state}": (
                selectors,
                lambda state=state: selectors.receipt_list(world.organisation_id, state=state),
            )
            for state in ("fiscalised", "refused", "in_doubt")
        },
        "receipt_status": (selectors, lambda: selectors.receipt_status(world.organisation_id, uuid7())),
        "receipt_counts": (selectors, lambda: selectors.receipt_counts(world.organisation_id)),
    }


def _acknowledgement(fd: int):
    return Acknowledgement(fd=fd, code=0, at=0, container=b"")


@pytest.mark.slow
def test_hot_statements_read_no_whole_table(full, monkeypatch):
    world, device = full
    found = {}
    for name, (module, statement) in _statements(world, device).items():
        explained = Explained()
        with monkeypatch.context() as patch:
            patch.setattr(module, "run", explained)
            statement()
        assert explained.plans, f"{name} asked nothing"
        found[name] = explained.whole_tables()
    assert {name: tables for name, tables in found.items() if tables} == {}


@pytest.mark.slow
def test_without_its_index_the_queue_is_read_whole(full, superuser, monkeypatch):
    world, device = full
    explained = Explained()
    with without_index(superuser, "receipt_state_waiting"):
        monkeypatch.setattr(sql, "run", explained)
        _statements(world, device)["registers_with_work"][1]()
    assert explained.whole_tables() == {"kassa_receipts_receiptstate"}


@pytest.mark.slow
def test_receipts_by_the_shops_name_are_found_by_their_index(full, superuser, monkeypatch):
    """Where a channel's keys are more than the names, a payment's receipts are not looked for among all others."""
    world, _device = full

    def by_index() -> bool:
        explained = Explained()
        with monkeypatch.context() as patch:
            patch.setattr(selectors, "run", explained)
            selectors.receipt_list(world.organisation_id, channel_id=world.channel.channel_id, names=["a", "b"])
        return any(node.get("Index Name") == "receipt_named" for node in _nodes(explained.plans[0]))

    assert by_index()
    with without_index(superuser, "receipt_named"):
        assert not by_index()


def test_a_turn_costs_the_same_number_of_statements_however_many_receipts(world):
    """Counted as they are sent: one claim, one batch, its documents, the acknowledgements, one release."""
    device = world.add_register()
    world.sell()
    world.turn(device)
    counts = {}
    for receipts in (1, 100):
        for _ in range(receipts):
            world.sell()
        counts[receipts] = _statements_of(lambda: world.turn(device))
    assert counts[100] <= counts[1] + 3, counts


def _statements_of(work) -> int:
    sent = []
    real = run

    def counted(query, params, **keys):
        sent.append(query)
        return real(query, params, **keys)

    with pytest.MonkeyPatch.context() as patch:
        for module in (sql, registers_sql, adoption_sql):
            patch.setattr(module, "run", counted)
        work()
    return len(sent)
