"""What the documents say and a machine can check: links, names, tables."""

from __future__ import annotations

import configparser
import pkgutil
import re
import subprocess
from pathlib import Path
from urllib.parse import unquote

import pytest

from openkassa.cli import commands
from openkassa.core.settings import read_settings

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "openkassa"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("bench/*.md")])
OPERATIONS = ROOT / "docs" / "operations.md"
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"```.*?^```", re.DOTALL | re.MULTILINE)


def ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


def prose(page: Path) -> str:
    return CODE.sub("", page.read_text())


def anchors(page: Path) -> set[str]:
    """Anchors of headings as GitHub and GitLab make them."""
    headings = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def rows(page: Path, heading: str) -> list[list[str]]:
    """Cells of the first table after a heading, without its head."""
    section = page.read_text().split(f"# {heading}\n", 1)[1].split("\n#", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


# -- links -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_links_lead_somewhere(page: Path) -> None:
    assert broken_links(page) == []


def broken_links(page: Path) -> list[str]:
    found = []
    for link in LINK.findall(prose(page)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = unquote(link).partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            found.append(link)
    return found


def test_control_a_broken_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Here\n[a](#here) [b](#there) [c](nowhere.md) [d](https://example.com/x)\n")
    assert broken_links(page) == ["#there", "nowhere.md"]


def test_the_index_names_every_page() -> None:
    index = ROOT / "docs" / "README.md"
    linked = {(index.parent / unquote(link).split("#")[0]).resolve() for link in LINK.findall(index.read_text())}
    decisions = ROOT / "docs" / "decisions"
    linked |= {(decisions / link).resolve() for link in LINK.findall((decisions / "README.md").read_text())}
    assert {page for page in (ROOT / "docs").rglob("*.md") if page != index} <= linked


# -- names -------------------------------------------------------------------------------------------------


COMMANDS = {module.name.replace("_", "-") for module in pkgutil.iter_modules(commands.__path__)}
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def named(program: str, text: str) -> set[str]:
    """First words given to `program` in code, be it inside a line or a block."""
    code = "\n".join([*CODE.findall(text), *re.findall(r"`[^`\n]+`", CODE.sub("", text))])
    return set(re.findall(rf"(?:^|[`(/ ]){program} ([a-z][a-z-]*)(?![\w.=/-])", code, re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_commands_exist(page: Path) -> None:
    assert named("kassa", page.read_text()) <= COMMANDS


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_make_targets_exist(page: Path) -> None:
    assert named("make", page.read_text()) <= TARGETS


def test_control_commands_are_found_in_lines_and_blocks() -> None:
    text = (
        "Run `kassa up` or\n\n```sh\nmake up\n.venv/bin/kassa trace 1 | kassa demo-info --json\n```\nkassa is a word."
    )
    assert named("kassa", text) == {"up", "trace", "demo-info"}
    assert named("make", text) == {"up"}


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_tests_that_are_named_exist(page: Path) -> None:
    named = set(re.findall(r"`(test_\w+)`", page.read_text()))
    assert named <= written_tests()


def written_tests() -> set[str]:
    done = subprocess.run(
        ["git", "grep", "-hoE", "--untracked", r"def test_\w+", "--", "tests"],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    if not lines:  # not a git checkout
        lines = re.findall(r"def test_\w+", "\n".join(file.read_text() for file in (ROOT / "tests").rglob("test_*.py")))
    return {line.removeprefix("def ") for line in lines}


PLACES = [
    ROOT,
    SOURCE,
    *(SOURCE / place for place in ("kassa", "kassa/registers", "kassa/fiscalisation", "fiscal", "ofd")),
]
FILE = re.compile(r"`((?:[\w.-]+/)*[\w.-]+\.(?:py|sql|json|csv|md|html|sh|toml))(?:: (\w+))?`")


def found(path: str) -> Path | None:
    """A file as pages name it: from the root, or from one of our rooms."""
    return next((place / path for place in PLACES if (place / path).exists()), None)


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_files_and_functions_that_are_named_exist(page: Path) -> None:
    missing = []
    for path, name in FILE.findall(page.read_text()):
        if path == "bench/README.md" or path.startswith("KASSA_HOME/") or not ("/" in path or name):
            continue
        file = found(path)
        defined = rf"^\s*(?:(?:async )?def |class ){name}\b|^{name}\b.*= " if name else ""
        if file is None or not re.search(defined, file.read_text(), re.MULTILINE):
            missing.append(f"{path}: {name}")
    assert missing == []


def test_terms_of_the_glossary_are_in_the_code() -> None:
    source = "\n".join(
        file.read_text() for file in SOURCE.rglob("*") if file.suffix in (".py", ".csv") and "locale" not in file.parts
    )
    missing = []
    for heading in ("The law and its devices", "The platform"):
        for english, _, _, where in rows(ROOT / "docs" / "glossary.md", heading):
            for name in re.findall(r"`([^`]+)`", where):
                plain = name.removeprefix("kassa doctor ").rpartition("/")[2].removesuffix(".py")
                last = plain.rpartition(".")[2] if plain.startswith(("openkassa.", "core.", "CommandKind.")) else plain
                if last not in source and not list(SOURCE.rglob(f"{last}*")):
                    missing.append((english, name))
    assert missing == []


def test_nothing_has_two_names() -> None:
    terms = [
        row[0] for heading in ("The law and its devices", "The platform")
        for row in rows(ROOT / "docs" / "glossary.md", heading)
    ]  # fmt: skip
    assert len(terms) == len(set(terms))


# -- tables ------------------------------------------------------------------------------------------------


def test_the_table_of_settings_is_that_of_the_code() -> None:
    text = (SOURCE / "core" / "settings.py").read_text()
    read = set(re.findall(r'"(KASSA_\w+)"', text)) - {"KASSA_TESTING", "KASSA_SANDBOX_"}
    table = {
        name for row in rows(OPERATIONS, "Settings") for name in re.findall(r"KASSA_[A-Z_]+", row[0])
        if name != "KASSA_SANDBOX_" and not name.endswith("_")
    }  # fmt: skip
    assert read <= table


def test_ports_in_the_table_of_settings_are_the_defaults(tmp_path: Path) -> None:
    defaults = read_settings({"KASSA_HOME": str(tmp_path)})
    ports = {row[0].strip("`"): row[1] for row in rows(OPERATIONS, "Settings") if row[1].isdecimal()}
    ports.pop("KASSA_PRIVATE_CALLBACKS", None)
    assert len(ports) == 5
    for name, port in ports.items():
        assert getattr(defaults, name.removeprefix("KASSA_").lower()) == int(port)


def test_addresses_in_the_readme_are_the_defaults(tmp_path: Path) -> None:
    defaults = read_settings({"KASSA_HOME": str(tmp_path)})
    named = {int(port) for port in re.findall(r"127\.0\.0\.1:(\d+)", (ROOT / "README.md").read_text())}
    assert named == {defaults.http_port, defaults.ofd_http_port, defaults.ofd_port, defaults.sandbox_port}


# -- architecture ------------------------------------------------------------------------------------------


def contracts() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(ROOT / ".importlinter")
    return parser


def test_who_may_import_whom_is_what_the_contracts_say() -> None:
    parser = contracts()
    rooms = {path.name for path in SOURCE.iterdir() if (path / "__init__.py").exists()}
    allowed: dict[str, set[str]] = {}
    for section in parser.sections():
        contract = parser[section]
        if contract.get("type") != "forbidden" or "receipts-and-registers" in section:
            continue
        forbidden = set(re.findall(r"openkassa\.(\w+)$", contract["forbidden_modules"], re.MULTILINE))
        for room in re.findall(r"openkassa\.(\w+)$", contract["source_modules"], re.MULTILINE):
            allowed[room] = allowed.get(room, rooms - {room}) - forbidden
    table = {}
    for names, known in rows(ROOT / "ARCHITECTURE.md", "Who may import whom"):
        row = re.findall(r"`(\w+)`", names)
        for room in row:
            table[room] = (set(re.findall(r"`(\w+)`", known)) | set(row)) - {room}
    assert table.keys() == allowed.keys() | {"cli"} == rooms
    for room in allowed.keys() - {"projects"}:
        assert table[room] == allowed[room], room
    assert table["projects"] == {"cli", "device", "events", "sandbox"} == rooms - allowed["projects"] - {"projects"}


def test_the_order_of_rooms_is_that_of_the_contracts() -> None:
    layers = [layer.strip("()") for layer in contracts()["importlinter:contract:rooms"]["layers"].split()]
    text = " ".join((ROOT / "ARCHITECTURE.md").read_text().split())
    assert " → ".join(reversed(layers)) in text
