"""Collects the texts to be translated from Python and templates, and brings the catalogues up to date.

`messages.py` writes src/openkassa/locale/LANGUAGE/LC_MESSAGES/django.po; translations that exist stay, texts that are
gone go. `messages.py --check` fails when that would change a file, or when a text has no translation.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

SOURCE = Path(__file__).resolve().parent.parent / "src" / "openkassa"
LOCALE = SOURCE / "locale"
LANGUAGES = ("ru", "ky", "en")
OWN_LANGUAGE = "en"  # the texts in the code are English: an empty translation means the same text
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "gettext_noop": None,
}
# What templatize leaves of a template: calls of these three, among filler.
CALLS = re.compile(r"\b(gettext|ngettext|pgettext|npgettext|_)\((?=\s*[uU]?['\"])")


def messages() -> Iterator[tuple[str, int, object, object]]:
    """(file, line, message, context) of every text, sorted by file."""
    for path in sorted(SOURCE.rglob("*.py")):
        if "migrations" not in path.parts:
            yield from _of(path, path.read_bytes())
    for path in sorted([*SOURCE.rglob("templates/**/*.html"), *SOURCE.rglob("templates/**/*.txt")]):
        calls = _calls(templatize(path.read_text(), origin=str(path)))
        yield from _of(path, calls.encode())


def _of(path: Path, source: bytes) -> Iterator[tuple[str, int, object, object]]:
    name = str(path.relative_to(SOURCE.parent.parent))
    for line, message, _, context in extract("python", io.BytesIO(source), keywords=KEYWORDS):
        yield name, line, message, context


def _calls(text: str) -> str:
    """The calls in templatize's output as Python, one a line; the filler between them is none."""
    found = []
    for match in CALLS.finditer(text):
        depth, at, quote = 1, match.end(), ""
        while depth and at < len(text):
            letter = text[at]
            if quote:
                at += letter == "\\"
                quote = "" if letter == quote else quote
            elif letter in "'\"":
                quote = letter
            else:
                depth += (letter == "(") - (letter == ")")
            at += 1
        found.append(f"{match[1]}({text[match.end() : at]}")
    return "\n".join(found)


def template() -> Catalog:
    catalog = Catalog(project="OpenKassa", charset="utf-8")
    for file, _, message, context in messages():
        catalog.add(message, locations=[(file, 0)], context=context)
    return catalog


def updated(language: str, fresh: Catalog) -> tuple[Path, bytes, list[str]]:
    """(file, its new content, texts without a translation)."""
    path = LOCALE / language / "LC_MESSAGES" / "django.po"
    if path.exists():
        with path.open("rb") as file:
            catalog = read_po(file, locale=language, domain="django")
    else:
        catalog = Catalog(locale=language, domain="django", charset="utf-8")
    catalog.update(fresh, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    output = io.BytesIO()
    write_po(output, catalog, sort_by_file=True, no_location=True, width=0, omit_header=True)
    untranslated = [str(message.id) for message in catalog if message.id and not all(_strings(message.string))]
    header = _header(language, catalog)
    return path, header + output.getvalue(), untranslated


def _strings(value: object) -> tuple:
    return tuple(value) if isinstance(value, tuple | list) else (value,)


def _header(language: str, catalog: Catalog) -> bytes:
    """Only what readers of the file need: no dates, so that nothing changes when no text has changed."""
    lines = [
        'msgid ""',
        'msgstr ""',
        f'"Language: {language}\\n"',
        '"Content-Type: text/plain; charset=UTF-8\\n"',
        f'"Plural-Forms: {catalog.plural_forms}\\n"',
        "",
        "",
    ]
    return "\n".join(lines).encode()


def main() -> int:
    settings.configure(USE_I18N=True)
    check = sys.argv[1:] == ["--check"]
    fresh, faults = template(), []
    for language in LANGUAGES:
        path, content, untranslated = updated(language, fresh)
        if check and (not path.exists() or path.read_bytes() != content):
            faults.append(f"{path.relative_to(SOURCE.parent.parent)} is not up to date: run `make messages`")
        if language != OWN_LANGUAGE:
            faults += [f"{language}: no translation of «{text}»" for text in untranslated] if check else []
            print(f"{language}: {len(fresh)} texts, {len(untranslated)} without translation")
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    for line in faults:
        print(f"  {line}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
