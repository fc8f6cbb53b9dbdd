"""What the documents say about tables and states is what the models say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection
from pghistory.models import Event

from openkassa.core.models import Organisation
from openkassa.kassa.receipts.models import TRANSITIONS

ROOT = Path(__file__).parents[2]
OFD = ROOT / "src" / "openkassa" / "ofd"


def tables(kind: str) -> set[str]:
    """Models in the row of a kind."""
    (row,) = re.findall(rf"^\| {kind} \| (.*) \|$", (ROOT / "ARCHITECTURE.md").read_text(), re.MULTILINE)
    return set(re.findall(r"`(\w+)`", row))


def models() -> dict[str, type]:
    """Our own, without pghistory's."""
    found = [model for model in apps.get_models() if model.__module__.startswith("openkassa.")]
    return {model.__name__: model for model in found if not issubclass(model, Event)}


def test_each_table_is_named_with_its_kind() -> None:
    """A cell table belongs to an organisation; a control table may name one, without a key that leads to it."""
    cell = {
        name
        for name, model in models().items()
        if model is Organisation or any(field.name == "organisation" for field in model._meta.get_fields())
    }
    assert tables("cell") == cell
    assert tables("control") == models().keys() - cell


def test_each_table_of_the_operator_is_named() -> None:
    sources = [file.read_text() for file in OFD.glob("*/models.py")]
    assert tables("operator") == {
        name for text in sources for name in re.findall(r"^class (\w+)\(", text, re.MULTILINE)
    }


def test_the_diagram_of_states_is_the_table_of_transitions() -> None:
    page = (ROOT / "docs" / "life-of-a-receipt.md").read_text()
    drawn = set(re.findall(r"^    (\w+) --> (\w+)", page, re.MULTILINE))
    assert drawn == {(before, after) for before, afters in TRANSITIONS.items() for after in afters}


# -- what the page says about keys, asked of the database ----------------------------------------------------

FOREIGN_KEYS = """
SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint WHERE contype = 'f'
"""
UNIQUE_KEYS = """
SELECT i.indrelid::regclass::text, i.indisprimary, array_agg(a.attname::text ORDER BY k.place)
FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (number, place)
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
WHERE i.indisunique GROUP BY i.indexrelid, i.indrelid, i.indisprimary
"""


def asked(statement: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def cell_tables() -> set[str]:
    return {model._meta.db_table for name, model in models().items() if name in tables("cell")}


@pytest.mark.django_db
def test_no_foreign_key_leads_from_one_kind_to_the_other() -> None:
    cell = cell_tables()
    keys = asked(FOREIGN_KEYS)
    assert ("kassa_receipts_receiptstate", "kassa_receipts_receipt") in keys
    assert [key for key in keys if (key[0] in cell) != (key[1] in cell)] == []


@pytest.mark.django_db
def test_the_organisation_comes_first_in_the_unique_keys_of_cell_tables() -> None:
    """The single primary keys excepted, and the key of the organisation itself."""
    found = [
        (table, columns)
        for table, primary, columns in asked(UNIQUE_KEYS)
        if table in cell_tables() and columns[0] != "organisation_id" and not (primary and len(columns) == 1)
    ]
    assert found == []
