"""Tables of the documentation are made from the code; `python -m tests.api.write_docs` writes them anew."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
TABLE = re.compile(r"<!-- table: ([\w.]+) -->\n(?:(?:\|.*\n)*)")
FACES = (
    "komtet",
    "yookassa",
    "modulkassa",
    "digitalkassa",
    "cloudkassir",
    "orangedata",
)  # whose words stand in docs/integrations


def rows(*lines: tuple[object, ...]) -> str:
    head, *rest = lines
    rule = ("---",) * len(head)
    return "".join("| " + " | ".join(str(cell) for cell in line) + " |\n" for line in (head, rule, *rest))


def tables() -> dict[str, str]:
    from openkassa.api import units
    from openkassa.api.atol import errors, words
    from openkassa.api.v1.problems import CATALOGUE
    from openkassa.fiscal.ffd.codes import KINDS, MEASURES
    from openkassa.fiscal.marking import TAGS

    kinds = {kind for kind in vars(errors).values() if isinstance(kind, errors.Kind)}
    before = words.OBJECTS_BEFORE_1_2
    return {
        "errors": rows(
            ("HTTP", "code", "status", "text"),
            *sorted((kind.http, kind.code, kind.status or "", kind.text) for kind in kinds),
        ),
        "objects": rows(
            ("word", "FFD 1.2", "FFD 1.05, 1.1"), *((name, code, before[name]) for name, code in words.OBJECTS.items())
        ),
        "methods": rows(("word", "code"), *words.METHODS.items()),
        "vat": rows(("word", "code"), *words.VAT.items()),
        "taxation": rows(("word", "code"), *words.TAXATION.items()),
        "agents": rows(("word", "bit"), *words.AGENTS.items()),
        "payments": rows(("type", "payment"), *words.PAYMENTS.items()),
        "measures": rows(("code", "texts"), *((code, ", ".join(texts)) for code, texts in units.MEASURES.items())),
        "kinds": rows(("number", "printed"), *KINDS.items()),
        "units": rows(("number", "printed"), *((code, name or "other") for code, name in MEASURES.items())),
        "marks": rows(
            ("kind", "tag", "sent as"),
            *((kind, tag, "base64" if kind in words.BASE64_MARKS else "text") for kind, tag in TAGS.items()),
        ),
        "problems": rows(
            ("code", "HTTP", "title", "what to do"),
            *((f"`{code}`", kind.status, kind.title, kind.what_to_do) for code, kind in CATALOGUE.items()),
        ),
    }


def face_tables(face: str) -> dict[str, str]:
    """The tables of a face's `words.py`, each as face.name: the face's word and our code."""
    words = vars(importlib.import_module(f"openkassa.api.{face}.words"))
    return {
        f"{face}.{name.lower()}": rows(("word", "code"), *((f"`{word}`", _shown(code)) for word, code in table.items()))
        for name, table in words.items()
        if name.isupper() and isinstance(table, dict)
    }


def _shown(code: object) -> object:
    return "any" if code is None else ", ".join(map(str, code)) if isinstance(code, tuple) else code


def pages() -> list[Path]:
    found = [*(DOCS / "api").glob("*.md"), *(DOCS / "integrations").glob("*.md")]
    return [page for page in found if "<!-- table:" in page.read_text()]


def with_tables(text: str) -> str:
    made = tables()
    for face in FACES:
        made |= face_tables(face)
    return TABLE.sub(lambda match: f"<!-- table: {match[1]} -->\n{made[match[1]]}", text)


def test_tables_of_the_documentation_are_those_of_the_code():
    assert len(pages()) >= 2 + len(FACES)
    for page in pages():
        text = page.read_text()
        assert text == with_tables(text), f"{page.name}: python -m tests.api.write_docs writes its tables anew"
