"""What the database itself refuses, whatever the code above it does."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import psycopg
import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.db.models import Model
from tests.support.guards import without_triggers

from openkassa.core.models import Notification, Organisation
from openkassa.core.tenancy import HotTenantRow, TenantForeignKey, TenantRow
from openkassa.kassa.fiscalisation.models import Attempt
from openkassa.kassa.receipts.models import TRANSITIONS, Callback, ReceiptState
from openkassa.kassa.registers.models import CashRegister, RegisterCommand

# Transition tables as the law of the house has them, apart from the code that makes the triggers.
MACHINES: dict[type[Model], tuple[list[str], dict[str, list[str]]]] = {
    ReceiptState: (["accepted"], TRANSITIONS),
    Attempt: (["open"], {"open": ["made", "void", "doubt"], "doubt": ["made", "void"]}),
    Callback: (["waiting"], {"waiting": ["delivered", "failed"], "failed": ["waiting"], "delivered": ["waiting"]}),
    Notification: (["waiting"], {"waiting": ["sent", "failed"], "failed": ["waiting"]}),
    RegisterCommand: (["waiting"], {"waiting": ["sent", "failed"], "sent": ["waiting", "done", "failed"]}),
    CashRegister: (
        ["new"],
        {
            "new": ["working", "closed"],
            "working": ["stopped", "closed", "lost"],
            "stopped": ["working", "closed", "lost"],
            "closed": ["new"],
        },
    ),
    Organisation: (["active"], {"active": ["suspended"], "suspended": ["active"]}),
}
# Columns that name a row of another table without a constraint: hot tables, whose other keys tie them to rows that
# were checked (see HotTenantRow), and what people or the outside name. A new one is a decision: add it here.
UNCONSTRAINED = {
    ("kassa_receipts_receipt", "pool_id"),
    ("kassa_receipts_receiptstate", "pool_id"),
    ("kassa_receipts_receiptstate", "register_id"),
    ("kassa_receipts_receiptstate", "document_id"),
    ("kassa_receipts_receiptcontent", "receipt_id"),
    ("kassa_receipts_receiptcontact", "receipt_id"),
    ("kassa_receipts_receiptrequest", "receipt_id"),
    ("kassa_receipts_receiptevent", "receipt_id"),
    ("kassa_receipts_callback", "receipt_id"),
    ("kassa_registers_registerstatus", "pool_id"),
    ("kassa_registers_documentcontainer", "document_id"),
    ("kassa_registers_acknowledgement", "document_id"),
    ("kassa_registers_fiscaldocument", "task_id"),
    ("kassa_fiscalisation_decision", "attempt_id"),
    ("kassa_ledger_journalentry", "cause_id"),  # what caused it, in whatever table
    ("kassa_ledger_journalentry", "reverses_id"),  # the trigger of the entry looks at both, and at the accounts
    ("kassa_ledger_posting", "account_id"),
    ("kassa_ledger_unsealedentry", "entry_id"),
    ("api_requestkey", "channel_id"),
    ("api_requestkey", "receipt_id"),
    ("kassa_people_membership", "user_id"),  # users are a control table
}


def _machine_cases() -> Iterator:
    for model, (initial, transitions) in MACHINES.items():
        states = [state for state, _ in model._meta.get_field("state").flatchoices]
        for state in states:
            allowed = set(transitions.get(state, ())) | {state}
            name = model._meta.model_name
            yield pytest.param(model, state, state in initial, allowed, states, id=f"{name}-{state}")


@pytest.mark.django_db
@pytest.mark.parametrize(("model", "state", "may_begin", "allowed", "states"), list(_machine_cases()))
def test_a_state_machine_refuses_what_its_table_does_not_name(
    owner_connection, superuser_url, model, state, may_begin, allowed, states
):
    """On a copy of the table with its triggers: rows in any state, without the other tables that they need."""
    table = model._meta.db_table
    with psycopg.connect(superuser_url) as copy:
        functions = copy.execute(
            "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = %s::regclass"
            " AND NOT tgisinternal AND tgname LIKE '%%_states_%%'",
            [table],
        ).fetchall()
        assert len(functions) == 2, f"{table} has no state machine"
        copy.execute("CREATE TEMP TABLE machine (state text)")
        for _, definition in functions:
            start = definition.index(" ON ")
            copy.execute(definition[:start] + " ON machine" + definition[definition.index(" FOR EACH ROW", start) :])
        assert _allowed(copy, "INSERT INTO machine VALUES (%s)", [state]) == may_begin
        copy.execute("ALTER TABLE machine DISABLE TRIGGER USER")
        copy.execute("INSERT INTO machine VALUES (%s)", [state])
        copy.execute("ALTER TABLE machine ENABLE TRIGGER USER")
        reached = {after for after in states if _allowed(copy, "UPDATE machine SET state = %s", [after])}
        assert reached == allowed
        copy.rollback()


def _allowed(copy: psycopg.Connection, statement: str, params: list) -> bool:
    """Whether a statement goes through; it is taken back."""
    try:
        with copy.transaction(force_rollback=True):
            copy.execute(statement, params)
    except psycopg.errors.CheckViolation:
        return False
    return True


def _append_only() -> list[type[Model]]:
    return [model for model in apps.get_models() if getattr(model, "append_only", False) is True]


@pytest.mark.django_db
@pytest.mark.parametrize("model", _append_only(), ids=lambda model: model._meta.model_name)
@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET organisation_id = organisation_id", "DELETE FROM {}", "TRUNCATE {}"]
)
def test_what_is_append_only_is_refused_to_the_application(model, statement):
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(model._meta.db_table))


def test_append_only_holds_for_the_owner_too(world, superuser):
    world.sell()
    with pytest.raises(psycopg.errors.RaiseException, match="Cannot update or delete"):
        superuser.execute("UPDATE kassa_receipts_receipt SET total = 1")
    with without_triggers(superuser, "kassa_receipts_receipt"):
        assert superuser.execute("UPDATE kassa_receipts_receipt SET total = 1").rowcount == 1


def _tenant_models() -> list[type[Model]]:
    return [model for model in apps.get_models() if issubclass(model, TenantRow)]


def _tenant_keys() -> list:
    return [
        pytest.param(model, constraint, id=constraint.name)
        for model in _tenant_models()
        for constraint in model._meta.constraints
        if isinstance(constraint, TenantForeignKey)
    ]


@pytest.mark.parametrize(("model", "key"), _tenant_keys())
def test_a_reference_into_another_organisation_is_refused(superuser_url, transactional_db, model, key):
    """With the very constraint on two small tables: the parent's row is there, but of another organisation."""
    with psycopg.connect(superuser_url) as copy:
        row = copy.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s AND conrelid = %s::regclass",
            [key.name, model._meta.db_table],
        ).fetchone()
        assert row is not None, f"{key.name} is not in the database"
        definition = row[0].replace(f"REFERENCES {key.to}", "REFERENCES parent")
        also = "".join(f", {column} int DEFAULT 2" for column in key.also)
        copy.execute(f"CREATE TEMP TABLE parent (organisation_id uuid, {key.to_column} uuid{also})")
        copy.execute(f"ALTER TABLE parent ADD UNIQUE ({', '.join(['organisation_id', key.to_column, *key.also])})")
        copy.execute(f"CREATE TEMP TABLE child (organisation_id uuid, {key.column} uuid{also})")
        copy.execute(f"ALTER TABLE child ADD {definition}")
        ours, theirs, target = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
        copy.execute("INSERT INTO parent VALUES (%s, %s)", [theirs, target])
        with pytest.raises(psycopg.errors.ForeignKeyViolation), copy.transaction():
            copy.execute("INSERT INTO child VALUES (%s, %s)", [ours, target])
            copy.execute("SET CONSTRAINTS ALL IMMEDIATE")
        copy.execute("INSERT INTO child VALUES (%s, %s)", [theirs, target])
        copy.rollback()


