"""Texts to translate: `python -m openkassa.ui.messages` brings the catalogues up to date after texts have changed.

Texts are found in Python by babel and in templates by Django's own lexer, so that nothing but Python is needed:
neither to extract, nor to compile (`compile_catalogues`, part of set-up). Texts in the source are English.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

PACKAGE = Path(__file__).resolve().parent.parent
LOCALE = PACKAGE / "locale"
LANGUAGES = ("ru", "ky")
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "lazy": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
}
_QUOTED = r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
_INLINE = re.compile(rf"(?:translate|trans)\s+{_QUOTED}")
_CONSTANT = re.compile(rf"_\({_QUOTED}\)")
_BLOCK = re.compile(r"blocktrans(?:late)?\b")
_END = re.compile(r"endblocktrans(?:late)?\b")

# singular and plural, or one text
Text = str | tuple[str, str]


def catalogue_path(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def read_catalogue(language: str) -> Catalog:
    path = catalogue_path(language)
    if not path.exists():
        return Catalog(locale=language, project="OpenKassa", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def texts() -> dict[Text, set[str]]:
    """Every text of the package with the files that use it."""
    found: dict[Text, set[str]] = {}
    for path in sorted(PACKAGE.rglob("*")):
        if "migrations" in path.parts or "locale" in path.parts:
            continue
        read = {".py": _python_texts, ".html": template_texts, ".txt": template_texts}.get(path.suffix)
        if read is None or (path.suffix != ".py" and "templates" not in path.parts):
            continue
        for text in read(path.read_text(encoding="utf-8")):
            found.setdefault(text, set()).add(str(path.relative_to(PACKAGE)))
    return found


def _python_texts(source: str) -> Iterator[Text]:
    for _line, message, _comments, _context in extract("python", io.BytesIO(source.encode()), keywords=KEYWORDS):
        if isinstance(message, tuple):
            yield message[0], message[1]
        elif message:
            yield message


def template_texts(source: str) -> Iterator[Text]:
    """Texts of `{% translate %}`, `{% blocktranslate %}` and `_("…")` in a template."""
    from django.template.base import Lexer, TokenType

    block: list[list[str]] | None = None  # parts of the open blocktranslate: singular, then plural
    trimmed = False
    for token in Lexer(source).tokenize():
        if block is not None:
            if token.token_type is TokenType.BLOCK and _END.match(token.contents):
                parts = ["".join(part) for part in block]
                parts = [" ".join(part.split()) if trimmed else part for part in parts]
                yield (parts[0], parts[1]) if len(parts) == 2 else parts[0]
                block = None
            elif token.token_type is TokenType.BLOCK and token.contents == "plural":
                block.append([])
            elif token.token_type is TokenType.VAR:
                block[-1].append(f"%({token.contents})s")
            else:
                block[-1].append(token.contents.replace("%", "%%"))
        elif token.token_type is TokenType.BLOCK and _BLOCK.match(token.contents):
            block, trimmed = [[]], token.split_contents()[-1] == "trimmed"
        elif token.token_type in (TokenType.BLOCK, TokenType.VAR):
            inline = _INLINE.match(token.contents)
            yield from (_unquoted(match) for match in ([inline] if inline else _CONSTANT.finditer(token.contents)))


def _unquoted(match: re.Match) -> str:
    return match[1][1:-1].replace('\\"', '"').replace("\\'", "'").replace("%", "%%")


def update_catalogue(language: str) -> Catalog:
    """Adds new texts without a translation and drops those that are no longer used."""
    old, new = read_catalogue(language), Catalog(locale=language, project="OpenKassa", fuzzy=False)
    for text, files in sorted(texts().items(), key=lambda item: (sorted(item[1])[0], str(item[0]))):
        known = old.get(text[0] if isinstance(text, tuple) else text)
        new.add(text, known.string if known else None, locations=[(file, 0) for file in sorted(files)])
    return new


def write_catalogue(language: str, catalogue: Catalog) -> None:
    buffer = io.BytesIO()
    write_po(buffer, catalogue, width=110, omit_header=True, include_lineno=False)
    header = _HEADER.format(language=language, plurals=catalogue.plural_forms)
    path = catalogue_path(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(header + buffer.getvalue().decode(), encoding="utf-8")


_HEADER = """msgid ""
msgstr ""
"Project-Id-Version: OpenKassa\\n"
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plurals}\\n"

"""


def compile_catalogues() -> None:
    """Writes the binary catalogues that Django reads, where they are older than their sources."""
    for language in LANGUAGES:
        source = catalogue_path(language)
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        draft = target.with_suffix(f".{os.getpid()}.new")  # several may compile at once
        with draft.open("wb") as file:
            write_mo(file, read_catalogue(language))
        draft.replace(target)


def main() -> None:
    for language in LANGUAGES:
        catalogue = update_catalogue(language)
        write_catalogue(language, catalogue)
        missing = [message.id for message in catalogue if message.id and not is_translated(message)]
        print(f"{language}: {len(catalogue)} texts, {len(missing)} to translate")
    compile_catalogues()


def is_translated(message) -> bool:
    return all(message.string) if isinstance(message.string, tuple | list) else bool(message.string)


if __name__ == "__main__":
    main()
