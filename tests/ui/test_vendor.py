"""Other people's files are those that the manifest names, byte for byte, under licences that we may ship."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from openkassa.ui.vendor import ICON_NAMES, ICONS, MANIFEST, PACKAGES, UI, VENDOR

BROWSER_VENDOR = Path(__file__).parents[1] / "browser" / "vendor"
ALLOWED = {"MIT", "0BSD", "Bitstream-Vera"}
ALLOWED_IN_TESTS = {*ALLOWED, "MPL-2.0"}


def test_every_vendored_file_has_the_digest_of_the_manifest():
    for entry in json.loads(MANIFEST.read_text()):
        assert entry["licence"] in ALLOWED
        for name, digest in entry["files"].items():
            assert hashlib.sha256((UI / name).read_bytes()).hexdigest() == digest, name


def test_nothing_is_vendored_beside_the_manifest():
    named = {name for entry in json.loads(MANIFEST.read_text()) for name in entry["files"]}
    there = {str(path.relative_to(UI)) for path in [*VENDOR.iterdir(), *(UI / "typst" / "fonts").iterdir()]}
    assert there - named == {"static/ui/vendor/MIT.txt"}


def test_the_manifest_has_the_pinned_versions():
    versions = {entry["name"]: entry["version"] for entry in json.loads(MANIFEST.read_text())}
    assert versions.items() >= {name: version for name, (version, _licence, _files) in PACKAGES.items()}.items()


def test_the_test_tools_are_as_their_manifest_says():
    for entry in json.loads((BROWSER_VENDOR / "manifest.json").read_text()):
        assert entry["licence"] in ALLOWED_IN_TESTS
        for name, digest in entry["files"].items():
            assert hashlib.sha256((BROWSER_VENDOR / name).read_bytes()).hexdigest() == digest, name


@pytest.mark.parametrize("folder", ["ui", "web", "ofd"])
def test_every_icon_that_a_page_names_is_in_the_sprite(folder):
    import re

    sprite = ICONS.read_text()
    assert all(f'<symbol id="{name}"' in sprite for name in ICON_NAMES)
    for template in (UI.parent / folder).rglob("*.html"):
        for name in re.findall(r'(?:c-icon name|icon)="([a-z0-9-]+)"', template.read_text()):
            assert name in ICON_NAMES, f"{template.name}: {name}"