FOREIGN_KEYS = """
SELECT c.conname, c.conrelid::regclass::text, c.confrelid::regclass::text,
    (SELECT array_agg(a.attname::text ORDER BY k.place) FROM unnest(c.conkey) WITH ORDINALITY k (number, place)
        JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number)
FROM pg_constraint c WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace AND c.conparentid = 0
"""
COLUMNS = """
SELECT c.relname::text, a.attname::text, a.attnotnull FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    AND a.attnum > 0 AND NOT a.attisdropped
"""
UNIQUES = """
SELECT t.relname::text, i.relname::text, x.indisprimary,
    (SELECT array_agg(a.attname::text ORDER BY k.place) FROM unnest(x.indkey::int[]) WITH ORDINALITY k (number, place)
        JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.number)
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
WHERE x.indisunique AND t.relnamespace = 'public'::regnamespace AND NOT t.relispartition
"""


def _rows(query: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def _cell_tables() -> set[str]:
    tables = {model._meta.db_table for model in _tenant_models()} | {Organisation._meta.db_table}
    events = {model._meta.db_table for model in apps.get_models() if hasattr(model, "pgh_tracked_model")}
    return tables | events


@pytest.mark.django_db
def test_references_between_tenant_tables_carry_the_organisation():
    tenants = {model._meta.db_table for model in _tenant_models()}
    organisation = Organisation._meta.db_table
    for name, table, target, columns in _rows(FOREIGN_KEYS):
        if table in tenants and target != organisation:
            assert columns[0] == "organisation_id", f"{name} of {table} could cross organisations"


@pytest.mark.django_db
def test_no_reference_crosses_between_cell_and_control_tables():
    cells = _cell_tables()
    crossing = [
        (name, table, target) for name, table, target, _ in _rows(FOREIGN_KEYS) if (table in cells) != (target in cells)
    ]
    assert crossing == []


@pytest.mark.django_db
def test_each_column_that_names_a_row_of_another_table_is_constrained_or_known():
    constrained = {(table, column) for _, table, _, columns in _rows(FOREIGN_KEYS) for column in columns}
    tenants = {model._meta.db_table for model in _tenant_models()}
    plain = {
        (table, column)
        for table, column, _ in _rows(COLUMNS)
        if table in tenants and column.endswith("_id") and column not in ("organisation_id", "external_id")
    }
    assert plain - constrained - UNCONSTRAINED == set()
    assert plain >= UNCONSTRAINED, "a column of the list is gone"


@pytest.mark.django_db
def test_the_organisation_is_never_null_and_first_in_each_unique_key_of_a_tenant_table():
    tenants = {model._meta.db_table for model in _tenant_models()}
    nullable = [table for table, column, filled in _rows(COLUMNS) if column == "organisation_id" and not filled]
    assert [table for table in nullable if table in tenants] == []
    for table, index, primary, columns in _rows(UNIQUES):
        if table in tenants and not (primary and len(columns) == 1):
            assert columns[0] == "organisation_id", f"{index} of {table} does not begin with the organisation"


@pytest.mark.django_db
def test_hot_tables_have_the_organisation_without_a_lock_on_it():
    """Their INSERT must not lock the one row of the organisation in every transaction."""
    hot = {model._meta.db_table for model in _tenant_models() if issubclass(model, HotTenantRow)}
    organisation = Organisation._meta.db_table
    assert [name for name, table, target, _ in _rows(FOREIGN_KEYS) if table in hot and target == organisation] == []
