"""What the documents say about tables and states is what the models say."""

from __future__ import annotations

import re
from pathlib import Path

from django.apps import apps
from django.utils.translation import override
from pghistory.models import Event

from openkassa.core.models import Organisation
from openkassa.kassa.receipts.models import TRANSITIONS, State

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


def test_the_glossary_calls_states_as_the_pages_do() -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text()
    said = dict(
        re.findall(
            r"^\| (\w[\w ]*) \| ([^|(]+?)(?: \([^|]*)? \| [^|]* \| state of a receipt \|$", glossary, re.MULTILINE
        )
    )
    with override("ru"):
        shown = {state.value.replace("_", " "): str(state.label) for state in State}
    assert {name: said.get(name) for name in shown} == shown
